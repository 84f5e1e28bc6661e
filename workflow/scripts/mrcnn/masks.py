"""Masks between the box that they were predicted in and the image."""

import numpy as np


def paste(mask, box, shape, threshold=0.5):
    """The pixels of an image that a predicted mask covers.

    The mask is stretched over its box, bilinear between the centres of its cells, as the mask
    targets were made; a pixel belongs to it when its centre does.

    Args:
        mask: float32 `(h, w)`, 0 to 1.
        box: `[y1, x1, y2, x2]` in pixels of the image, fractions welcome.
        shape: `(height, width)` of the image.
        threshold: of the mask's value.

    Returns:
        The crop `(top, left, bottom, right)`, ints, that holds the mask, and the mask in it,
        bool. The crop is empty for a box outside the image or without area.
    """
    top, left = (int(np.clip(np.floor(box[i]), 0, shape[i])) for i in (0, 1))
    bottom, right = (int(np.clip(np.ceil(box[i + 2]), 0, shape[i])) for i in (0, 1))
    rows = _interpolation(np.arange(top, bottom), box[0], box[2], mask.shape[0])
    columns = _interpolation(np.arange(left, right), box[1], box[3], mask.shape[1])
    return (top, left, bottom, right), rows @ mask @ columns.T >= threshold


def _interpolation(pixels, low, high, cells):
    """Weights, float32 `(pixels, cells)`, of the cells at the pixels' centres; 0 outside."""
    centres = (pixels + 0.5 - low) / max(high - low, 1e-6)
    position = np.clip(centres * cells - 0.5, 0, cells - 1)
    distance = np.abs(position[:, None] - np.arange(cells)[None])
    inside = (centres >= 0) & (centres <= 1)
    return np.float32(np.maximum(1 - distance, 0) * inside[:, None])
