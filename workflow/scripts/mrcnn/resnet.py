"""The ResNet of the original, layer by layer."""

import keras
from keras import layers

BLOCKS = {"resnet50": 6, "resnet101": 23}  # of stage 4, in which the two differ

_IMAGENET = "https://github.com/fchollet/deep-learning-models/releases/download/v0.2/"
IMAGENET_FILE = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"


def resnet(name, channels) -> keras.Model:
    """ResNet-50 or -101 (He et al., 2015, arXiv:1512.03385).

    Stride on the first 1x1 convolution as in the paper, a bias on every convolution, batch
    normalisation with epsilon 1e-3.

    Args:
        name: a key of `BLOCKS`.
        channels: of the images.

    Returns:
        A model named `backbone` from images `(B, H, W, channels)` to C2, C3, C4, C5.
    """
    images = keras.Input((None, None, channels), name="image")
    x = layers.ZeroPadding2D(3)(images)
    x = layers.Conv2D(64, 7, strides=2, name="conv1")(x)
    x = layers.BatchNormalization(epsilon=1e-3, name="bn_conv1")(x)
    x = layers.Activation("relu")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    outputs = []
    for stage, width, count in ((2, 64, 3), (3, 128, 4), (4, 256, BLOCKS[name]), (5, 512, 3)):
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


def imagenet_weights() -> str:
    """Path of ResNet-50's ImageNet weights, fetched once: the file that the original takes."""
    return keras.utils.get_file(
        IMAGENET_FILE,
        _IMAGENET + IMAGENET_FILE,
        cache_subdir="models",
        file_hash="a268eb855778b3df3c7506639542a6af",
    )
