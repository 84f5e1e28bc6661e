"""How much boxes, or masks, overlap, in NumPy; `mrcnn.boxes` is the same for tensors."""

import numpy as np


def compute_iou(box, boxes, box_area, boxes_area):
    """Intersection over union of one box with several.

    Args:
        box: `[y1, x1, y2, x2]`, half-open.
        boxes: `(N, 4)`.
        box_area, boxes_area: their areas, a number and `(N,)`.

    Returns:
        float `(N,)`; 0 for two boxes without area.
    """
    top_left = np.maximum(box[:2], boxes[:, :2])
    bottom_right = np.minimum(box[2:4], boxes[:, 2:4])
    intersection = np.maximum(bottom_right - top_left, 0).prod(axis=1)
    return _ratio(intersection, box_area + boxes_area - intersection)


def compute_overlaps(boxes1, boxes2):
    """Intersections over unions of boxes `(N, 4)` with boxes `(M, 4)`: float64 `(N, M)`."""
    area1, area2 = ((b[:, 2:4] - b[:, :2]).prod(axis=1) for b in (boxes1, boxes2))
    overlaps = np.zeros((len(boxes1), len(boxes2)))
    for i, box in enumerate(boxes2):  # a loop, as anchors times objects may not fit into memory
        overlaps[:, i] = compute_iou(box, boxes1, area2[i], area1)
    return overlaps


def compute_overlaps_masks(masks1, masks2):
    """Intersections over unions of masks.

    Args:
        masks1, masks2: `(H, W, N)` and `(H, W, M)`, bool, or numbers of which those above 0.5
            belong to a mask.

    Returns:
        float32 `(N, M)`; 0 for two empty masks.
    """
    if not masks1.shape[-1] or not masks2.shape[-1]:
        return np.zeros((masks1.shape[-1], masks2.shape[-1]), np.float32)
    flat1, flat2 = ((m > 0.5).reshape(-1, m.shape[-1]).astype(np.float32) for m in (masks1, masks2))
    intersection = flat1.T @ flat2
    return _ratio(intersection, flat1.sum(0)[:, None] + flat2.sum(0) - intersection)


def _ratio(intersection, union):
    union = np.asarray(union)
    return intersection / np.where(union > 0, union, 1)


def non_max_suppression(boxes, scores, threshold):
    """Indices of the boxes that stay when the better ones suppress those they overlap.

    Args:
        boxes: `(N, 4)`, `[y1, x1, y2, x2]`, half-open.
        scores: `(N,)`.
        threshold: of the intersection over union; what is above it goes.

    Returns:
        int32, best first.
    """
    boxes = boxes if boxes.dtype.kind == "f" else boxes.astype(np.float32)
    areas = (boxes[:, 2:4] - boxes[:, :2]).prod(axis=1)
    left, kept = scores.argsort()[::-1], []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[compute_iou(boxes[best], boxes[left], areas[best], areas[left]) <= threshold]
    return np.array(kept, np.int32)
