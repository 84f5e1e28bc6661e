"""Convolutions that take the batch normalisation behind them along.

A normalisation that is not trained is a factor and an offset per channel. Multiplied into the
kernel and the bias it costs next to nothing, while on its own it reads and writes every feature map
once more, and keeps it for the backward pass. Where a layer's maps are smaller than its kernel, as
deep in a backbone, the factor is cheaper on the maps.
"""

import math

import keras
from keras import layers, ops

from mrcnn.normalisation import normalise_batch
from mrcnn.order import after

_CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D)


class NormalisedConvolution(layers.Layer):
    """A convolution and the batch normalisation behind it, as one step unless that one learns.

    Args:
        convolution: `Conv2D` or `DepthwiseConv2D`, without activation.
        normalisation: `BatchNormalization`.
        batch: about how many inputs come at a time, where their shape does not say.
    """

    def __init__(self, convolution, normalisation, batch=1):
        super().__init__(name=f"{convolution.name}_normalised")
        self.convolution, self.normalisation, self.batch = convolution, normalisation, batch
        self.built = True

    def call(self, inputs, training=None, mask=None):
        convolution, normalisation = self.convolution, self.normalisation
        if training and normalisation.trainable:
            outputs = self._convolve(inputs, convolution.kernel)
            if convolution.use_bias:
                outputs = outputs + self._cast(convolution.bias)
            return normalise_batch(outputs, normalisation)
        scale, offset = self._scale_and_offset()
        if self._maps_are_smaller(inputs):
            outputs = self._convolve(inputs, convolution.kernel) * self._cast(scale)
        else:
            scale = after(scale, inputs)  # or all kernels were multiplied before the first is used
            if isinstance(convolution, layers.DepthwiseConv2D):
                scale = ops.reshape(scale, (-1, 1))
            outputs = self._convolve(inputs, convolution.kernel * scale)
        return outputs + self._cast(offset)

    def _maps_are_smaller(self, inputs):
        """Whether the outputs are fewer numbers than the kernel, as far as their size is known."""
        batch, *shape = self.compute_output_shape(inputs.shape)
        kernel = math.prod(self.convolution.kernel.shape)
        return None not in shape and (batch or self.batch) * math.prod(shape) < kernel

    def _convolve(self, inputs, kernel):
        convolution, kernel = self.convolution, self._cast(kernel)
        if isinstance(convolution, layers.DepthwiseConv2D):
            return ops.depthwise_conv(
                inputs,
                kernel,
                convolution.strides,
                convolution.padding,
                convolution.data_format,
                convolution.dilation_rate,
            )
        if convolution.padding == "valid" and inputs.shape[1:] == kernel.shape[:3]:
            return _matmul(inputs, kernel)
        return convolution.convolution_op(inputs, kernel)

    def _scale_and_offset(self):
        normalisation = self.normalisation
        scale = ops.rsqrt(normalisation.moving_variance + normalisation.epsilon)
        offset = -normalisation.moving_mean
        if self.convolution.use_bias:
            offset = offset + self.convolution.bias
        if normalisation.scale:
            scale = scale * normalisation.gamma
        offset = offset * scale
        return scale, offset + normalisation.beta if normalisation.center else offset

    def _cast(self, values):
        return ops.cast(values, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return self.convolution.compute_output_shape(input_shape)


def _matmul(inputs, kernel):
    """A convolution of maps no larger than its kernel, `(N, h, w, C)` to `(N, 1, 1, filters)`."""
    filters = kernel.shape[-1]
    outputs = ops.matmul(
        ops.reshape(inputs, (-1, math.prod(kernel.shape[:3]))), ops.reshape(kernel, (-1, filters))
    )
    return ops.reshape(outputs, (-1, 1, 1, filters))


def fold(model, batch: int = 1) -> keras.Model:
    """The same layers and weights, with each convolution and the normalisation behind it joined.

    Args:
        model: a functional model.
        batch: about how many inputs it is called with at a time.
    """
    before = {}
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            convolution = layer.input._keras_history.operation
            if type(convolution) in _CONVOLUTIONS and len(convolution._outbound_nodes) == 1:
                before[layer.name] = convolution
    joined = {layer.name for layer in before.values()}

    def replacement(layer):
        if layer.name in before:
            return NormalisedConvolution(before[layer.name], layer, batch)
        return layers.Identity(name=f"{layer.name}_input") if layer.name in joined else layer

    return keras.models.clone_model(model, clone_function=replacement)
