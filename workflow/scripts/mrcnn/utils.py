"""The functions of Matterport's `mrcnn/utils.py`, by their names, on NumPy arrays.

Boxes are `[y1, x1, y2, x2]` in pixels, half-open; masks are `(H, W, N)`, one layer per object.
What belongs together has a file of its own and is imported here.
"""

import numpy as np

from mrcnn.anchors import level_anchors
from mrcnn.dataset import Dataset
from mrcnn.errors import ModelError
from mrcnn.overlaps import (
    compute_iou,
    compute_overlaps,
    compute_overlaps_masks,
    non_max_suppression,
)
from mrcnn.resizing import resize, resize_image, resize_mask
from mrcnn.scores import compute_ap, compute_ap_range, compute_matches, compute_recall, trim_zeros
from mrcnn.trained_weights import COCO_MODEL_URL, download_trained_weights

__all__ = [
    "COCO_MODEL_URL",
    "Dataset",
    "apply_box_deltas",
    "batch_slice",
    "box_refinement",
    "box_refinement_graph",
    "compute_ap",
    "compute_ap_range",
    "compute_iou",
    "compute_matches",
    "compute_overlaps",
    "compute_overlaps_masks",
    "compute_recall",
    "denorm_boxes",
    "download_trained_weights",
    "expand_mask",
    "extract_bboxes",
    "generate_anchors",
    "generate_pyramid_anchors",
    "minimize_mask",
    "non_max_suppression",
    "norm_boxes",
    "resize",
    "resize_image",
    "resize_mask",
    "trim_zeros",
    "unmold_mask",
]

# Boxes


def extract_bboxes(mask):
    """The smallest boxes around masks.

    Args:
        mask: `(H, W, N)`, nonzero inside.

    Returns:
        int32 `(N, 4)`; zeros for an empty mask.
    """
    boxes = np.zeros((mask.shape[-1], 4), np.int32)
    rows, columns = mask.any(axis=1), mask.any(axis=0)
    for i, box in enumerate(boxes):
        y, x = np.flatnonzero(rows[:, i]), np.flatnonzero(columns[:, i])
        if len(y):
            box[:] = y[0], x[0], y[-1] + 1, x[-1] + 1
    return boxes


def apply_box_deltas(boxes, deltas):
    """Move and scale boxes `(N, 4)` by deltas `(N, 4)`, `[dy, dx, log dh, log dw]`.

    Returns:
        float32 `(N, 4)`.
    """
    boxes = boxes.astype(np.float32)
    size = boxes[:, 2:4] - boxes[:, :2]
    centre = boxes[:, :2] + 0.5 * size + deltas[:, :2] * size
    size = size * np.exp(deltas[:, 2:])
    return np.concatenate([centre - 0.5 * size, centre + 0.5 * size], axis=1)


def box_refinement(box, gt_box):
    """The deltas by which `apply_box_deltas` turns boxes into others.

    Args:
        box, gt_box: `(N, 4)`, each with area.

    Returns:
        float32 `(N, 4)`, `[dy, dx, log dh, log dw]`.
    """
    return _refinement(box.astype(np.float32), gt_box.astype(np.float32), np)


def box_refinement_graph(box, gt_box):
    """`box_refinement` of tensors, on any backend of Keras."""
    from keras import ops

    return _refinement(ops.cast(box, "float32"), ops.cast(gt_box, "float32"), ops)


def _refinement(box, gt_box, library):
    size, gt_size = (b[:, 2:4] - b[:, :2] for b in (box, gt_box))
    shift = gt_box[:, :2] + 0.5 * gt_size - box[:, :2] - 0.5 * size
    return library.concatenate([shift / size, library.log(gt_size / size)], axis=1)


def norm_boxes(boxes, shape):
    """Boxes in pixels, `(N, 4)`, as shares of an image of `shape` (height, width).

    The original's way: the last row and column, not the edges beyond them, are at 1, and y2 and
    x2 are inside the box.

    Returns:
        float32 `(N, 4)`.
    """
    scale, shift = _normalisation(shape)
    return ((boxes - shift) / scale).astype(np.float32)


def denorm_boxes(boxes, shape):
    """The inverse of `norm_boxes`, rounded: int32 `(N, 4)`."""
    scale, shift = _normalisation(shape)
    return np.around(boxes * scale + shift).astype(np.int32)


def _normalisation(shape):
    height, width = shape[:2]
    return np.array([height - 1, width - 1] * 2), np.array([0, 0, 1, 1])


