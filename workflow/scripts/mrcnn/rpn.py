"""The region proposal network (Ren et al., 2015, arXiv:1506.01497)."""

import keras
from keras import layers, ops

from mrcnn import boxes as box
from mrcnn import nms


def region_proposal_network(config) -> keras.Model:
    """The network that is slid over every pyramid level.

    Returns:
        A model named `rpn_model` from a map `(B, H, W, TOP_DOWN_PYRAMID_SIZE)` to class logits
        `(B, H * W * ratios, 2)`, background first, and box deltas `(B, H * W * ratios, 4)`.
    """
    ratios = len(config.RPN_ANCHOR_RATIOS)
    features = keras.Input((None, None, config.TOP_DOWN_PYRAMID_SIZE), name="pyramid_level")
    shared = layers.Conv2D(
        config.RPN_CHANNELS,
        3,
        padding="same",
        strides=config.RPN_ANCHOR_STRIDE,
        activation="relu",
        name="rpn_conv_shared",
    )(features)
    logits = layers.Conv2D(2 * ratios, 1, name="rpn_class_raw")(shared)
    deltas = layers.Conv2D(4 * ratios, 1, name="rpn_bbox_pred")(shared)
    outputs = [
        layers.Reshape((-1, 2), name="rpn_class_logits")(logits),
        layers.Reshape((-1, 4), name="rpn_bbox")(deltas),
    ]
    return keras.Model(features, outputs, name="rpn_model")


def propose(scores, deltas, anchors, window, config, count):
    """The best boxes that the network sees, without overlapping copies.

    Args:
        scores: float32 `(B, A)`, probability that the anchor holds an object.
        deltas: float32 `(B, A, 4)`, in units of `RPN_BBOX_STD_DEV`.
        anchors: float32 `(A, 4)`.
        window: `(4,)`, what boxes are clipped to.
        config: `Config`; `PRE_NMS_LIMIT` and `RPN_NMS_THRESHOLD` apply.
        count: proposals per image.

    Returns:
        float32 `(B, count, 4)`, best first, zeros after the last; without gradient.
    """
    scores, deltas = ops.stop_gradient(scores), ops.stop_gradient(deltas)
    scores, order = ops.top_k(scores, min(config.PRE_NMS_LIMIT, anchors.shape[0]))
    deltas = ops.take_along_axis(deltas, order[:, :, None], axis=1)
    boxes = box.decode(ops.take(anchors, order, axis=0), deltas, config.RPN_BBOX_STD_DEV)
    boxes = box.clip(boxes, window)
    kept = nms.non_max_suppression(
        boxes, ops.ones_like(scores, dtype="bool"), config.RPN_NMS_THRESHOLD, count
    )
    boxes = ops.take_along_axis(boxes, ops.maximum(kept, 0)[:, :, None], axis=1)
    return ops.where((kept >= 0)[:, :, None], boxes, 0.0)
