"""The pixels that a window shows of an image which may be too large to be held."""

import numpy as np

from coco import windows
from coco.images import ImageReader
from coco.windows import magnify, shift, stretch

MARGIN = 4  # px of the window around it, so that its edges are interpolated as in the whole
STEP = 64  # parts begin at multiples of this, so that they are magnified as in the whole
MOST = 2**26  # px of a part; a larger one is shrunk while it is read
BAND = 2**24  # px that are read at a time to be shrunk


def cut(
    reader: ImageReader, matrix: np.ndarray, scale: float, height: int, width: int
) -> np.ndarray:
    """What a window shows: uint8 `(height, width, C)`, black where there is no image.

    Args:
        reader: of the image.
        matrix: from the image's coordinates to the window's.
        scale: by which the image is magnified before it is turned and moved.
        height, width: of the window.
    """
    frame = shift(MARGIN, MARGIN) @ matrix
    box = windows.source(frame, (height + 2 * MARGIN, width + 2 * MARGIN), reader.shape)
    y1, x1, y2, x2 = windows.clip(
        (
            *(side // STEP * STEP for side in box[:2]),
            *(-(-side // STEP) * STEP for side in box[2:]),
        ),
        *reader.shape[:2],
    )
    if y1 >= y2 or x1 >= x2:
        return np.zeros((height, width, reader.shape[2]), np.uint8)
    part, to_part = magnified(reader, (y1, x1, y2, x2), scale)
    matrix = matrix @ np.linalg.inv(to_part)
    linear, offset = matrix[:2, :2], matrix[:2, 2]
    if np.allclose(linear, np.eye(2), atol=1e-6) and np.allclose(offset, offset.round(), atol=1e-3):
        return moved(part, *offset.round().astype(int).tolist(), height, width)
    return windows.warp(part, matrix, height, width)


def moved(part: np.ndarray, x: int, y: int, height: int, width: int) -> np.ndarray:
    """What `windows.warp` does with a shift by whole pixels, in a fiftieth of the time."""
    window = np.zeros((height, width, *part.shape[2:]), part.dtype)
    target = window[max(y, 0) :, max(x, 0) :]
    part = part[max(-y, 0) :, max(-x, 0) :][: target.shape[0], : target.shape[1]]
    target[: part.shape[0], : part.shape[1]] = part
    return window


def magnified(reader: ImageReader, box, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """A part of an image at `scale`, and the matrix from the image to it."""
    y1, x1, y2, x2 = box
    factor = int(1 / (2 * scale)) if (y2 - y1) * (x2 - x1) > MOST else 1
    part, to_part = shrunk(reader, box, max(1, factor)), shift(-x1, -y1)
    if factor > 1:
        to_part = np.diag([1 / factor, 1 / factor, 1]) @ to_part
        scale *= factor
    larger = magnify(part, scale)
    return larger, stretch(part.shape, larger.shape) @ to_part


def shrunk(reader: ImageReader, box, factor: int) -> np.ndarray:
    """A part of an image at a whole fraction of its size, by means, read in bands of rows."""
    y1, x1, y2, x2 = box
    if factor == 1:
        return reader.read(*box)
    rows = factor * max(1, BAND // (factor * (x2 - x1)))
    bands = []
    for top in range(y1, y2, rows):
        band = reader.read(top, x1, min(top + rows, y2), x2)
        missing = [(0, -side % factor) for side in band.shape[:2]]
        bands.append(magnify(np.pad(band, [*missing, (0, 0)], "edge"), 1 / factor))
    return np.concatenate(bands)
