"""Square windows on an image: where they lie, and what they show of it and of its objects.

Coordinates are continuous, `(x, y)` with the corner of the first pixel at `(0, 0)`; matrices are
3x3 and map the image's coordinates to the window's. A point outside the image shows black.
"""

from typing import NamedTuple

import cv2
import numpy as np

from coco import masks

LEAST_PIXELS = 4
LEAST_FRACTION = 0.1


class Instance(NamedTuple):
    """An object of an image.

    Attributes:
        mask: uint8 `(h, w)`, 255 inside; as large as the object's box.
        corner: `(x, y)` of the box in the image.
        class_id: from 1.
        crowd: whether it is a group of objects that nobody told apart.
    """

    mask: np.ndarray
    corner: tuple[int, int]
    class_id: int
    crowd: bool


class Visible(NamedTuple):
    """What a window shows of an object: its box `(y1, x1, y2, x2)` and a bool mask as large."""

    box: tuple[int, int, int, int]
    mask: np.ndarray
    class_id: int
    crowd: bool


def scale_of(height: int, width: int, recipe: dict) -> float:
    """Window pixels per image pixel, before augmentation, for an entry of `inputs`."""
    return recipe["size"] / max(height, width) if recipe["mode"] == "resize" else recipe["scale"]


def magnify(image: np.ndarray, scale: float) -> np.ndarray:
    """The image `(H, W, ...)` made larger or smaller, to whole pixels."""
    height, width = (max(round(side * scale), 1) for side in image.shape[:2])
    if (height, width) == image.shape[:2]:
        return image
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    # cv2 averages at most four channels at a time.
    parts = cv2.split(image) if image.shape[2:] > (4,) else [image]
    parts = [cv2.resize(part, (width, height), interpolation=interpolation) for part in parts]
    return np.dstack(parts).reshape(height, width, *image.shape[2:])


def grid(height: int, width: int, size: int) -> list[tuple[int, int]]:
    """Top left corners `(y, x)` of the windows that cover an image: as few as it takes."""
    return [(y, x) for y in starts(height, size) for x in starts(width, size)]


def starts(length: int, size: int) -> list[int]:
    """Evenly spaced, the first at the beginning and the last at the end of `length`."""
    count = -(-length // size)
    return np.linspace(0, max(length - size, 0), count).round().astype(int).tolist()


def place(shape, centre, size: int, linear: np.ndarray) -> np.ndarray:
    """The matrix of a window that shows an image turned, scaled or flipped by `linear`.

    The window's centre shows the point `centre` of the image, unless this would waste space: it
    moves until it shows nothing beyond an edge; an image smaller than the window lies in the top
    left corner.

    Args:
        shape: height and width of the image.
        centre: `(x, y)` in the image.
        size: side of the window.
        linear: 2x2 matrix.
    """
    height, width = shape[:2]
    corners = linear @ np.array([[0, width, 0, width], [0, 0, height, height]])
    low, high = corners.min(axis=1), corners.max(axis=1)
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = np.minimum(np.maximum(size / 2 - linear @ centre, size - high), -low)
    return matrix


def stretch(shape, new_shape) -> np.ndarray:
    """The matrix of a change of size, height and width each."""
    return np.diag([new_shape[1] / shape[1], new_shape[0] / shape[0], 1.0])


def shift(x: float, y: float) -> np.ndarray:
    """The matrix that moves everything by `(x, y)`."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], float)


def warp(pixels: np.ndarray, matrix: np.ndarray, height: int, width: int) -> np.ndarray:
    """The pixels `(H, W, ...)` as the window with this matrix shows them, interpolated linearly."""
    x, y = (np.float32(points - 0.5) for points in origins(matrix, height, width))
    # In whole numbers, for cv2's floating-point results depend on the processor.
    seen = cv2.remap(pixels, *cv2.convertMaps(x, y, cv2.CV_16SC2), cv2.INTER_LINEAR)
    return seen.reshape(height, width, *pixels.shape[2:])


def inside(matrix: np.ndarray, shape, height: int, width: int) -> np.ndarray:
    """Which pixels of a window show a part of an image of this shape: bool `(height, width)`."""
    x, y = origins(matrix, height, width)
    return (x >= 0) & (x < shape[1]) & (y >= 0) & (y < shape[0])


def origins(matrix: np.ndarray, height: int, width: int) -> list[np.ndarray]:
    """`x` and `y` of the points of the image at the centres of a window's pixels."""
    across, down = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    return [a * across + b * down + c for a, b, c in np.linalg.inv(matrix)[:2]]


def extent(matrix: np.ndarray, x1, y1, x2, y2) -> tuple[int, int, int, int]:
    """The smallest box `(y1, x1, y2, x2)` of whole pixels around a rectangle that is mapped."""
    corners = matrix @ [[x1, x2, x1, x2], [y1, y1, y2, y2], [1, 1, 1, 1]]
    left, top = np.floor(corners[:2].min(axis=1) + 1e-6).astype(int)
    right, bottom = np.ceil(corners[:2].max(axis=1) - 1e-6).astype(int)
    return int(top), int(left), int(bottom), int(right)


def source(matrix: np.ndarray, size: int, shape) -> tuple[int, int, int, int]:
    """The box `(y1, x1, y2, x2)` around what the window with this matrix shows of its image."""
    return clip(extent(np.linalg.inv(matrix), 0, 0, size, size), *shape[:2])


def clip(box, height: int, width: int) -> tuple[int, int, int, int]:
    """The part of a box `(y1, x1, y2, x2)` that lies inside an image."""
    limits = np.array([height, width, height, width])
    return tuple(np.clip(box, 0, limits).tolist())


def instances_of(annotations: list[dict]) -> list[Instance]:
    """The objects that annotations with RLE masks describe."""
    instances = []
    for annotation in annotations:
        x, y, width, height = masks.box(annotation["segmentation"])
        mask = masks.decode(annotation["segmentation"])[y : y + height, x : x + width]
        instances.append(
            Instance(
                np.where(mask, np.uint8(255), np.uint8(0)),
                (x, y),
                annotation["category_id"],
                bool(annotation["iscrowd"]),
            )
        )
    return instances


def see(instances: list[Instance], matrix: np.ndarray, size: int) -> list[Visible]:
    """The visible parts of objects in the window with this matrix, from the image itself.

    A pixel belongs to a mask if its centre does. An object is left out if fewer than 4 pixels,
    or less than a tenth of it, can be seen.
    """
    seen = []
    for instance in instances:
        (x, y), (h, w) = instance.corner, instance.mask.shape
        y1, x1, y2, x2 = clip(extent(matrix, x, y, x + w, y + h), size, size)
        if y1 >= y2 or x1 >= x2:
            continue
        from_mask_to_part = shift(-x1, -y1) @ matrix @ shift(x, y)
        mask = warp(instance.mask, from_mask_to_part, y2 - y1, x2 - x1) >= 128
        whole = np.count_nonzero(instance.mask) * abs(np.linalg.det(matrix[:2, :2]))
        if np.count_nonzero(mask) < max(LEAST_PIXELS, LEAST_FRACTION * whole):
            continue
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        box = (y1 + top, x1 + left, y1 + bottom, x1 + right)
        mask = mask[top:bottom, left:right]
        seen.append(Visible(tuple(map(int, box)), mask, instance.class_id, instance.crowd))
    return seen
