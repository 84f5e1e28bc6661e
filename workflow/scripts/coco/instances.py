"""The objects of an image, and what a window shows of them."""

from typing import NamedTuple

import numpy as np

from coco import masks, runs
from coco.windows import clip, extent, shift, source, warp

LEAST_PIXELS = 4
MARGIN = 2  # px around what is seen of a mask, so that its edges are interpolated as in the whole


class Instances(NamedTuple):
    """N objects of an image, without any mask as an array: images and objects may be large.

    Attributes:
        boxes: int `(N, 4)`, `[y1, x1, y2, x2]`, tight around the masks.
        areas: int `(N,)`, in pixels.
        masks: N RLEs of the image's size.
        class_ids: int `(N,)`, from 1.
        crowds: bool `(N,)`: groups of objects that nobody told apart.
    """

    boxes: np.ndarray
    areas: np.ndarray
    masks: list[dict]
    class_ids: np.ndarray
    crowds: np.ndarray


class Visible(NamedTuple):
    """What a window shows of an object: its box `(y1, x1, y2, x2)` and a bool mask as large."""

    box: tuple[int, int, int, int]
    mask: np.ndarray
    class_id: int
    crowd: bool


def instances_of(annotations: list[dict]) -> Instances:
    """The objects that annotations with RLE masks describe."""
    rles = [annotation["segmentation"] for annotation in annotations]
    corners = np.array([masks.box(rle) for rle in rles], int).reshape(-1, 4)[:, [1, 0, 3, 2]]
    corners[:, 2:] += corners[:, :2]
    return Instances(
        corners,
        np.array([masks.area(rle) for rle in rles], int),
        rles,
        np.array([annotation["category_id"] for annotation in annotations], int),
        np.array([annotation["iscrowd"] for annotation in annotations], bool),
    )


def see(
    instances: Instances,
    matrix: np.ndarray,
    size: int,
    min_visible: float = 0.1,
    cut_objects: str = "drop",
) -> list[Visible]:
    """The visible parts of objects in the window with this matrix, from the image itself.

    A pixel belongs to a mask if its centre does. Of a crowd, any part is one.

    Args:
        size: side of the window.
        min_visible: the fraction of an object that must be seen, and at least 4 pixels.
        cut_objects: what becomes of an object of which less is seen: `drop`, or `crowd`.
    """
    seen = []
    for number in near(instances.boxes, matrix, size):
        mask, top, left = visible_mask(instances, number, matrix, size)
        crowd = bool(instances.crowds[number])
        whole = instances.areas[number] * abs(np.linalg.det(matrix[:2, :2]))
        if np.count_nonzero(mask) < max(LEAST_PIXELS, min_visible * whole) and not crowd:
            if cut_objects == "drop":
                continue
            crowd = True
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not rows.size:
            continue
        mask = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        y1, x1 = int(top + rows[0]), int(left + columns[0])
        box = (y1, x1, y1 + mask.shape[0], x1 + mask.shape[1])
        seen.append(Visible(box, mask, int(instances.class_ids[number]), crowd))
    return seen


def near(boxes: np.ndarray, matrix: np.ndarray, size: int) -> list[int]:
    """The numbers of the objects whose boxes, turned, meet the window's."""
    x, y = boxes[:, [1, 3, 1, 3]], boxes[:, [0, 0, 2, 2]]
    corners = np.einsum("ij,jnk->ink", matrix[:2], np.stack([x, y, np.ones_like(x)]))
    low, high = corners.min(axis=2), corners.max(axis=2)
    return np.flatnonzero(((low < size) & (high > 0)).all(axis=0)).tolist()


def visible_mask(instances: Instances, number: int, matrix: np.ndarray, size: int):
    """The window's part of a mask, bool, and the window's row and column of its first pixel."""
    rle, (y1, x1, y2, x2) = instances.masks[number], instances.boxes[number].tolist()
    top, left, bottom, right = clip(extent(matrix, x1, y1, x2, y2), size, size)
    if top >= bottom or left >= right:
        return np.zeros((0, 0), bool), 0, 0
    height, width = rle["size"]
    seen = source(matrix, size, (height, width))
    y1, x1 = max(y1, seen[0] - MARGIN), max(x1, seen[1] - MARGIN)
    y2, x2 = min(y2, seen[2] + MARGIN), min(x2, seen[3] + MARGIN)
    if y1 >= y2 or x1 >= x2:
        return np.zeros((0, 0), bool), 0, 0
    mask = runs.crop(runs.of_mask(rle), height, (y1, x1, y2, x2))
    mask = np.where(mask, np.uint8(255), np.uint8(0))
    from_mask_to_part = shift(-left, -top) @ matrix @ shift(x1, y1)
    return warp(mask, from_mask_to_part, bottom - top, right - left) >= 128, top, left
