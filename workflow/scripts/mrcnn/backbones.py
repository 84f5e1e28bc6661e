"""Backbones: image in, feature maps at strides 4, 8, 16 and 32 out."""

from pathlib import Path

import keras
from keras import layers, ops

from mrcnn.errors import ModelError

_MOBILENET_TAPS = ("block_3_expand_relu", "block_6_expand_relu", "block_13_expand_relu", "out_relu")
_RESNET50_TAPS = ("conv2_block3_out", "conv3_block4_out", "conv4_block6_out", "conv5_block3_out")
_BATCH_NORM_MOMENTUM = 0.9  # 0.99 and 0.999, Keras' own, need more steps than small sets give

BACKBONES = ("mobilenet_v2", "resnet50", "resnet101")


def backbone(config) -> keras.Model:
    """The backbone that `config.BACKBONE` names, or that it builds when it is callable.

    Returns:
        A model named `backbone` from normalised images `(B, H, W, IMAGE_CHANNEL_COUNT)` to C2,
        C3, C4, C5.

    Raises:
        ModelError: for an unknown name, or weights that do not fit.
    """
    if callable(config.BACKBONE):
        return config.BACKBONE(config)
    if config.BACKBONE not in BACKBONES:
        raise ModelError(
            f"Unknown backbone {config.BACKBONE!r}. Expected one of {', '.join(BACKBONES)}."
        )
    if config.BACKBONE == "resnet101" or (config.BACKBONE == "resnet50" and config.is_matterport):
        return resnet(config)
    return _from_keras_applications(config)


def normalise(images, config):
    """Pixel values 0 to 255 in the scale that the backbone was trained on."""
    images = ops.cast(images, "float32")
    if config.BACKBONE == "mobilenet_v2":
        return images / 127.5 - 1.0
    images = images - ops.convert_to_tensor(config.MEAN_PIXEL, dtype="float32")
    if config.BACKBONE == "resnet50" and not config.is_matterport:
        return images[..., ::-1]  # keras.applications' weights of ResNet expect BGR
    return images


def _from_keras_applications(config):
    shape = (None, None, config.IMAGE_CHANNEL_COUNT)
    weights = config.BACKBONE_WEIGHTS
    arguments = {
        "input_shape": shape,
        "include_top": False,
        "weights": "imagenet" if weights == "imagenet" else None,
    }
    if config.BACKBONE == "mobilenet_v2":
        model = keras.applications.MobileNetV2(alpha=config.BACKBONE_ALPHA, **arguments)
        taps = _MOBILENET_TAPS
    else:
        model = keras.applications.ResNet50(**arguments)
        taps = _RESNET50_TAPS
    if weights not in (None, "imagenet"):
        _load_weights(model, weights, config)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = _BATCH_NORM_MOMENTUM
    return keras.Model(model.input, [model.get_layer(tap).output for tap in taps], name="backbone")


def _load_weights(model, path, config):
    if not Path(path).is_file():
        raise ModelError(f"Backbone weights: there is no file {path}.")
    try:
        model.load_weights(path)
    except Exception as error:
        raise ModelError(
            f"Backbone weights: {path} does not hold the weights of {config.BACKBONE}"
            f" (alpha {config.BACKBONE_ALPHA}, without top): {error}"
        ) from error


def resnet(config) -> keras.Model:
    """The original's ResNet-50 or -101, layer by layer.

    Stride on the first 1x1 convolution (He et al., 2015, arXiv:1512.03385), a bias on every
    convolution, batch normalisation with epsilon 1e-3.
    """
    blocks = {"resnet50": 5, "resnet101": 22}[config.BACKBONE]
    images = keras.Input((None, None, config.IMAGE_CHANNEL_COUNT), name="image")
    x = layers.ZeroPadding2D(3)(images)
    x = layers.Conv2D(64, 7, strides=2, name="conv1")(x)
    x = layers.BatchNormalization(epsilon=1e-3, name="bn_conv1")(x)
    x = layers.Activation("relu")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    outputs = []
    for stage, width, count in ((2, 64, 3), (3, 128, 4), (4, 256, blocks + 1), (5, 512, 3)):
        for block in range(count):
            strides = 2 if block == 0 and stage > 2 else 1
            x = _bottleneck(x, width, stage, chr(ord("a") + block), strides)
        outputs.append(x)
    return keras.Model(images, outputs, name="backbone")


def _bottleneck(inputs, width, stage, block, strides):
    def convolve(x, filters, size, branch, **arguments):
        x = layers.Conv2D(filters, size, name=f"res{stage}{block}_branch{branch}", **arguments)(x)
        return layers.BatchNormalization(epsilon=1e-3, name=f"bn{stage}{block}_branch{branch}")(x)

    x = convolve(inputs, width, 1, "2a", strides=strides)
    x = layers.Activation("relu")(x)
    x = convolve(x, width, 3, "2b", padding="same")
    x = layers.Activation("relu")(x)
    x = convolve(x, 4 * width, 1, "2c")
    shortcut = convolve(inputs, 4 * width, 1, "1", strides=strides) if block == "a" else inputs
    x = layers.Add()([x, shortcut])
    return layers.Activation("relu", name=f"res{stage}{block}_out")(x)
