"""From the box head's answers to the final detections."""

from keras import ops

from mrcnn import boxes as box
from mrcnn import nms


def detect(rois, probabilities, deltas, window, config):
    """Refine, classify and thin out the ROIs.

    Each ROI speaks for its most likely class alone; suppression runs within each class.

    Args:
        rois: float32 `(B, R, 4)`; empty boxes are padding.
        probabilities: float32 `(B, R, classes)`, background first.
        deltas: float32 `(B, R, classes, 4)`.
        window: `(4,)` or `(B, 4)`: the part of the input that is image.
        config: `Config`: the `DETECTION_` settings. `matterport`: padding is classified too, and
            a box without area silences what follows it in its class, as in TensorFlow 1.15.

    Returns:
        A dict of `boxes` float32 `(B, D, 4)`, `class_ids` int32 `(B, D)` and `scores` float32
        `(B, D)`, best first; class 0 after the last.
    """
    limit = config.DETECTION_MAX_INSTANCES
    class_ids = ops.cast(ops.argmax(probabilities, axis=-1), "int32")
    scores = ops.max(probabilities, axis=-1)
    own = ops.take_along_axis(deltas, class_ids[:, :, None, None], axis=2)
    boxes = box.decode(rois, ops.squeeze(own, 2), config.BBOX_STD_DEV)
    boxes = box.clip(boxes, window)

    keep = (class_ids > 0) & (scores >= (config.DETECTION_MIN_CONFIDENCE or 0.0))
    keep = keep if config.is_matterport else keep & (box.area(rois) > 0)
    scores, order = ops.top_k(ops.where(keep, scores, 0.0), scores.shape[1])
    boxes = ops.take_along_axis(boxes, order[:, :, None], axis=1)
    class_ids = ops.take_along_axis(class_ids, order, axis=1)
    if config.is_matterport:
        empty = ops.cast((box.area(boxes) <= 0) & (scores > 0), "float32")
        empty = empty[:, :, None] * ops.one_hot(class_ids, probabilities.shape[-1])
        before = ops.take_along_axis(
            ops.cumsum(empty, axis=1) - empty, class_ids[:, :, None], axis=2
        )
        scores = ops.where(ops.squeeze(before, 2) > 0, 0.0, scores)

    span = 2.0 * ops.max(boxes) + 1.0  # apart enough that classes never overlap
    apart = boxes + (ops.cast(class_ids, "float32") * span)[:, :, None]
    kept = nms.non_max_suppression(apart, scores > 0, config.DETECTION_NMS_THRESHOLD, limit)
    chosen, found = ops.maximum(kept, 0), kept >= 0
    boxes = ops.take_along_axis(boxes, chosen[:, :, None], axis=1)
    return {
        "boxes": ops.where(found[:, :, None], boxes, 0.0),
        "class_ids": ops.where(found, ops.take_along_axis(class_ids, chosen, axis=1), 0),
        "scores": ops.where(found, ops.take_along_axis(scores, chosen, axis=1), 0.0),
    }
