"""LabelMe: a JSON file of drawn shapes beside each image, anywhere below a folder.

Shapes of the same label and `group_id` are one object. A file without shapes says that its image
shows no object; an image without a file is a problem, for nobody has looked at it. An image that
is only inside its JSON file (`imageData`) is written to the folder that the source's `embedded`
names. Flags and descriptions are not used.

https://github.com/wkentaro/labelme
"""

import base64
import binascii
import io
import math
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from coco import shapes
from coco.errors import InputError, show
from coco.formats import drawn
from coco.formats.fields import as_id, as_name, in_folder, nonsense, noted, side
from coco.formats.files import below, is_file, load_json
from coco.formats.folders import IMAGE_SUFFIXES, refuse_closed

EXPECTED = "expected a JSON file of LabelMe: an object with shapes and imagePath"
UNANNOTATED = (
    "no JSON file tells what is on this image; "
    "if it shows no object, save it in LabelMe without shapes, else move it elsewhere"
)


def recognise(source: dict) -> str | None:
    for path in islice(below(source.get("folder", ""), (".json",)), 20):
        try:
            load(path)
        except InputError:
            continue
        return f"{path} has shapes and imagePath"
    return None


def read(source: dict) -> tuple[list[dict], list[dict], list[dict]]:
    folder = Path(source["folder"])
    files = list(below(folder, (".json",), refuse_closed))
    if not files:
        raise InputError(f"{folder}: no JSON file in this folder or below; {EXPECTED}")
    images, annotations, refusals = [], [], []
    for path in files:
        name = path.relative_to(folder).as_posix()
        try:
            content = load(path)
        except InputError as error:
            refusals.append(error)
            images.append(image_record(name, path.as_posix()) | {"problem": str(error)})
        else:
            images.append(image_of(content, path, name, source.get("embedded")))
            annotations += drawn.objects(name, shapes_of(content))
    if len(refusals) == len(files):
        raise refusals[0]
    images += unannotated(folder, {image["file_name"] for image in images})
    return drawn.categories(annotations), images, annotations


def declared_size(image: dict, annotations: list[dict]) -> tuple[int, int] | None:
    size = image["declared_width"], image["declared_height"]
    return None if None in size else size


def translate(annotation: dict, size: tuple[int, int] | None) -> dict:
    return drawn.translate(annotation, part_of, size)


def load(path: Path) -> dict:
    content = load_json(path, EXPECTED)
    if not isinstance(content, dict):
        raise InputError(f"{path}: holds a JSON {type(content).__name__}; {EXPECTED}")
    if not isinstance(content.get("shapes"), list):
        raise InputError(f"{path}: has no list of shapes; {EXPECTED}")
    if as_name(content.get("imagePath")) is None:
        raise InputError(f"{path}: has the imagePath {show(content.get('imagePath'))}; {EXPECTED}")
    return content


# Images


def image_of(content: dict, path: Path, name: str, embedded: str | None) -> dict:
    file = Path(in_folder(path.parent, content["imagePath"]))
    size = side(content.get("imageWidth")), side(content.get("imageHeight"))
    image = image_record(name, file.as_posix(), *size)
    image |= noted(invalid_size=nonsense(content, imageWidth=side, imageHeight=side))
    if content.get("imageData") is None or embedded is None or is_file(file):
        return image
    suffix = file.suffix.lower() if file.suffix.lower() in IMAGE_SUFFIXES else ".png"
    target = Path(embedded, name).with_suffix(suffix)
    try:
        data = base64.b64decode(content["imageData"], validate=True)
    except (TypeError, ValueError):
        return image | {"problem": f"there is no file {file}, and imageData is not base64"}
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return image | {"file_name": target.as_posix()}


def unannotated(folder: Path, told: set[str]) -> Iterator[dict]:
    """The images that are not among `told`, nor have a damaged file of their name there."""
    for picture in below(folder, IMAGE_SUFFIXES):
        file_name = in_folder("", str(picture))
        if not {file_name, picture.with_suffix(".json").as_posix()} & told:
            name = picture.relative_to(folder).as_posix()
            yield image_record(name, file_name) | {"problem": UNANNOTATED}


def image_record(
    name: str, file_name: str, width: int | None = None, height: int | None = None
) -> dict:
    return {
        "source_id": name,
        "file_name": file_name,
        "declared_width": width,
        "declared_height": height,
    }


# Objects


def shapes_of(content: dict) -> Iterator[tuple]:
    for number, shape in enumerate(content["shapes"]):
        shape = shape if isinstance(shape, dict) else {"shape_type": shape}
        yield f"shapes[{number}]", shape.get("label"), as_id(shape.get("group_id")), shape


def part_of(shape: dict) -> list[float] | shapes.Bitmap:
    kind = shape.get("shape_type") or "polygon"
    if not isinstance(kind, str) or kind not in PARTS:
        raise InputError(f"a shape of type {show(kind)}, expected one of {', '.join(PARTS)}")
    if shape.get("group_id") is not None and as_id(shape["group_id"]) is None:
        raise InputError(f"the group_id {show(shape['group_id'])}, expected a number or a text")
    outline = shapes.outline(shape.get("points"))
    return PARTS[kind](outline, shape)


def polygon(outline: list[float], shape: dict) -> list[float]:
    return outline


def rectangle(outline: list[float], shape: dict) -> list[float]:
    return outline if len(outline) == 8 else shapes.rectangle(*two_points(outline))


def circle(outline: list[float], shape: dict) -> list[float]:
    x, y, on_x, on_y = two_points(outline)
    return shapes.circle(x, y, math.hypot(on_x - x, on_y - y))


def mask(outline: list[float], shape: dict) -> shapes.Bitmap:
    """The points are the first and the last pixel of the mask's box."""
    left, top, right, bottom = (round(value) for value in two_points(outline))
    pixels = mask_pixels(shape.get("mask"))
    size = right - left + 1, bottom - top + 1
    if pixels.shape[::-1] != size:
        found = f"{pixels.shape[1]}x{pixels.shape[0]}"
        raise InputError(f"a mask of {found} pixels in a box of {size[0]}x{size[1]}")
    return shapes.Bitmap(pixels, left, top)


def mask_pixels(text) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(base64.b64decode(text, validate=True))) as image:
            return np.asarray(image.convert("L")) > 0
    except (TypeError, binascii.Error) as error:
        raise InputError("a mask that is not base64") from error
    except Exception as error:  # Pillow raises whatever its decoders do
        raise InputError("a mask that is not readable as an image") from error


def without_area(outline: list[float], shape: dict):
    raise InputError(
        f"a {shape['shape_type']} has no area; draw the object's outline, or delete the shape"
    )


PARTS = {
    "polygon": polygon,
    "rectangle": rectangle,
    "oriented_rectangle": rectangle,
    "circle": circle,
    "mask": mask,
    "line": without_area,
    "linestrip": without_area,
    "point": without_area,
    "points": without_area,
}


def two_points(outline: list[float]) -> list[float]:
    if len(outline) != 4:
        raise InputError(f"{len(outline) // 2} points, expected two")
    return outline
