"""The written-out batch normalisation is Keras' own: values, statistics and gradients."""

import keras
import numpy as np
import pytest
from keras import layers

from mrcnn.normalisation import normalise_batch


class Ours(layers.Layer):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, inputs):
        return normalise_batch(inputs, self.layer)


class Theirs(Ours):
    def call(self, inputs):
        return self.layer(inputs, training=True)


def after_a_step(wrapper, center, scale):
    """Weights behind and before the layer, and the layer's own, after a step of plain descent."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((5, 4, 2))
    layer = layers.BatchNormalization(momentum=0.9, center=center, scale=scale)
    layer.build((None, 5, 4, 3))
    outputs = wrapper(layer)(layers.Conv2D(3, 3, padding="same")(inputs))
    model = keras.Model(inputs, layers.Dense(1)(layers.Flatten()(outputs)))
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    rng = np.random.default_rng(0)
    images = rng.normal(3.0, 2.0, (6, 5, 4, 2)).astype(np.float32)
    model.train_on_batch(images, rng.normal(size=(6, 1)).astype(np.float32))
    return model.get_weights()


@pytest.mark.parametrize(("center", "scale"), [(True, True), (False, True), (True, False)])
def test_equals_keras(center, scale):
    ours, theirs = after_a_step(Ours, center, scale), after_a_step(Theirs, center, scale)
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
