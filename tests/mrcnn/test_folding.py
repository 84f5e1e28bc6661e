"""A folded network answers, and learns, as the network did."""

import keras
import numpy as np
import pytest
from keras import layers

from mrcnn.folding import fold


def network(side):
    inputs = keras.Input((side, side, 3))
    x = layers.Conv2D(8, 3, strides=2, padding="same", name="a")(inputs)
    x = layers.ReLU()(layers.BatchNormalization(name="a_bn")(x))
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="b")(x)
    x = layers.ReLU()(layers.BatchNormalization(scale=False, name="b_bn")(x))
    x = layers.Conv2D(6, side // 2, name="c")(x)
    x = layers.BatchNormalization(center=False, name="c_bn")(x)
    return keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))


def with_statistics(model):
    """The model with weights and statistics unlike those of a new one."""
    rng = np.random.default_rng(0)
    for variable in model.variables:
        low = 0.5 if "variance" in variable.path else -0.5
        variable.assign(rng.uniform(low, 1.0, variable.shape))
    return model


@pytest.mark.parametrize("side", [4, 32])  # maps smaller, and larger, than the kernels
def test_answers_are_the_same(side):
    plain = with_statistics(network(side))
    folded = fold(plain)
    images = np.random.default_rng(1).normal(size=(3, side, side, 3)).astype(np.float32)
    expected = plain.predict(images, verbose=0)
    np.testing.assert_allclose(folded.predict(images, verbose=0), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("side", [4, 32])
def test_frozen_statistics_learn_the_same(side):
    models = []
    for change in (lambda model: model, fold):
        model = with_statistics(network(side))
        inputs = keras.Input((side, side, 3))
        model = keras.Model(inputs, change(model)(inputs, training=False))
        model.compile(optimizer=keras.optimizers.SGD(0.001), loss="mse")
        rng = np.random.default_rng(1)
        images = rng.normal(size=(3, side, side, 3)).astype(np.float32)
        model.train_on_batch(images, rng.normal(size=(3, 2)).astype(np.float32))
        models.append(
            {
                variable.path.split("/", 1)[-1]: variable.numpy()
                for variable in model.trainable_variables
            }
        )
    plain, folded = models
    assert len(plain) == len(folded)
    for (name, one), other in zip(plain.items(), folded.values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4, err_msg=name)
