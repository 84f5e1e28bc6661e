"""A few cells of an image, by which it is compared with others."""

import base64
from collections.abc import Iterable

import cv2
import numpy as np

SIDE = 32  # cells of a row, and of a column
STEPS = 32  # levels per standard deviation
FLAT = 0.25  # grey levels: with a smaller deviation there is no picture to compare


def thumbnail(strips: Iterable[np.ndarray]) -> str | None:
    """What is kept of an image to compare it by.

    Args:
        strips: of rows, from top to bottom: arrays of shape `[rows, width]`, in grey levels of
            0 to 255. An image may be too large to be held.

    Returns:
        Base64 of SIDE x SIDE bytes, brightness and contrast normalised; None for a blank image.
    """
    columns = np.concatenate([resized(strip, SIDE, len(strip)) for strip in strips])
    cells = resized(columns, SIDE, SIDE)
    if cells.std() < FLAT:
        return None
    levels = (cells - cells.mean()) * (STEPS / cells.std())
    return base64.b64encode(np.clip(np.rint(levels), -128, 127).astype(np.int8)).decode()


def resized(grey: np.ndarray, width: int, height: int) -> np.ndarray:
    return cv2.resize(grey.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)


def read_thumbnail(text: str) -> np.ndarray:
    """The int8 array of shape `[SIDE, SIDE]` in a thumbnail's text."""
    return np.frombuffer(base64.b64decode(text), np.int8).reshape(SIDE, SIDE)
