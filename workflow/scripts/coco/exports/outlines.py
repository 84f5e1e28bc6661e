"""Masks as a single polygon, for formats that have nothing else."""

import cv2
import numpy as np
from scipy.spatial import cKDTree


def outline(mask: np.ndarray) -> np.ndarray:
    """One polygon around all parts of a mask, and all holes.

    Parts and holes are joined by bridges: lines that go there and back and enclose nothing. A
    reader that fills by parity gets every pixel back; one that also draws the outline draws the
    bridges.

    Args:
        mask: bool of shape `[height, width]`, not empty.

    Returns:
        float array of shape `[points, 2]`, x and y in pixels.
    """
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    top, left = rows[0], columns[0]
    own = mask[top : rows[-1] + 1, left : columns[-1] + 1]
    # Contours run through pixel centres. At twice the size they pass a quarter of a pixel inside
    # the object's edge, so that the centre of each pixel is on its right side.
    double = np.kron(own, np.ones((2, 2), np.uint8))
    rings, _ = cv2.findContours(double, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    first, *others = [(ring[:, 0] + 0.5) / 2 + (left, top) for ring in rings]
    for ring in others:
        first = bridged(first, ring)
    return first


def bridged(outline: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """The outline, with a detour around another ring where they are nearest."""
    distances, places = cKDTree(outline).query(ring)
    start = int(distances.argmin())
    place = int(places[start])
    around = np.concatenate([ring[start:], ring[: start + 1]])
    return np.concatenate([outline[: place + 1], around, outline[place:]])
