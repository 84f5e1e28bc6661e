"""Stages of a backbone that training computes twice, in place of keeping them.

The backward pass needs the maps of the forward one, or computes them again (Chen et al., 2016,
arXiv:1604.06174). Those of the first stages are the largest, and not the dearest.
"""

import keras

from mrcnn.errors import ModelError


def recomputing(backbone, stages: int):
    """A backbone that keeps nothing of its way to the first of its outputs.

    Args:
        backbone: functional model to C2, C3, C4 and C5, whose normalisation does not learn: its
            statistics would be counted twice.
        stages: how many of the outputs, 0 to 3.

    Returns:
        A function from images to the four outputs.

    Raises:
        ModelError: when the next output needs more than the last of these.
    """
    if stages == 0:
        return lambda images, training: backbone(images, training=training)
    first = keras.Model(backbone.inputs, backbone.outputs[:stages])
    try:
        rest = keras.Model(first.outputs[-1], backbone.outputs[stages:])
    except ValueError:
        raise ModelError(
            f"`RECOMPUTED_STAGES`: C{stages + 2} of this backbone does not come from "
            f"C{stages + 1} alone. Set it to 0, or take a ResNet or MobileNet."
        ) from None

    def call(images, training):
        maps = keras.tree.flatten(keras.remat(lambda x: first(x, training=training))(images))
        return [*maps, *keras.tree.flatten(rest(maps[-1], training=training))]

    return call
