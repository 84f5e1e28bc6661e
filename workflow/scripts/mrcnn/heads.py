"""The box head and the mask head (He et al., 2017, figure 4)."""

import keras
from keras import layers

# The original keeps Keras 2's epsilon.
_EPSILON = 1e-3
_MOMENTUM = 0.9


def box_head(config) -> keras.Model:
    """Class and box of each ROI.

    Returns:
        A model from features `(R, POOL_SIZE, POOL_SIZE, channels)` to class logits
        `(R, NUM_CLASSES)` and deltas `(R, NUM_CLASSES, 4)` in units of `BBOX_STD_DEV`.
    """
    pool, width = config.POOL_SIZE, config.FPN_CLASSIF_FC_LAYERS_SIZE
    features = keras.Input((pool, pool, config.TOP_DOWN_PYRAMID_SIZE), name="roi")
    x = layers.Conv2D(width, pool, name="mrcnn_class_conv1")(features)
    x = _normalise(x, "mrcnn_class_bn1")
    x = layers.Conv2D(width, 1, name="mrcnn_class_conv2")(x)
    x = _normalise(x, "mrcnn_class_bn2")
    x = layers.Reshape((width,), name="pool_squeeze")(x)
    logits = layers.Dense(config.NUM_CLASSES, name="mrcnn_class_logits")(x)
    deltas = layers.Dense(4 * config.NUM_CLASSES, name="mrcnn_bbox_fc")(x)
    deltas = layers.Reshape((config.NUM_CLASSES, 4), name="mrcnn_bbox")(deltas)
    return keras.Model(features, [logits, deltas], name="box_head")


def mask_head(config) -> keras.Model:
    """One mask per class of each ROI.

    Returns:
        A model from features `(R, MASK_POOL_SIZE, MASK_POOL_SIZE, channels)` to logits
        `(R, 2 * MASK_POOL_SIZE, 2 * MASK_POOL_SIZE, NUM_CLASSES)`.
    """
    pool = config.MASK_POOL_SIZE
    features = keras.Input((pool, pool, config.TOP_DOWN_PYRAMID_SIZE), name="roi")
    x = features
    for i in range(1, config.MASK_CONVOLUTIONS + 1):
        x = layers.Conv2D(config.MASK_CHANNELS, 3, padding="same", name=f"mrcnn_mask_conv{i}")(x)
        x = _normalise(x, f"mrcnn_mask_bn{i}")
    x = layers.Conv2DTranspose(
        config.MASK_CHANNELS, 2, strides=2, activation="relu", name="mrcnn_mask_deconv"
    )(x)
    logits = layers.Conv2D(config.NUM_CLASSES, 1, name="mrcnn_mask")(x)
    return keras.Model(features, logits, name="mask_head")


def _normalise(x, name):
    x = layers.BatchNormalization(epsilon=_EPSILON, momentum=_MOMENTUM, name=name)(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)
