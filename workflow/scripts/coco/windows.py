"""Windows on an image: where they lie, and what they show of it.

Coordinates are continuous, `(x, y)` with the corner of the first pixel at `(0, 0)`; matrices are
3x3 and map the image's coordinates to the window's. A point outside the image shows black.
"""

import cv2
import numpy as np


def scale_of(height: int, width: int, recipe: dict) -> float:
    """Window pixels per image pixel, before augmentation, for an entry of `inputs`."""
    return recipe["size"] / max(height, width) if recipe["mode"] == "resize" else recipe["scale"]


def scaled(height: int, width: int, scale: float) -> tuple[int, int]:
    """The size of an image once it is magnified, in whole pixels."""
    return max(round(height * scale), 1), max(round(width * scale), 1)


def magnify(image: np.ndarray, scale: float) -> np.ndarray:
    """The image `(H, W, ...)` made larger or smaller, to whole pixels."""
    height, width = scaled(*image.shape[:2], scale)
    if (height, width) == image.shape[:2]:
        return image
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    # cv2 averages at most four channels at a time.
    parts = cv2.split(image) if image.shape[2:] > (4,) else [image]
    parts = [cv2.resize(part, (width, height), interpolation=interpolation) for part in parts]
    return np.dstack(parts).reshape(height, width, *image.shape[2:])


def grid(height: int, width: int, size: int, overlap: int = 0) -> list[tuple[int, int]]:
    """Top left corners `(y, x)` of the windows that cover an image: as few as it takes.

    Args:
        height, width: of the image.
        size: side of the windows.
        overlap: what neighbours have in common, at least; less than `size`.
    """
    rows, columns = (starts(length, size, overlap) for length in (height, width))
    return [(y, x) for y in rows for x in columns]


def starts(length: int, size: int, overlap: int = 0) -> list[int]:
    """Evenly spaced, the first at the beginning and the last at the end of `length`."""
    count = max(1, -(-(length - overlap) // (size - overlap)))
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


def source(matrix: np.ndarray, size, shape) -> tuple[int, int, int, int]:
    """The box `(y1, x1, y2, x2)` around what a window shows of its image.

    Args:
        matrix: of the window.
        size: of the window: its side, or height and width.
        shape: of the image.
    """
    height, width = np.broadcast_to(size, 2)
    return clip(extent(np.linalg.inv(matrix), 0, 0, width, height), *shape[:2])


def clip(box, height: int, width: int) -> tuple[int, int, int, int]:
    """The part of a box `(y1, x1, y2, x2)` that lies inside an image."""
    limits = np.array([height, width, height, width])
    return tuple(np.clip(box, 0, limits).tolist())
