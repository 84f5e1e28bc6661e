"""ROIAlign over a feature pyramid (He et al., 2017, section 3; Lin et al., 2017, eq. 1)."""

import math

from keras import ops

from mrcnn import boxes as box
from mrcnn.order import after

_GATHERED = 2**23  # numbers of one image gathered at a time: 32 MiB in float32


def roi_align(pyramid, boxes, image_shape, size, config):
    """Features of each box, from the level that fits the box's size.

    Args:
        pyramid: P2 to P5, float `(B, H, W, C)` each.
        boxes: float32 `(B, N, 4)` in pixels.
        image_shape: `(height, width, ...)` of the padded input in pixels.
        size: P, cells per side.
        config: `Config`. `aligned`: the mean of `ROI_SAMPLING_RATIO` squared bilinear samples per
            cell, pixel centres at half (Detectron2's ROIAlignV2). `matterport`: one sample,
            corner-aligned (the original's `tf.image.crop_and_resize`).

    Returns:
        `(B, N, P, P, C)`.
    """
    channels = pyramid[0].shape[-1]
    batch = ops.shape(boxes)[0]
    heights, widths = ([p.shape[axis] for p in pyramid] for axis in (1, 2))
    sizes = [h * w for h, w in zip(heights, widths, strict=True)]
    starts = [sum(sizes[:i]) for i in range(len(sizes))]

    level = pyramid_level(boxes, image_shape, config) - 2
    height, width, start = (
        ops.take(ops.convert_to_tensor(values, dtype="int32"), level, axis=0)
        for values in (heights, widths, starts)
    )
    rows, row_weights = _samples(boxes[..., 0], boxes[..., 2], height, image_shape[0], size, config)
    columns, column_weights = _samples(
        boxes[..., 1], boxes[..., 3], width, image_shape[1], size, config
    )

    start = start + ops.arange(batch, dtype="int32")[:, None] * sum(sizes)
    index = rows * width[..., None, None]
    index = index[:, :, :, None, :, None] + columns[:, :, None, :, None, :]
    index = index + start[:, :, None, None, None, None]
    weights = row_weights[:, :, :, None, :, None] * column_weights[:, :, None, :, None, :]

    flat = ops.concatenate([ops.reshape(p, (batch, -1, channels)) for p in pyramid], axis=1)
    flat = ops.reshape(flat, (-1, channels))
    return _weighted_sums(flat, index, weights)


def _weighted_sums(table, index, weights):
    """Sums of rows of `table`, some ROIs at a time, forward and backward.

    What is gathered is as many times larger than the result as a cell has taps: for all ROIs at
    once it would be the largest tensor of the network.

    Args:
        table: float `(L, C)`.
        index, weights: int32 and float32 `(B, N, P, P, t, t)`: the rows, and what each counts.

    Returns:
        `(B, N, P, P, C)`, in the dtype of `table`.
    """
    batch, (count, size, _, taps, _) = ops.shape(index)[0], index.shape[1:]
    channels, weights = table.shape[-1], ops.cast(weights, table.dtype)
    step = max(1, _GATHERED // (size**2 * taps**2 * channels))
    chosen = [slice(start, start + step) for start in range(0, count, step)]
    rows = [ops.reshape(index[:, some], (-1, taps**2)) for some in chosen]
    shares = [ops.reshape(weights[:, some], (-1, 1, taps**2)) for some in chosen]

    @ops.custom_gradient
    def pool(table):
        sums = []
        for row, share in zip(rows, shares, strict=True):
            row = after(row, sums[-1]) if sums else row
            gathered = ops.matmul(share, ops.take(table, row, axis=0))
            sums.append(ops.reshape(gathered, (batch, -1, size, size, channels)))

        def gradient(*arguments, upstream=None):
            upstream = arguments[0] if upstream is None else upstream
            total = ops.zeros_like(table)
            for row, share, some in zip(rows, shares, chosen, strict=True):
                spread = after(ops.reshape(upstream[:, some], (-1, 1, channels)), total)
                spread = ops.matmul(ops.transpose(share, (0, 2, 1)), spread)
                spread = ops.reshape(spread, (-1, channels))
                total = total + ops.segment_sum(
                    spread, ops.reshape(row, (-1,)), ops.shape(table)[0]
                )
            return total

        return ops.concatenate(sums, axis=1), gradient

    return pool(table)


def pyramid_level(boxes, image_shape, config):
    """The level, int32 2 to 5, that each box is pooled from."""
    side = ops.sqrt(ops.maximum(ops.nan_to_num(box.area(boxes)), 1e-6))
    if config.is_matterport:
        height, width = image_shape[:2]
        side = side * math.sqrt(height * width / ((height - 1) * (width - 1)))
        rounded = ops.round
    else:
        rounded = ops.floor
    level = 4 + rounded(ops.log(side / config.roi_canonical_size) / math.log(2))
    return ops.cast(ops.clip(level, 2, 5), "int32")


def _samples(low, high, cells, image_side, size, config):
    """Where along one axis the samples lie.

    Returns the neighbouring cells of the samples of each bin, int32 `(B, N, P, taps)`, and
    their weights, which sum to 1 in each bin.
    """
    cells = ops.cast(cells, "float32")
    low, high = low[..., None, None], high[..., None, None]
    if config.is_matterport:
        samples, scale = 1, (cells - 1.0) / (image_side - 1.0)
        steps = ops.arange(size, dtype="float32")[:, None] / (size - 1.0)
        position = (low + steps * (high - low)) * scale[..., None, None]
    else:
        samples, scale = config.ROI_SAMPLING_RATIO, cells / image_side
        steps = (ops.arange(size * samples, dtype="float32") + 0.5) / (size * samples)
        steps = ops.reshape(steps, (size, samples))
        position = (low + steps * (high - low)) * scale[..., None, None] - 0.5
    position = ops.nan_to_num(position)  # so that it is the loss that shows a NaN
    position = ops.minimum(ops.maximum(position, 0.0), cells[..., None, None] - 1.0)
    below = ops.floor(position)
    above = ops.minimum(below + 1.0, cells[..., None, None] - 1.0)
    fraction = position - below
    indices = ops.cast(ops.concatenate([below, above], axis=-1), "int32")
    return indices, ops.concatenate([1.0 - fraction, fraction], axis=-1) / samples
