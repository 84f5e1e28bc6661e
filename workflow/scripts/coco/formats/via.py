"""VGG Image Annotator (VIA) 1 and 2: a saved project, or its annotations exported as JSON.

Each region is one object. Its class is the value of a region attribute, or the same for all. An
image without regions shows no object. Attributes of files are not used.

https://www.robots.ox.ac.uk/~vgg/software/via/
"""

import re
from collections.abc import Iterator
from pathlib import Path

from coco import shapes
from coco.errors import InputError, listed, show
from coco.formats import drawn
from coco.formats.fields import as_name, in_folder, unusable
from coco.formats.files import beginning, load_json

EXPECTED = "expected a project of VIA 1 or 2, or its annotations exported as JSON, not as CSV"


def recognise(source: dict) -> str | None:
    path = source.get("annotations", "")
    keys = set(re.findall(r'"(\w+)"\s*:', beginning(path)))
    if "_via_img_metadata" in keys:
        return f"{path} has _via_img_metadata"
    if {"filename", "size", "regions"} <= keys:
        return f"{path} has filename, size and regions"
    return None


def read(source: dict) -> tuple[list[dict], list[dict], list[dict]]:
    path = Path(source["annotations"])
    files = load(path)
    images = [image_of(key, file, path, source["images"]) for key, file in files.items()]
    annotations = []
    for key, file in files.items():
        annotations += drawn.objects(key, shapes_of(file, source))
    categories = drawn.categories(annotations)
    if annotations and not categories:
        refuse_attribute(files, path, source["class_attribute"], annotations)
    return categories, images, annotations


def declared_size(image: dict, annotations: list[dict]) -> None:
    """VIA does not write sizes down."""


def translate(annotation: dict, size: tuple[int, int] | None) -> dict:
    return drawn.translate(annotation, outline, size)


def load(path: Path) -> dict[str, dict]:
    """The images of a file by their keys, which VIA makes of name and size."""
    content = load_json(path, EXPECTED)
    if isinstance(content, dict):
        content = content.get("_via_img_metadata", content)
    if not isinstance(content, dict) or not content:
        raise InputError(f"{path}: has no images; {EXPECTED}")
    files = {as_name(key) or f"image {n}": file for n, (key, file) in enumerate(content.items())}
    faults = [fault_of(key, file) for key, file in files.items()]
    if all(faults):
        raise InputError(f"{path}: {listed(faults)}; {EXPECTED}")
    return files


def fault_of(key: str, file) -> str | None:
    """Why a record is no image."""
    if not isinstance(file, dict):
        return f"{show(key)} is no image with regions"
    if as_name(file.get("filename")) is None:
        return f"{show(key)} has the filename {show(file.get('filename'))}, expected a text"
    if not isinstance(file.get("regions"), list | dict):
        return f"{show(key)} has no list of regions"
    return None


def image_of(key: str, file, path: Path, folder: str) -> dict:
    name = as_name(file.get("filename")) if isinstance(file, dict) else None
    image = {
        "source_id": key,
        "file_name": in_folder(folder, name) if name else f"{path.as_posix()}: {key}",
        "declared_width": None,
        "declared_height": None,
    }
    return image | unusable(fault_of(key, file))


def regions_of(file) -> Iterator[tuple]:
    """The regions with their numbers: VIA 1 has an object `{"0": ...}`, VIA 2 a list."""
    regions = file.get("regions") if isinstance(file, dict) else None
    if isinstance(regions, list):
        regions = dict(enumerate(regions))
    if isinstance(regions, dict):
        for number, region in regions.items():
            yield number, region if isinstance(region, dict) else {}


def shapes_of(file, source: dict) -> Iterator[tuple]:
    for number, region in regions_of(file):
        shape = region.get("shape_attributes")
        yield f"regions[{number}]", class_of(region, source), None, shape


# Classes


def class_of(region: dict, source: dict):
    """The value of the attribute; where options are ticked, the one, or the list of several."""
    if "class" in source:
        return source["class"]
    attributes = region.get("region_attributes")
    value = attributes.get(source["class_attribute"]) if isinstance(attributes, dict) else None
    if isinstance(value, dict):  # checkboxes
        ticked = [option for option, is_ticked in value.items() if is_ticked]
        value = ticked[0] if len(ticked) == 1 else ticked or None
    return value


def refuse_attribute(files: dict, path: Path, attribute: str, annotations: list[dict]):
    if faults := [
        f"{one['source_id']}: {one['no_class']}" for one in annotations if "no_class" in one
    ]:
        raise InputError(f"{path}: no region has a class:\n  {listed(faults)}")
    known = {
        name
        for file in files.values()
        for _, region in regions_of(file)
        if isinstance(region.get("region_attributes"), dict)
        for name in region["region_attributes"]
    }
    raise InputError(
        f"{path}: no region has a value of the attribute {attribute}, "
        f"expected class_attribute to be one of: {', '.join(sorted(known)) or 'none'}. "
        "If all regions are of one class, give its name as `class` instead"
    )


# Shapes


def outline(shape) -> list[float]:
    if not isinstance(shape, dict):
        raise InputError("a region without shape_attributes")
    name = shape.get("name")
    if name == "rect":
        x, y, width, height = numbers(shape, "x", "y", "width", "height")
        return shapes.rectangle(x, y, x + width, y + height)
    if name == "circle":
        return shapes.circle(*numbers(shape, "cx", "cy", "r"))
    if name == "ellipse":
        turn = shape.get("theta", 0.0)
        return shapes.ellipse(*numbers(shape, "cx", "cy", "rx", "ry"), turn)
    if name in ("polygon", "polyline"):
        points = points_of(shape)
        if name == "polyline" and (len(points) < 4 or points[0] != points[-1]):
            raise InputError(
                "a polyline that does not end where it starts has no area; draw a polygon"
            )
        return shapes.outline(points)
    raise InputError(
        f"a region of the shape {show(name)}, "
        "expected polygon, rect, circle, ellipse or closed polyline"
    )


def points_of(shape: dict) -> list[list]:
    xs, ys = shape.get("all_points_x"), shape.get("all_points_y")
    if not (isinstance(xs, list) and isinstance(ys, list) and len(xs) == len(ys)):
        raise InputError("all_points_x and all_points_y that are not two lists of the same length")
    return [[x, y] for x, y in zip(xs, ys, strict=True)]


def numbers(shape: dict, *keys: str) -> list[float]:
    values = [shape.get(key) for key in keys]
    shapes.check(*values)
    return values
