"""CVAT for images 1.1: one XML file with the shapes of every image.

Shapes of the same label and `group_id` in an image are one object. Every shape is whole:
`z_order` does not cut off what lies beneath another. An image without shapes shows no object.
Attributes and tags are not used. Labels are those that the file declares, if it declares any.

https://docs.cvat.ai/docs/manual/advanced/xml_format
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from coco import shapes
from coco.errors import InputError, MaskError, listed, show
from coco.formats import drawn
from coco.formats.fields import as_name, in_folder, nonsense, noted, unusable
from coco.formats.files import beginning, is_file, load_xml

EXPECTED = "expected the annotations.xml of a CVAT export, CVAT for images 1.1"


def recognise(source: dict) -> str | None:
    path = source.get("annotations", "")
    text = beginning(path).lstrip("\ufeff \t\r\n")
    if text.startswith("<") and re.search(r"<annotations\b", text):
        return f"{path} is XML of <annotations>"
    return None


def read(source: dict) -> tuple[list[dict], list[dict], list[dict]]:
    path = Path(source["annotations"])
    root = load_xml(path, EXPECTED)
    check_structure(root, path)
    images, annotations, listed_before = [], [], set()
    for number, element in enumerate(root.iterfind("image")):
        place = f"image[{number}]"
        if fault := fault_of(element, place):
            name, file_name = place, f"{path.as_posix()}: {place}"
        else:
            name = "/".join(filter(None, [element.get("subset"), element.get("name")]))
            file_name = file_of(element, source["images"])
        images.append(image_of(element, name, file_name, fault))
        place = f"{place}, " if name in listed_before else ""
        annotations += drawn.objects(name, shapes_of(element, place))
        listed_before.add(name)
    labels = [as_name(one.text) for one in root.iterfind("meta//labels/label/name")]
    return drawn.categories([] if labels else annotations, labels), images, annotations


def image_of(element: Element, name: str, file_name: str, fault: str | None) -> dict:
    image = {
        "source_id": name,
        "file_name": file_name,
        "declared_width": whole(element.get("width")),
        "declared_height": whole(element.get("height")),
    }
    tags = [str(tag.get("label")) for tag in element.iterfind("tag")]
    image |= noted(
        tagged_image=[f"the tags {', '.join(tags)}"] if tags else [],
        invalid_size=nonsense(element.attrib, width=whole, height=whole),
    )
    return image | unusable(fault)


def declared_size(image: dict, annotations: list[dict]) -> tuple[int, int] | None:
    size = image["declared_width"], image["declared_height"]
    return None if None in size else size


def translate(annotation: dict, size: tuple[int, int] | None) -> dict:
    return drawn.translate(annotation, part_of, size)


def check_structure(root: Element, path: Path):
    if root.tag != "annotations":
        raise InputError(f"{path}: XML of <{root.tag}>; {EXPECTED}")
    if root.find("track") is not None:
        raise InputError(
            f"{path}: a CVAT for video file, which has tracks; "
            "export the task again as CVAT for images 1.1, which has every frame as an image"
        )
    if root.find("image") is None:
        raise InputError(f"{path}: has no <image>; {EXPECTED}")
    faults = [fault_of(one, f"image[{place}]") for place, one in enumerate(root.iterfind("image"))]
    if all(faults):
        raise InputError(f"{path}: {listed(faults)}; {EXPECTED}")


def fault_of(image: Element, place: str) -> str | None:
    """Why an element is no image."""
    if as_name(image.get("name")) is None:
        return f"{place} has the name {show(image.get('name'))}, expected a text"
    return None


def file_of(image: Element, folder: str) -> str:
    """Exports of a project have a folder per subset; those of a video name frames without .PNG."""
    folders = Path(folder, image.get("subset", "")), Path(folder)
    names = image.get("name"), f"{image.get('name')}.PNG"
    places = [in_folder(place, name) for name in names for place in folders]
    return next(filter(is_file, places), in_folder(folder, image.get("name")))


def shapes_of(image: Element, place: str) -> Iterator[tuple]:
    for number, shape in enumerate(shape for shape in image if shape.tag != "tag"):
        group = shape.get("group_id", "0")
        group = None if group == "0" else group
        yield f"{place}{shape.tag}[{number}]", shape.get("label"), group, shape


# Shapes


def part_of(shape: Element) -> list[float] | shapes.Bitmap:
    if shape.tag not in PARTS:
        raise InputError(f"{shape.tag} without an area, expected one of {', '.join(PARTS)}")
    return PARTS[shape.tag](shape)


def polygon(shape: Element) -> list[float]:
    if not shape.get("points"):
        raise MaskError("invalid_polygon", "a polygon without points")
    points = [point.split(",") for point in shape.get("points").split(";")]
    return shapes.outline([[number(value) for value in point] for point in points])


def box(shape: Element) -> list[float]:
    return shapes.rectangle(*numbers(shape, "xtl", "ytl", "xbr", "ybr"), turn_of(shape))


def ellipse(shape: Element) -> list[float]:
    return shapes.ellipse(*numbers(shape, "cx", "cy", "rx", "ry"), turn_of(shape))


def mask(shape: Element) -> shapes.Bitmap:
    """Run lengths row by row within the mask's box, starting with background."""
    left, top, width, height = map(round, numbers(shape, "left", "top", "width", "height"))
    runs = [whole(text, least=0) for text in shape.get("rle", "").split(",")]
    if None in runs:
        raise MaskError("invalid_rle", "an rle that is not all whole numbers")
    if not (width > 0 and height > 0 and sum(runs) == width * height <= shapes.LARGEST_IMAGE):
        found = f"an rle of {sum(runs)} pixels for a box of {width}x{height}"
        raise MaskError("invalid_rle", found)
    pixels = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return shapes.Bitmap(pixels.reshape(height, width), left, top)


PARTS = {"polygon": polygon, "box": box, "ellipse": ellipse, "mask": mask}


def turn_of(shape: Element) -> float:
    return math.radians(number(shape.get("rotation", "0")))


def numbers(shape: Element, *keys: str) -> list[float]:
    for key in keys:
        if shape.get(key) is None:
            raise InputError(f"a {shape.tag} without {key}")
    return [number(shape.get(key)) for key in keys]


def number(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise InputError(f"{show(text)}, expected a number") from error
    shapes.check(value)
    return value


def whole(text: str | None, least: int = 1) -> int | None:
    """A whole number of at least `least`, else None."""
    try:
        value = int(text or "")
    except ValueError:
        return None
    return value if least <= value <= shapes.LARGEST_IMAGE else None
