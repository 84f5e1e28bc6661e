"""What the network should say: targets of the RPN and of the heads.

Ground truth comes padded: class 0 marks an empty slot, a negative class a crowd, which is no
positive and whose surroundings are no negatives.
"""

import keras
from keras import ops

from mrcnn import boxes as box


def rpn_targets(anchors, gt_boxes, gt_class_ids, config, seed):
    """Which anchors are trained, and towards what.

    An anchor is positive when its IoU with an object is at least 0.7, or the largest of all
    anchors for that object; negative when no IoU reaches 0.3 (Ren et al., 2015, section 3.1.2).

    Args:
        anchors: float32 `(A, 4)`.
        gt_boxes: float32 `(B, M, 4)`.
        gt_class_ids: int32 `(B, M)`.
        config: `Config`; `RPN_TRAIN_ANCHORS_PER_IMAGE` anchors are drawn, at most half positive.
        seed: `keras.random.SeedGenerator`.

    Returns:
        `match`, int32 `(B, A)`: 1 positive, -1 negative, 0 not trained; and the deltas, float32
        `(B, A, 4)`, meaningful where positive.
    """
    best_iou, best_object, is_best, near_crowd = _match(anchors, gt_boxes, gt_class_ids)
    positive = (best_iou >= 0.7) | is_best
    negative = (best_iou < 0.3) & ~positive & ~near_crowd

    total = config.RPN_TRAIN_ANCHORS_PER_IMAGE
    draw = keras.random.uniform(ops.shape(best_iou), seed=seed)
    count = ops.minimum(_count(positive), total // 2)
    positive = _draw(positive, draw, total // 2, count)
    negative = _draw(negative, draw, total, total - count)

    objects = ops.take_along_axis(gt_boxes, best_object[:, :, None], axis=1)
    deltas = box.encode(anchors[None], objects, config.RPN_BBOX_STD_DEV)
    return ops.cast(positive, "int32") - ops.cast(negative, "int32"), deltas


def _match(anchors, gt_boxes, gt_class_ids):
    """Compare anchors with one object after another: a fraction of the memory of all at once."""
    used = ops.max(ops.where(gt_class_ids != 0, ops.arange(1, gt_boxes.shape[1] + 1)[None], 0))

    def unfinished(j, *_):
        return j < used

    def compare(j, best_iou, best_object, is_best, near_crowd):
        class_id = ops.take(gt_class_ids, j, axis=1)[:, None]
        iou = box.iou(anchors[None], ops.take(gt_boxes, j, axis=1)[:, None])
        near_crowd = near_crowd | ((class_id < 0) & (iou > 0.001))
        iou = ops.where(class_id > 0, iou, 0.0)
        top = ops.max(iou, axis=1, keepdims=True)
        is_best = is_best | ((iou == top) & (top > 0))
        best_object = ops.where(iou > best_iou, j, best_object)
        return j + 1, ops.maximum(iou, best_iou), best_object, is_best, near_crowd

    shape = (ops.shape(gt_boxes)[0], anchors.shape[0])
    start = [ops.zeros(shape, dtype=kind) for kind in ("float32", "int32", "bool", "bool")]
    zero = ops.convert_to_tensor(0, dtype="int32")
    return ops.while_loop(unfinished, compare, (zero, *start))[1:]


def _count(flags):
    return ops.sum(ops.cast(flags, "int32"), axis=1, keepdims=True)


def _draw(candidates, draw, limit, count):
    """Keep `count` (`(B, 1)`, at most `limit`) random candidates of each row."""
    keys = ops.where(candidates, draw, -1.0)
    top = ops.top_k(keys, limit)[0]
    threshold = ops.take_along_axis(top, ops.maximum(count - 1, 0), axis=1)
    return candidates & (keys >= threshold) & (count > 0)


def roi_targets(proposals, gt_boxes, gt_class_ids, config, seed):
    """The ROIs that train the heads, and what they should become.

    The objects' own boxes join the proposals. A ROI is positive when its IoU with an object is
    at least 0.5 (Girshick, 2015, arXiv:1504.08083, section 2.3).

    Args:
        proposals: float32 `(B, P, 4)`; empty boxes are padding.
        gt_boxes: float32 `(B, M, 4)`.
        gt_class_ids: int32 `(B, M)`.
        config: `Config`: `TRAIN_ROIS_PER_IMAGE` R, `ROI_POSITIVE_RATIO`.
        seed: `keras.random.SeedGenerator`.

    Returns:
        A dict. `rois` float32 `(B, R, 4)`, the slots of positives first; `class_ids` int32
        `(B, R)`, 0 background, -1 for an unused slot; `deltas` float32 `(B, R, 4)` and `objects`
        int32 `(B, R)`, meaningful where the class is positive.
    """
    is_object = gt_class_ids > 0
    candidates = ops.concatenate([proposals, gt_boxes], axis=1)
    usable = ops.concatenate([box.area(proposals) > 0, is_object], axis=1)
    iou = box.iou(candidates[:, :, None], gt_boxes[:, None])
    crowd = ops.max(ops.where((gt_class_ids < 0)[:, None], iou, 0.0), axis=2) > 0.001
    iou = ops.where(is_object[:, None], iou, 0.0)
    best_iou = ops.max(iou, axis=2)
    best_object = ops.cast(ops.argmax(iou, axis=2), "int32")
    positive = usable & (best_iou >= 0.5)
    negative = usable & (best_iou < 0.5) & ~crowd

    total = config.TRAIN_ROIS_PER_IMAGE
    positives = int(total * config.ROI_POSITIVE_RATIO)
    draw = keras.random.uniform(ops.shape(best_iou), seed=seed)
    keys, chosen = (
        ops.concatenate(parts, axis=1)
        for parts in zip(
            ops.top_k(ops.where(positive, draw, -1.0), positives),
            ops.top_k(ops.where(negative, draw, -1.0), total - positives),
            strict=True,
        )
    )
    is_used = keys >= 0
    is_positive = is_used & (ops.arange(total)[None] < positives)

    rois = ops.take_along_axis(candidates, chosen[:, :, None], axis=1)
    objects = ops.take_along_axis(best_object, chosen, axis=1)
    class_ids = ops.take_along_axis(ops.cast(gt_class_ids, "int32"), objects, axis=1)
    class_ids = ops.where(is_positive, class_ids, ops.where(is_used, 0, -1))
    matched = ops.take_along_axis(gt_boxes, objects[:, :, None], axis=1)
    return {
        "rois": ops.where(is_used[:, :, None], rois, 0.0),
        "class_ids": class_ids,
        "deltas": box.encode(rois, matched, config.BBOX_STD_DEV),
        "objects": objects,
    }


def mask_targets(rois, objects, gt_boxes, gt_masks, shape):
    """The objects' masks as each ROI sees them.

    Args:
        rois: float32 `(B, R, 4)`.
        objects: int32 `(B, R)`, which object each ROI shows.
        gt_boxes: float32 `(B, M, 4)`.
        gt_masks: `(B, M, h, w)`, each mask stretched over its box: bool, or coverage from 0 to
            255 or to 1, whichever the largest value shows.
        shape: `(height, width)` of the targets.

    Returns:
        float32 `(B, R, height, width)`, 0 or 1; 0 outside the object's box.
    """
    batch, count = ops.shape(rois)[:2]
    instances, height, width = gt_masks.shape[1:]
    if keras.backend.standardize_dtype(gt_masks.dtype) == "bool":
        gt_masks = ops.cast(gt_masks, "uint8")
    half = ops.where(ops.max(gt_masks) > 1, 127.5, 0.5)
    frame = ops.take_along_axis(gt_boxes, objects[:, :, None], axis=1)
    rows, row_weights = _positions(rois, frame, 0, height, shape[0])
    columns, column_weights = _positions(rois, frame, 1, width, shape[1])
    first = ops.arange(batch, dtype="int32")[:, None] * instances + objects
    index = (first[:, :, None, None] * height + rows)[:, :, :, None, :, None] * width
    index = index + columns[:, :, None, :, None, :]
    weights = row_weights[:, :, :, None, :, None] * column_weights[:, :, None, :, None, :]
    pixels = ops.take(ops.reshape(gt_masks, (-1,)), ops.reshape(index, (-1,)), axis=0)
    pixels = ops.reshape(ops.cast(pixels, "float32"), (batch, count, *shape, 2, 2))
    return ops.cast(ops.sum(weights * pixels, axis=(-2, -1)) >= half, "float32")


def _positions(rois, frame, axis, cells, size):
    """Neighbouring cells of `size` sample rows (axis 0) or columns (1), and their weights."""
    steps = (ops.arange(size, dtype="float32") + 0.5) / size
    low, high = rois[..., axis, None], rois[..., axis + 2, None]
    frame_low, frame_high = frame[..., axis, None], frame[..., axis + 2, None]
    position = (low + steps * (high - low) - frame_low) / ops.maximum(frame_high - frame_low, 1e-3)
    position = ops.nan_to_num(position)
    inside = ops.cast((position >= 0) & (position <= 1), "float32")
    position = ops.minimum(ops.maximum(position * cells - 0.5, 0.0), cells - 1.0)
    below = ops.floor(position)
    fraction = position - below
    indices = ops.stack([below, ops.minimum(below + 1.0, cells - 1.0)], axis=-1)
    weights = ops.stack([1.0 - fraction, fraction], axis=-1) * inside[..., None]
    return ops.cast(indices, "int32"), weights
