"""When something is computed: frameworks run at once whatever they can, and keep the results."""

from keras import ops


def after(values, done):
    """The same `values`, but not before the tensor `done` is known."""
    waited = ops.cast(ops.reshape(done, (-1,))[0] > 0, values.dtype)
    return values + 0 * waited
