"""Masks painted over an image: filled, outlined and labelled, at the size of a report's panel."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw
from pycocotools import mask as mask_utils

from evaluation.fonts import font, write
from evaluation.palette import INK, WHITE

# Longer side of a panel in px: two narrow ones, or a wide one, and their margins stay under 1200.
PANEL, WIDE = 576, 1164
SMALL = 900  # px of an object as drawn: where most have fewer, outlines are thin


@dataclass(frozen=True)
class Mask:
    """A mask and how to paint it.

    Attributes:
        segmentation: RLE of the image's size.
        colour: RGB, 0-255.
        label: text beside the mask; empty for none.
        dashed: outline it in black and white dashes instead of its colour.
    """

    segmentation: dict
    colour: tuple[int, int, int]
    label: str = ""
    dashed: bool = False


def draw_masks(
    image: np.ndarray,
    masks: list[Mask],
    opacity: float = 0.45,
    labels: bool = True,
    side: int = PANEL,
    width: int | None = None,
) -> Image.Image:
    """Paint masks over an image that is brought to the size of a panel.

    Args:
        image: uint8 RGB [height, width, 3].
        masks: at the image's size.
        opacity: of the filled masks, 0 for outlines only.
        labels: whether to write the labels.
        side: the longer one of the picture, in px.
        width: of the outlines, in px; None: `outline_width` of these masks.
    """
    canvas = fitted(image, side)
    width = width or outline_width(image, masks, side)
    rows, columns = canvas.shape[:2]
    # The largest first: small objects stay visible on top of large ones.
    masks = sorted(masks, key=lambda mask: mask_utils.area(mask.segmentation), reverse=True)
    shapes = [_enlarged(mask.segmentation, columns, rows) for mask in masks]
    for mask, shape in zip(masks, shapes, strict=True):
        tint = np.array(mask.colour, float)
        inside = canvas[shape]
        canvas[shape] = np.round(inside * (1 - opacity) + tint * opacity).astype(np.uint8)
    for mask, shape in zip(masks, shapes, strict=True):
        _outline(canvas, shape, mask, width)
    picture = Image.fromarray(canvas)
    if labels:
        _write_labels(picture, masks, shapes)
    return picture


def outline_width(image: np.ndarray, masks: list[Mask], side: int = PANEL) -> int:
    """In px, one for all masks of a picture whose longer side is drawn `side` px long."""
    if not masks:
        return 2
    factor = side / max(image.shape[:2])
    drawn = factor**2 * np.median([mask_utils.area(mask.segmentation) for mask in masks])
    return 1 if drawn < SMALL else 2


def fitted(image: np.ndarray, side: int = PANEL) -> np.ndarray:
    """The image with its longer side at `side` px: sharp pixels when larger, means when smaller."""
    height, width = image.shape[:2]
    factor = side / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    whole = math.ceil(factor)
    if whole > 1:
        image = image.repeat(whole, axis=0).repeat(whole, axis=1)
    return np.ascontiguousarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _enlarged(segmentation: dict, width: int, height: int) -> np.ndarray:
    """The mask at the panel's size, bool, its pixel steps smoothed."""
    mask = np.ascontiguousarray(mask_utils.decode(segmentation)) * 255
    factor = width / mask.shape[1]
    if factor <= 1:
        return cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA) >= 128
    mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.GaussianBlur(mask, (0, 0), factor / 2, borderType=cv2.BORDER_REPLICATE) >= 128


def _outline(canvas: np.ndarray, shape: np.ndarray, mask: Mask, width: int):
    contours, _ = cv2.findContours(shape.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if not mask.dashed:
        cv2.drawContours(canvas, contours, -1, mask.colour, width, cv2.LINE_AA)
        return
    cv2.drawContours(canvas, contours, -1, INK, width + 2, cv2.LINE_AA)
    for contour in contours:
        for dash in _dashes(contour, 3 * width):
            cv2.polylines(canvas, [dash], False, WHITE, width, cv2.LINE_AA)


def _dashes(contour: np.ndarray, dash: float) -> list[np.ndarray]:
    """Every second stretch, about `dash` px long, of a closed outline: int32 [points, 1, 2]."""
    closed = np.concatenate([contour, contour[:1]])
    steps = np.linalg.norm(np.diff(closed[:, 0], axis=0), axis=1)
    length = np.concatenate([[0], np.cumsum(steps)])
    count = max(2, 2 * round(length[-1] / (2 * dash)))
    stretch = np.minimum((length / max(length[-1], 1e-9) * count).astype(int), count - 1)
    return [closed[stretch == number] for number in range(0, count, 2) if (stretch == number).any()]


def _write_labels(picture: Image.Image, masks: list[Mask], shapes: list[np.ndarray]):
    """A tag at each mask, above it where there is room."""
    draw, taken = ImageDraw.Draw(picture), []
    for mask, shape in zip(masks, shapes, strict=True):
        if not mask.label or not shape.any():
            continue
        left, _, right, bottom = draw.textbbox((0, 0), mask.label, font(13, mask.label))
        width, height = right - left + 8, bottom + 4
        x, y = _free_place(shape, (width, height), picture.size, taken)
        taken.append((x, y, x + width, y + height))
        background = INK if mask.dashed else mask.colour
        ink = INK if np.dot(background, (0.30, 0.59, 0.11)) > 100 else WHITE
        draw.rounded_rectangle(taken[-1], 3, fill=background)
        write(draw, (x + 4 - left, y + 1), mask.label, 13, ink)


def _free_place(shape: np.ndarray, size: tuple, page: tuple, taken: list) -> tuple[int, int]:
    """The corner of a label that covers least of the labels before it and of its own object."""
    rows, columns = np.flatnonzero(shape.any(1)), np.flatnonzero(shape.any(0))
    top, bottom, left, right = map(int, (rows[0], rows[-1], columns[0], columns[-1]))
    width, height = size
    middle = (left + right - width) // 2
    places = [
        (left, top - height - 2),
        (middle, bottom + 3),
        (middle, (top + bottom - height) // 2),
        (right - width, top - height - 2),
    ]
    places = [
        (max(0, min(x, page[0] - width)), max(0, min(y, page[1] - height))) for x, y in places
    ]

    def covered(place):
        label = (*place, place[0] + width, place[1] + height)
        own = _overlap(label, (left, top, right, bottom))
        return sum(_overlap(label, other) for other in taken) + own / 4

    return min(places, key=covered)


def _overlap(one: tuple, other: tuple) -> int:
    """Common pixels of two boxes (left, top, right, bottom)."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0) * max(height, 0)
