"""Boxes as tensors: `[y1, x1, y2, x2]` in pixels of the padded input, half-open, float32."""

from keras import ops


def area(boxes):
    """Areas, shape `boxes.shape[:-1]`, of boxes `(..., 4)`; 0 for an inverted box."""
    sides = ops.maximum(boxes[..., 2:] - boxes[..., :2], 0.0)
    return sides[..., 0] * sides[..., 1]


def iou(boxes, others):
    """Intersection over union of boxes `(..., 4)` with boxes that broadcast against them.

    For all pairs of `(B, N, 4)` and `(B, M, 4)` pass `boxes[:, :, None]` and
    `others[:, None]`: the result is `(B, N, M)`. Two empty boxes have IoU 0.
    """
    y1, x1, y2, x2 = (boxes[..., i] for i in range(4))
    other_y1, other_x1, other_y2, other_x2 = (others[..., i] for i in range(4))
    # One coordinate at a time: an axis of length 2 at the end would cost three times as much.
    height = ops.minimum(y2, other_y2) - ops.maximum(y1, other_y1)
    width = ops.minimum(x2, other_x2) - ops.maximum(x1, other_x1)
    intersection = ops.maximum(height, 0.0) * ops.maximum(width, 0.0)
    union = area(boxes) + area(others) - intersection
    return intersection / ops.maximum(union, 1e-6)


def decode(boxes, deltas, deviations=(1.0,) * 4):
    """Move and scale `boxes` by `deltas` `(dy, dx, log dh, log dw)` (Girshick et al., 2014).

    The deltas are in units of `deviations`. The log sizes are capped at log(1000 / 16), so that
    a wild delta cannot overflow.
    """
    deltas = deltas * ops.convert_to_tensor(deviations, dtype="float32")
    size = boxes[..., 2:] - boxes[..., :2]
    centre = boxes[..., :2] + 0.5 * size
    centre = centre + deltas[..., :2] * size
    size = size * ops.exp(ops.minimum(deltas[..., 2:], 4.135))
    return ops.concatenate([centre - 0.5 * size, centre + 0.5 * size], axis=-1)


def encode(boxes, targets, deviations=(1.0,) * 4):
    """The deltas that `decode` needs to turn `boxes` into `targets`."""
    size = ops.maximum(boxes[..., 2:] - boxes[..., :2], 1e-3)
    target_size = ops.maximum(targets[..., 2:] - targets[..., :2], 1e-3)
    shift = targets[..., :2] + 0.5 * target_size - boxes[..., :2] - 0.5 * size
    deltas = ops.concatenate([shift / size, ops.log(target_size / size)], axis=-1)
    return deltas / ops.convert_to_tensor(deviations, dtype="float32")


def clip(boxes, window):
    """Clip boxes `(B, N, 4)` to windows `(B, 4)` or to one window `(4,)`."""
    window = ops.cast(window, boxes.dtype)
    low = window[..., None, :2] if len(window.shape) > 1 else window[:2]
    high = window[..., None, 2:] if len(window.shape) > 1 else window[2:]
    corners = [boxes[..., :2], boxes[..., 2:]]
    return ops.concatenate([ops.minimum(ops.maximum(c, low), high) for c in corners], axis=-1)
