"""The five losses of Mask R-CNN, as the original weighs them. Each is a float32 scalar."""

import keras
from keras import ops


def rpn_class_loss(match, logits):
    """Cross-entropy over the drawn anchors. `match` `(B, A)`, `logits` `(B, A, 2)`."""
    target = ops.cast(match == 1, "int32")
    loss = keras.losses.sparse_categorical_crossentropy(target, logits, from_logits=True)
    return _mean(loss, match != 0)


def rpn_bbox_loss(match, target, deltas):
    """Smooth L1 over the positive anchors. `target`, `deltas` `(B, A, 4)`."""
    return _mean(_smooth_l1(target - deltas), match == 1)


def class_loss(class_ids, logits, active):
    """Cross-entropy over the used ROIs, but for guesses at classes that the image cannot have.

    `class_ids` `(B, R)`, `logits` `(B, R, classes)`, `active` `(B, classes)`, 1 or 0.
    """
    target = ops.maximum(class_ids, 0)
    loss = keras.losses.sparse_categorical_crossentropy(target, logits, from_logits=True)
    judged = ops.take_along_axis(active, ops.argmax(logits, axis=-1), axis=1) > 0
    return _mean(loss, (class_ids >= 0) & judged)


def bbox_loss(class_ids, target, deltas):
    """Smooth L1 over the positive ROIs, of their own class.

    `target` `(B, R, 4)`, `deltas` `(B, R, classes, 4)`.
    """
    own = ops.maximum(class_ids, 0)[:, :, None, None]
    deltas = ops.squeeze(ops.take_along_axis(deltas, own, axis=2), 2)
    return _mean(_smooth_l1(target - deltas), class_ids > 0)


def mask_loss(class_ids, target, logits):
    """Binary cross-entropy over the positive ROIs, of their own class.

    `target` `(B, R, h, w)`, `logits` `(B, R, h, w, classes)`.
    """
    own = ops.one_hot(ops.maximum(class_ids, 0), logits.shape[-1], dtype=logits.dtype)
    logits = ops.einsum("brhwc,brc->brhw", logits, own)
    loss = keras.losses.binary_crossentropy(target, logits, from_logits=True)
    return _mean(ops.mean(loss, axis=-1), class_ids > 0)


def _smooth_l1(difference):
    size = ops.abs(difference)
    return ops.mean(ops.where(size < 1.0, 0.5 * size * size, size - 0.5), axis=-1)


def _mean(values, where):
    """The mean over the entries where `where` is true; 0 when there is none."""
    weights = ops.cast(where, "float32")
    return ops.sum(ops.cast(values, "float32") * weights) / ops.maximum(ops.sum(weights), 1.0)
