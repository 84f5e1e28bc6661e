"""Drawn shapes as outlines and bitmaps, and what they cover together.

An outline is a polygon `[x1, y1, x2, y2, ...]` in pixels; the image's left and upper edges are
at 0, as in COCO.
"""

import math
from typing import NamedTuple

import numpy as np

from coco import masks, polygons
from coco.errors import InputError, MaskError, show

TOLERANCE = 0.05  # px; how far the sides of a drawn ellipse may be from the true curve
FEWEST_POINTS = 16
LARGEST_IMAGE = 1e9  # px


class Bitmap(NamedTuple):
    """Pixels of an object, bool `[height, width]`, and where in the image their corner lies."""

    pixels: np.ndarray
    left: int
    top: int


def outline(points) -> list[float]:
    """The outline through `[[x, y], ...]`."""
    if not (isinstance(points, list) and all(map(is_point, points))):
        raise MaskError("invalid_polygon", "points that are not all [x, y]")
    return [value for point in points for value in point]


def rectangle(x1: float, y1: float, x2: float, y2: float, turn: float = 0.0) -> list[float]:
    """The rectangle between two opposite corners, turned clockwise about its middle, radians."""
    check(x1, y1, x2, y2, turn)
    x, y, half_width, half_height = (x1 + x2) / 2, (y1 + y2) / 2, (x2 - x1) / 2, (y2 - y1) / 2
    corners = [[-half_width, -half_height], [half_width, -half_height]]
    corners += [[half_width, half_height], [-half_width, half_height]]
    return turned(np.array(corners), turn, x, y)


def ellipse(x: float, y: float, rx: float, ry: float, turn: float = 0.0) -> list[float]:
    """The ellipse with the middle (x, y) and the radii rx and ry, turned clockwise, radians."""
    check(x, y, rx, ry, turn)
    if min(rx, ry) <= 0:
        raise InputError(f"an ellipse or circle with the radius {min(rx, ry):g}, expected above 0")
    step = math.acos(1 - min(TOLERANCE / max(rx, ry), 1))
    angles = np.linspace(0, 2 * np.pi, max(math.ceil(np.pi / step), FEWEST_POINTS), endpoint=False)
    return turned(np.column_stack([rx * np.cos(angles), ry * np.sin(angles)]), turn, x, y)


def circle(x: float, y: float, radius: float) -> list[float]:
    return ellipse(x, y, radius, radius)


def draw(parts: list, size: tuple[int, int] | None) -> dict:
    """The union of outlines and bitmaps, as `translate` of a format returns it.

    Args:
        parts: outlines and `Bitmap`s.
        size: width and height of the image.

    Raises:
        InputError: an outline is no polygon, or the size is unknown.
    """
    if size is None:
        raise InputError("shapes of an image whose size is unknown")
    if size[0] * size[1] > LARGEST_IMAGE:
        raise InputError(f"shapes of an image of {size[0]}x{size[1]} pixels, too large for masks")
    bitmaps = [part for part in parts if isinstance(part, Bitmap)]
    outlines = [part for part in parts if not isinstance(part, Bitmap)]
    drawn = polygons.translate(outlines, size) if outlines else {"remarks": {}}
    if not bitmaps:
        return drawn
    rles = [paste(bitmap, *size) for bitmap in bitmaps]
    if outlines:
        rles.append(drawn["segmentation"])
    extent = masks.extent([*outlines, *map(frame, bitmaps)])
    return drawn | {"segmentation": masks.union(rles), "extent": extent}


def paste(bitmap: Bitmap, width: int, height: int) -> dict:
    """The RLE of a bitmap in an image; what lies outside is cut off."""
    canvas = np.zeros((height, width), bool)
    rows, columns = bitmap.pixels.shape
    left, top = max(bitmap.left, 0), max(bitmap.top, 0)
    right, bottom = max(bitmap.left + columns, 0), max(bitmap.top + rows, 0)
    inside = canvas[top:bottom, left:right]
    inside[:] = bitmap.pixels[top - bitmap.top :, left - bitmap.left :][
        : inside.shape[0], : inside.shape[1]
    ]
    return masks.encode(canvas)


def frame(bitmap: Bitmap) -> list[float]:
    rows, columns = bitmap.pixels.shape
    right, bottom = bitmap.left + columns, bitmap.top + rows
    return rectangle(bitmap.left, bitmap.top, right, bottom)


def turned(points: np.ndarray, angle: float, x: float, y: float) -> list[float]:
    """Points about the origin, turned and moved; y points down, so the turn is clockwise."""
    cos, sin = math.cos(angle), math.sin(angle)
    return (points @ np.array([[cos, sin], [-sin, cos]]) + [x, y]).ravel().tolist()


def check(*values):
    for value in values:
        if not (masks.is_number(value) and abs(value) <= masks.LARGEST_COORDINATE):
            raise MaskError(
                "invalid_coordinates",
                f"{show(value)} for a coordinate or radius, "
                f"expected a number within {masks.LARGEST_COORDINATE:.0e}",
            )


def is_point(value) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(masks.is_number, value))
