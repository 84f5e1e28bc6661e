"""What overlapping windows of an image show, put together: one object stays one object.

Each window sees a part of the image, and two windows that overlap see the same pixels there. So

1. what its window's edge cuts counts for nothing where another window sees all of it: a
   detection in the first window whose box lies in the inside of the second;
2. two detections of a class, in two windows, are the same object if their masks agree where both
   windows look: if the IoU within the common part is at least one half. What is the same as the
   same thing is the same, so that an object may cross any number of windows;
3. of the same object the best detection that no edge cuts is kept; if all are cut, their masks are
   joined.

Touching neighbours stay two, for they have no pixels in common. Methods that compare whole masks or
boxes keep the parts of an object apart, which overlap little, or join neighbours: of the scenes in
tests/coco/test_seams.py, with perfect detections in each window, suppression by IoU gets 10 of 13
wrong, merging by intersection over the smaller 7 (boxes) or 5 (masks), this none.
"""

from collections.abc import Iterator

import numpy as np
from pycocotools import mask as coco_mask
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from coco import masks, runs

AGREEMENT = 0.5  # IoU


def merge(
    parts: list[list[dict]], windows: list, height: int, width: int, margin: float = 0.0
) -> list[dict]:
    """The detections of an image, best first, from those of its windows.

    Args:
        parts: for each window COCO results, in coordinates of the image.
        windows: for each its box `(y1, x1, y2, x2)` in pixels of the image.
        height, width: of the image.
        margin: how near to its window's edge a box is cut by it, in pixels of the image.
    """
    found = [result for part in parts for result in part]
    if len(windows) == 1 or not found:
        return found
    seen_by = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    windows = np.array(windows, float)
    boxes = np.array([result["bbox"] for result in found])[:, [1, 0, 3, 2]]
    boxes[:, 2:] += boxes[:, :2]
    inner = inside_of(windows, height, width, margin)
    is_cut = ~lies_in(boxes, inner[seen_by])
    counts = np.ones(len(found), bool)
    for number, window in enumerate(inner):
        counts &= ~(is_cut & (seen_by != number) & lies_in(boxes, window))

    same = list(agreeing(found, boxes, seen_by, counts, windows, height))
    first, second = np.array(same, int).reshape(-1, 2).T
    links = coo_array((np.ones(len(first)), (first, second)), shape=(len(found), len(found)))
    _, group_of = connected_components(links, directed=False)
    groups = {}
    for number in np.flatnonzero(counts):
        groups.setdefault(group_of[number], []).append(number)
    merged = [one_of([found[n] for n in group], is_cut[group]) for group in groups.values()]
    return sorted(merged, key=lambda result: -result["score"])


def inside_of(windows: np.ndarray, height: int, width: int, margin: float) -> np.ndarray:
    """The windows `(V, 4)` without a margin at their edges, but with all beyond the image's."""
    at_edge = np.concatenate([windows[:, :2] <= 0, windows[:, 2:] >= [height, width]], axis=1)
    moved = windows + np.array([1, 1, -1, -1]) * margin
    return np.where(at_edge, [-np.inf, -np.inf, np.inf, np.inf], moved)


def lies_in(boxes: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Which boxes `(N, 4)` lie in a frame, or each in its own, and do not touch its edges."""
    inside = (boxes[:, :2] > frames[..., :2]) & (boxes[:, 2:] < frames[..., 2:])
    return inside.all(axis=1)


def agreeing(found, boxes, seen_by, counts, windows, height) -> Iterator[tuple[int, int]]:
    """Pairs of detections that are the same object, as positions in `found`."""
    classes = np.array([result["category_id"] for result in found])
    of_window = [np.flatnonzero(counts & (seen_by == n)) for n in range(len(windows))]
    for one, other in np.argwhere(np.triu(meet(windows[:, None], windows), k=1)):
        common = intersection(windows[one], windows[other])
        first, second = (
            numbers[meet(boxes[numbers], common)] for numbers in (of_window[one], of_window[other])
        )
        shared = intersection(boxes[first], common)
        near = meet(shared[:, None], boxes[second])
        for i, j in np.argwhere(near & (classes[first][:, None] == classes[second])):
            if agree(found[first[i]], found[second[j]], common, height):
                yield first[i], second[j]


def agree(one: dict, other: dict, common: np.ndarray, height: int) -> bool:
    """Whether two masks are the same where both windows look."""
    y1, x1 = np.floor(common[:2]).astype(int).tolist()
    y2, x2 = np.ceil(common[2:]).astype(int).tolist()
    rles = [result["segmentation"] for result in (one, other)]
    extents = np.array([masks.box(rle) for rle in rles])
    left, top = extents[:, :2].min(axis=0)
    right, bottom = (extents[:, :2] + extents[:, 2:]).max(axis=0)
    box = max(y1, top), max(x1, left), min(y2, bottom), min(x2, right)
    if box[0] >= box[2] or box[1] >= box[3]:
        return False
    first, second = (runs.crop(runs.of_mask(rle), height, box) for rle in rles)
    union = np.count_nonzero(first | second)
    return union > 0 and np.count_nonzero(first & second) >= AGREEMENT * union


def intersection(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What boxes `(..., 4)` have in common."""
    low = np.maximum(one[..., :2], other[..., :2])
    return np.concatenate([low, np.minimum(one[..., 2:], other[..., 2:])], axis=-1)


def meet(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether boxes `(..., 4)` have anything in common."""
    return ((one[..., :2] < other[..., 2:]) & (other[..., :2] < one[..., 2:])).all(axis=-1)


def one_of(group: list[dict], is_cut: np.ndarray) -> dict:
    """What is kept of the detections of one object."""
    best = max(group, key=lambda result: result["score"])
    whole = [result for result, cut in zip(group, is_cut, strict=True) if not cut]
    if whole:
        return max(whole, key=lambda result: result["score"])
    if len(group) == 1:
        return best
    joined = masks.as_text(coco_mask.merge([result["segmentation"] for result in group]))
    return best | {"segmentation": joined, "bbox": [float(side) for side in masks.box(joined)]}
