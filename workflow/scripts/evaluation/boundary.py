"""How well the outline of a mask fits.

Boundary IoU: Cheng et al., "Boundary IoU: Improving Object-Centric Image Segmentation
Evaluation", CVPR 2021. The IoU of what lies within a few pixels of the two outlines: unlike the
IoU of the masks it does not forgive large objects a bad edge.
"""

import cv2
import numpy as np

from evaluation.predictions import run_lengths

WIDTH = 0.02  # of the band, as a part of the image's diagonal


def boundary_iou(one: dict, other: dict) -> float:
    """Of two masks of one image, compressed RLE, 0-1. 0 where neither has pixels."""
    height, width = one["size"]
    distance = max(round(WIDTH * float(np.hypot(height, width))), 1)
    bands = [_band(mask, distance) for mask in (one, other)]
    return _intersection_over_union(*bands)


def _band(mask: dict, distance: int) -> tuple[int, int, np.ndarray]:
    """Top, left and pixels, bool, of the part of a mask within `distance` px of its outline.

    The border of the image is an outline, as in the authors' code.
    """
    top, left, pixels = cropped(mask)
    kernel = np.ones((2 * distance + 1, 2 * distance + 1), np.uint8)
    inner = cv2.erode(pixels, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return top, left, (pixels > inner)


def cropped(mask: dict) -> tuple[int, int, np.ndarray]:
    """Top, left and pixels, uint8, of a mask within its tight box. No whole image is made."""
    height, _ = mask["size"]
    ends = np.cumsum(run_lengths(mask["counts"]))
    starts, ends = ends[:-1:2], ends[1::2]  # of the runs of ones, column by column
    starts, ends = starts[ends > starts], ends[ends > starts]
    if not len(starts):
        return 0, 0, np.zeros((1, 1), np.uint8)
    left, right = starts[0] // height, (ends[-1] - 1) // height
    steps = np.zeros((right - left + 1) * height + 1, np.int8)
    np.add.at(steps, starts - left * height, 1)
    np.add.at(steps, ends - left * height, -1)
    columns = np.cumsum(steps[:-1], dtype=np.uint8).reshape(-1, height)
    rows = np.flatnonzero(columns.any(axis=0))
    top, bottom = rows[0], rows[-1]
    return int(top), int(left), np.ascontiguousarray(columns[:, top : bottom + 1].T)


def _intersection_over_union(one: tuple, other: tuple) -> float:
    (top_1, left_1, pixels_1), (top_2, left_2, pixels_2) = one, other
    top, left = max(top_1, top_2), max(left_1, left_2)
    bottom = min(top_1 + pixels_1.shape[0], top_2 + pixels_2.shape[0])
    right = min(left_1 + pixels_1.shape[1], left_2 + pixels_2.shape[1])
    common = 0
    if bottom > top and right > left:
        first = pixels_1[top - top_1 : bottom - top_1, left - left_1 : right - left_1]
        second = pixels_2[top - top_2 : bottom - top_2, left - left_2 : right - left_2]
        common = np.count_nonzero(first & second)
    union = np.count_nonzero(pixels_1) + np.count_nonzero(pixels_2) - common
    return common / union if union else 0.0
