"""Images with their objects for the eye: large ones at a fraction of their size."""

import math

import numpy as np

from coco import cutouts, masks, runs
from coco.images import ImageReader, as_rgb

MOST = 2**24  # px


def picture(image: dict, *lists: list[dict]) -> tuple:
    """An image as uint8 RGB `(H, W, 3)`, and lists of its annotations or detections with it.

    If it has more than 2**24 pixels, it is shrunk to fewer, and so are the masks. Of a mask,
    what is left is never less than a pixel.
    """
    reader = ImageReader(image)
    height, width = reader.shape[:2]
    factor = math.ceil(math.sqrt(height * width / MOST))
    pixels = as_rgb(cutouts.shrunk(reader, (0, 0, height, width), factor))
    if factor > 1:
        lists = [[shrunk(one, factor, pixels.shape) for one in items] for items in lists]
    return pixels, *lists


def shrunk(annotation: dict, factor: int, shape) -> dict:
    """An annotation whose mask is that of an image of this shape, at 1/factor of its size."""
    rle = annotation["segmentation"]
    x, y, width, height = masks.box(rle)
    top, left = y // factor, x // factor
    bottom, right = -(-(y + height) // factor), -(-(x + width) // factor)
    size = np.array(rle["size"])
    box = np.minimum(np.array([top, left, bottom, right]) * factor, [*size, *size])
    mask = runs.crop(runs.of_mask(rle), int(size[0]), box.tolist())
    missing = [(0, -side % factor) for side in mask.shape]
    blocks = np.pad(mask, missing).reshape(bottom - top, factor, right - left, factor)
    share = blocks.mean(axis=(1, 3))
    smaller = share >= min(0.5, share.max())
    return annotation | {"segmentation": runs.place(smaller, top, left, *shape[:2])}
