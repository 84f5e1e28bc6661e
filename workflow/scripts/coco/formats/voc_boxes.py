"""The boxes in Pascal VOC's XML files."""

import math
from pathlib import Path
from xml.etree import ElementTree

from coco.errors import InputError
from coco.formats.files import load_xml

EXPECTED = "expected Pascal VOC: annotation, in it object with name and bndbox"


def read(path: Path) -> tuple[tuple[int, int] | None, list[dict]]:
    """Width and height of the photo, None if the file does not say, and its objects.

    Each object has a `name` and a `bbox`, `[x, y, width, height]` in pixels, None if it is
    incomplete. VOC counts pixels from 1 and includes the last.
    """
    root = load_xml(path, EXPECTED)
    if root.tag != "annotation":
        raise InputError(f"{path}: holds {root.tag}; {EXPECTED}")
    size = numbers(root, "size/width", "size/height")
    size = (int(size[0]), int(size[1])) if size and min(size) >= 1 else None
    return size, [
        {"name": (one.findtext("name") or "").strip(), "bbox": bbox(one)}
        for one in root.iter("object")
    ]


def bbox(element: ElementTree.Element) -> list[float] | None:
    corners = numbers(element, *(f"bndbox/{name}" for name in ("xmin", "ymin", "xmax", "ymax")))
    if not corners:
        return None
    x1, y1, x2, y2 = corners
    return [x1 - 1, y1 - 1, x2 - x1 + 1, y2 - y1 + 1]


def numbers(element: ElementTree.Element, *paths: str) -> list[float] | None:
    try:
        values = [float(element.findtext(path, "")) for path in paths]
    except ValueError:
        return None
    return values if all(map(math.isfinite, values)) else None


def touch(one: list[float] | None, other: list[float]) -> bool:
    """Whether two boxes share more than an edge; a box that is unknown touches none."""
    return one is not None and all(
        one[place] < other[place] + other[place + 2] and other[place] < one[place] + one[place + 2]
        for place in (0, 1)
    )
