"""Batch normalisation in training, with its gradient written out."""

from keras import ops


def normalise_batch(inputs, layer):
    """What `layer`, a `BatchNormalization`, does in training, at half the cost.

    Derived step by step, the gradient passes over the map some ten times; in closed form it is
    one affine function per channel of the map and of the gradient that comes in (Ioffe and
    Szegedy, 2015, arXiv:1502.03167, section 3).

    Args:
        inputs: float `(N, h, w, C)`.
        layer: its moving statistics are updated.

    Returns:
        The same shape, in the layer's compute dtype.
    """
    values = ops.cast(inputs, "float32")
    axes = tuple(range(len(inputs.shape) - 1))
    count = ops.cast(ops.prod(ops.shape(values)[:-1]), "float32")
    mean, variance = ops.moments(ops.stop_gradient(values), axes)
    for statistic, value in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        statistic.assign(statistic * layer.momentum + value * (1.0 - layer.momentum))
    inverse = ops.rsqrt(variance + layer.epsilon)

    @ops.custom_gradient
    def normalise(values, gamma, beta):
        scale = gamma * inverse

        def gradient(*arguments, upstream=None):
            upstream = arguments[0] if upstream is None else upstream
            of_beta = ops.sum(upstream, axes)
            of_gamma = (ops.sum(upstream * values, axes) - mean * of_beta) * inverse
            slope = scale * inverse * of_gamma / count
            offset = slope * mean - scale * of_beta / count
            return scale * upstream - slope * values + offset, of_gamma, of_beta

        return values * scale + (beta - mean * scale), gradient

    gamma = ops.cast(layer.gamma, "float32") if layer.scale else ops.ones_like(mean)
    beta = ops.cast(layer.beta, "float32") if layer.center else ops.zeros_like(mean)
    return ops.cast(normalise(values, gamma, beta), layer.compute_dtype)
