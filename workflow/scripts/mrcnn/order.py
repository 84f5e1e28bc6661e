"""When something is computed: frameworks run at once whatever they can, and keep the results."""

import keras
from keras import ops


def after(values, done):
    """The same `values`, but not before the tensor `done` is known."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.identity_n([values, tf.stop_gradient(done)])[0]
    waited = ops.cast(ops.reshape(done, (-1,))[0] > 0, values.dtype)
    return values + 0 * waited
