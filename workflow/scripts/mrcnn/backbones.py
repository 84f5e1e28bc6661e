"""Backbones: image in, feature maps at strides 4, 8, 16 and 32 out."""

import difflib
import inspect
import math
import warnings
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from keras import layers, ops

from mrcnn.errors import ModelError
from mrcnn.resnet import BLOCKS, imagenet_weights, resnet
from mrcnn.weights import load


class Scale(NamedTuple):
    """What a network was trained on: `(pixel - mean) / deviation`, RGB, pixels 0 to 255."""

    mean: tuple
    deviation: tuple
    reverse: bool = False  # to BGR


class Network(NamedTuple):
    """A network of `keras.applications`.

    Attributes:
        model: its name there.
        scale: of its input.
        exits: the layers that C2, C3 and C4 go into: the first of the next stride. C5 is the
            output. None: they have no fixed names.
    """

    model: str
    scale: Scale
    exits: tuple | None


_CAFFE = Scale((123.68, 116.779, 103.939), (1.0,) * 3, reverse=True)
_TORCH = Scale((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
_SYMMETRIC = Scale((127.5,) * 3, (127.5,) * 3)
_SYMMETRIC_128 = Scale((128.0,) * 3, (128.0,) * 3)

_RESNET = ("conv3_block1_1_conv", "conv4_block1_1_conv", "conv5_block1_1_conv")
_RESNET50_V2 = ("conv2_block3_1_conv", "conv3_block4_1_conv", "conv4_block6_1_conv")
_RESNET101_V2 = ("conv2_block3_1_conv", "conv3_block4_1_conv", "conv4_block23_1_conv")
_RESNET152_V2 = ("conv2_block3_1_conv", "conv3_block8_1_conv", "conv4_block36_1_conv")
_MOBILENET_V2 = ("block_3_pad", "block_6_pad", "block_13_pad")
_MOBILENET_V3_SMALL = tuple(f"expanded_conv_{i}_depthwise_pad" for i in (1, 3, 8))
_MOBILENET_V3_LARGE = tuple(f"expanded_conv_{i}_depthwise_pad" for i in (3, 6, 12))
_EFFICIENTNET_V2 = ("block3a_expand_conv", "block4a_dwconv2", "block6a_dwconv2")


def _convnext(size):
    exits = tuple(f"convnext_{size.lower()}_downsampling_block_{i}" for i in range(3))
    return Network(f"ConvNeXt{size}", _TORCH, exits)


BACKBONES = {
    "resnet50": Network("ResNet50", _CAFFE, _RESNET),
    "resnet101": Network("ResNet101", _CAFFE, _RESNET),
    "resnet152": Network("ResNet152", _CAFFE, _RESNET),
    "resnet50_v2": Network("ResNet50V2", _SYMMETRIC, _RESNET50_V2),
    "resnet101_v2": Network("ResNet101V2", _SYMMETRIC, _RESNET101_V2),
    "resnet152_v2": Network("ResNet152V2", _SYMMETRIC, _RESNET152_V2),
    "mobilenet_v2": Network("MobileNetV2", _SYMMETRIC, _MOBILENET_V2),
    "mobilenet_v3_small": Network("MobileNetV3Small", _SYMMETRIC, _MOBILENET_V3_SMALL),
    "mobilenet_v3_large": Network("MobileNetV3Large", _SYMMETRIC, _MOBILENET_V3_LARGE),
    "efficientnet_v2_b0": Network("EfficientNetV2B0", _TORCH, _EFFICIENTNET_V2),
    "efficientnet_v2_b1": Network("EfficientNetV2B1", _TORCH, _EFFICIENTNET_V2),
    "efficientnet_v2_b2": Network("EfficientNetV2B2", _TORCH, _EFFICIENTNET_V2),
    "efficientnet_v2_b3": Network("EfficientNetV2B3", _TORCH, _EFFICIENTNET_V2),
    "efficientnet_v2_s": Network("EfficientNetV2S", _SYMMETRIC_128, _EFFICIENTNET_V2),
    "efficientnet_v2_m": Network("EfficientNetV2M", _SYMMETRIC_128, _EFFICIENTNET_V2),
    "efficientnet_v2_l": Network("EfficientNetV2L", _SYMMETRIC_128, _EFFICIENTNET_V2),
    "convnext_tiny": _convnext("Tiny"),
    "convnext_small": _convnext("Small"),
    "convnext_base": _convnext("Base"),
    "convnext_large": _convnext("Large"),
    "convnext_xlarge": _convnext("XLarge"),
    "inception_v3": Network("InceptionV3", _SYMMETRIC, None),
}

_BATCH_NORM_MOMENTUM = 0.9  # 0.99 and 0.999, Keras' own, need more steps than small sets give


def backbone(config) -> keras.Model:
    """The backbone that `config.BACKBONE` names, or that it builds when it is callable.

    A name is a key of `BACKBONES`. Under the architecture "matterport" resnet50 and resnet101
    are the original's (`mrcnn.resnet`). A callable takes `config` and returns the model, or has
    the original's signature, `f(images, stage5=True, train_bn=...)`, and returns C1 to C5.

    `BACKBONE_WEIGHTS` is "imagenet", or the path of a file of the network for RGB, without top.
    When images have other than three channels, the first convolution treats all channels alike:
    its kernel is the sum over RGB divided by the number of channels. Channels that are equal then
    give the response to a grey RGB image, as repeated frames give the response to a still image
    in Carreira and Zisserman (2017), arXiv:1705.07750, section 2.4.

    Returns:
        A model from normalised images `(B, H, W, IMAGE_CHANNEL_COUNT)` to C2, C3, C4, C5,
        `(B, H / 4, W / 4, channels)` to `(B, H / 32, W / 32, channels)` for H and W multiples of
        64.

    Raises:
        ModelError: for an unknown name, or weights or a mean that do not fit.
    """
    if _subtracts_mean_pixel(config):
        _mean_pixel(config)
    if callable(config.BACKBONE):
        return _from_callable(config)
    if config.BACKBONE not in BACKBONES:
        close = difflib.get_close_matches(str(config.BACKBONE).lower(), BACKBONES, cutoff=0.5)
        raise ModelError(
            f"Unknown `BACKBONE` {config.BACKBONE!r}."
            + (f" Did you mean {' or '.join(close)}?" if close else "")
            + f" Expected a function, or one of {', '.join(BACKBONES)}."
        )
    build = _original if _is_original(config) else _from_keras_applications
    channels, weights = config.IMAGE_CHANNEL_COUNT, config.BACKBONE_WEIGHTS
    if weights is None or channels == 3:
        return build(config, channels, weights)
    model = build(config, channels, None)
    _inflate(build(config, 3, weights), model)
    return model


def normalise(images, config):
    """Images in the scale that the backbone was trained on.

    That is `preprocess_input` of the network's family in `keras.applications`, with the mean of
    the three means, and of the three deviations, when there are not three channels. The
    original's ResNet and callables have `MEAN_PIXEL` subtracted.

    Args:
        images: `(B, H, W, IMAGE_CHANNEL_COUNT)`, 0 to 255, RGB if there are three channels.
        config: `Config`.

    Returns:
        float32, of the same shape.

    Raises:
        ModelError: when `MEAN_PIXEL` has not one value per channel.
    """
    images = ops.cast(images, "float32")
    if _subtracts_mean_pixel(config):
        return images - ops.convert_to_tensor(_mean_pixel(config))
    mean, deviation, reverse = BACKBONES[config.BACKBONE].scale
    if config.IMAGE_CHANNEL_COUNT != 3:
        mean, deviation, reverse = np.mean(mean), np.mean(deviation), False
    mean = ops.convert_to_tensor(mean, dtype="float32")
    images = (images - mean) / ops.convert_to_tensor(deviation, dtype="float32")
    return ops.flip(images, axis=-1) if reverse else images  # PyTorch has no step of -1


def stage_of(model) -> dict[str, int]:
    """The stage, 1 to 5, of every layer of a backbone, by name.

    A layer belongs to the first of C2 to C5 that depends on it. Stage 1, the stem, is what comes
    before stride 4, and at least the first layer with weights. In the original's ResNet these
    are the stages in the names of its layers.

    Args:
        model: what `backbone` returns. Layers inside a nested model are all of its stage.

    Raises:
        ModelError: when the model is no graph of layers with four outputs.
    """
    if not hasattr(model, "inputs") or len(getattr(model, "outputs", None) or ()) != 4:
        raise ModelError(
            f"The stages of `{model.name}` are unknown: expected a functional Keras model with "
            "the outputs C2, C3, C4 and C5. Choose layers by a regular expression instead."
        )
    parts = [keras.Model(model.inputs, output).layers for output in model.outputs]
    stages = {}
    for stage, part in enumerate([_stem(parts[0]), *parts], 1):
        for layer in part:
            for inner in layer._flatten_layers():
                stages.setdefault(inner.name, stage)
    return stages


def _stem(sequence):
    stride, stem = 1, []
    for layer in sequence:
        stride *= math.prod(
            inner.strides[0] for inner in layer._flatten_layers() if hasattr(inner, "strides")
        )
        if stride >= 4 and any(earlier.weights for earlier in stem):
            break
        stem.append(layer)
    return stem


def _is_original(config):
    return config.is_matterport and config.BACKBONE in BLOCKS


def _subtracts_mean_pixel(config):
    return callable(config.BACKBONE) or _is_original(config)


def _mean_pixel(config):
    mean, channels = np.asarray(config.MEAN_PIXEL, np.float32), config.IMAGE_CHANNEL_COUNT
    if mean.shape != (channels,):
        raise ModelError(
            f"`MEAN_PIXEL` has {mean.size} values, {config.MEAN_PIXEL}, but `IMAGE_CHANNEL_COUNT` "
            f"is {channels}. Set it to the mean of each channel, on the scale 0 to 255."
        )
    return mean


def _from_callable(config):
    if "train_bn" not in inspect.signature(config.BACKBONE).parameters:
        return config.BACKBONE(config)
    images = keras.Input((None, None, config.IMAGE_CHANNEL_COUNT), name="image")
    maps = config.BACKBONE(images, stage5=True, train_bn=config.TRAIN_BN)
    return keras.Model(images, maps[-4:], name="backbone")


def _original(config, channels, weights):
    if weights == "imagenet" and config.BACKBONE != "resnet50":
        raise ModelError(
            "`BACKBONE_WEIGHTS`: of the original's ResNets only resnet50 has weights of ImageNet. "
            "Give the path of a file, or load those of resnet50 as far as they go: "
            "model.load_weights(model.get_imagenet_weights(), by_name=True)."
        )
    model = resnet(config.BACKBONE, channels)
    if weights is not None:
        load(model, imagenet_weights() if weights == "imagenet" else weights)
    return model


def _from_keras_applications(config, channels, weights):
    network = BACKBONES[config.BACKBONE]
    model = _application(config, network, channels, weights)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = _BATCH_NORM_MOMENTUM
    if network.exits is None:
        exits = _align_inception(model)
    else:
        exits = [model.get_layer(name) for name in network.exits]
    # `Operation` because a nested model has another `input`, its own.
    maps = [keras.Operation.input.fget(layer) for layer in exits]
    return keras.Model(model.input, [*maps, model.output], name="backbone")


def _application(config, network, channels, weights):
    if weights not in (None, "imagenet") and not Path(weights).is_file():
        raise ModelError(f"`BACKBONE_WEIGHTS`: there is no file {weights}.")
    build = getattr(keras.applications, network.model)
    options = {"alpha": config.BACKBONE_ALPHA, "include_preprocessing": False}
    known = inspect.signature(build).parameters
    options = {name: value for name, value in options.items() if name in known}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that channels and size are unusual
            return build(
                input_shape=(None, None, channels),
                include_top=False,
                weights=weights and str(weights),
                **options,
            )
    except Exception as error:
        if weights is None:
            raise
        if weights == "imagenet" and not isinstance(error, ValueError):
            raise ModelError(
                f"`BACKBONE_WEIGHTS`: Keras cannot fetch the ImageNet weights of {network.model}: "
                f"{error}. Where there is no network, fetch the file elsewhere, and give its path "
                "instead of 'imagenet'."
            ) from error
        alpha = f", alpha={config.BACKBONE_ALPHA}" if "alpha" in options else ""
        raise ModelError(
            f"`BACKBONE_WEIGHTS`: {weights} cannot be loaded into keras.applications."
            f"{network.model}(include_top=False{alpha}). Expected a file with the "
            f"weights of just this network. Keras says: {error}"
        ) from error


def _align_inception(model):
    """Make the maps of InceptionV3 as large as their strides say.

    Its convolutions without padding lose the borders, and shift each map by more than a cell.
    Padded, they compute the same inside, so that its weights stay good.

    Returns:
        The layers that C2, C3 and C4 go into.
    """
    for layer in model.layers:
        if getattr(layer, "padding", None) == "valid":
            layer.padding = "same"
    return [layer for layer in model.layers if isinstance(layer, layers.MaxPooling2D)][1:]


def _inflate(rgb, model):
    """Give `model` the weights of `rgb`, which differs in the number of input channels only."""
    values = []
    for value, variable in zip(rgb.get_weights(), model.weights, strict=True):
        if value.shape != tuple(variable.shape):  # the first kernel, (h, w, channels, filters)
            channels = variable.shape[2]
            value = value.sum(axis=2, keepdims=True).repeat(channels, axis=2) / channels
        values.append(value)
    model.set_weights(values)