# Masks


def minimize_mask(bbox, mask, mini_shape):
    """Masks cut out at their boxes and resized, to take less memory.

    Args:
        bbox: int `(N, 4)`, or with further columns.
        mask: `(H, W, N)`.
        mini_shape: `(h, w)`.

    Returns:
        bool `(h, w, N)`.

    Raises:
        ModelError: for a box without area.
    """
    mini_mask = np.zeros((*mini_shape, mask.shape[-1]), bool)
    for i, (y1, x1, y2, x2) in enumerate(np.asarray(bbox)[:, :4]):
        inside = mask[y1:y2, x1:x2, i].astype(bool)
        if not inside.size:
            raise ModelError(
                f"The box of mask {i}, {[int(v) for v in (y1, x1, y2, x2)]}, has no area in the "
                "image: leave out objects without pixels."
            )
        mini_mask[:, :, i] = resize(inside, mini_shape) > 0.5
    return mini_mask


def expand_mask(bbox, mini_mask, image_shape):
    """The inverse of `minimize_mask`, as far as the small masks can tell.

    Args:
        bbox: int `(N, 4)`, or with further columns.
        mini_mask: `(h, w, N)`.
        image_shape: `(H, W, ...)`.

    Returns:
        bool `(H, W, N)`.
    """
    mask = np.zeros((*image_shape[:2], mini_mask.shape[-1]), bool)
    for i, (y1, x1, y2, x2) in enumerate(np.asarray(bbox)[:, :4]):
        mask[y1:y2, x1:x2, i] = resize(mini_mask[:, :, i], (y2 - y1, x2 - x1)) > 0.5
    return mask


def unmold_mask(mask, bbox, image_shape):
    """A predicted mask in its place in the image, smoothed first along sides that shrink.

    Args:
        mask: float `(h, w)`, 0 to 1; what is resized to 0.5 or more belongs to the object.
        bbox: int `[y1, x1, y2, x2]`, inside the image.
        image_shape: `(H, W, ...)`.

    Returns:
        bool `(H, W)`.
    """
    y1, x1, y2, x2 = bbox
    full_mask = np.zeros(image_shape[:2], bool)
    full_mask[y1:y2, x1:x2] = resize(mask, (y2 - y1, x2 - x1), anti_aliasing=True) >= 0.5
    return full_mask


# Anchors


def generate_anchors(scales, ratios, shape, feature_stride, anchor_stride):
    """The anchors of one level of the pyramid.

    Args:
        scales: square roots of the anchors' areas in pixels, one or several.
        ratios: widths over heights.
        shape: `(height, width)` of the feature map.
        feature_stride: pixels from one cell to the next.
        anchor_stride: 2 puts anchors on every other cell.

    Returns:
        float64 `(anchors, 4)`, in pixels, around the cells' corners: row by row, then by ratio,
        then by scale.
    """
    return level_anchors(scales, ratios, shape[:2], feature_stride, anchor_stride, offset=0)


def generate_pyramid_anchors(scales, ratios, feature_shapes, feature_strides, anchor_stride):
    """The anchors of all levels, a scale for each.

    Args:
        scales, feature_shapes, feature_strides: one per level, see `generate_anchors`.
        ratios, anchor_stride: the same for all levels.

    Returns:
        float64 `(anchors, 4)`, level by level.
    """
    levels = zip(scales, feature_shapes, feature_strides, strict=True)
    return np.concatenate(
        [
            generate_anchors(scale, ratios, shape, stride, anchor_stride)
            for scale, shape, stride in levels
        ]
    )


# Tensors


def batch_slice(inputs, graph_fn, batch_size, names=None):
    """Apply a function of one image to a batch.

    Args:
        inputs: one tensor, or a list of tensors, the batch first.
        graph_fn: function of the slices `x[i]` that returns a tensor, or several.
        batch_size: images in the batch.
        names: ignored; tensors have no names any more.

    Returns:
        The results, stacked: one tensor, or a list of them.
    """
    from keras import ops

    inputs = inputs if isinstance(inputs, list) else [inputs]
    outputs = [graph_fn(*[x[i] for x in inputs]) for i in range(batch_size)]
    if not isinstance(outputs[0], list | tuple):
        return ops.stack(outputs)
    stacked = [ops.stack(output) for output in zip(*outputs, strict=True)]
    return stacked if len(stacked) > 1 else stacked[0]
