"""Greedy non-maximum suppression with static shapes, exact, batched."""

from keras import ops

from mrcnn import boxes as box

_FIXED_POINT_LIMIT = 2000  # beyond, its N x N matrix costs more than going box by box


def non_max_suppression(boxes, scores, valid, threshold, max_output):
    """Indices of the boxes that greedy suppression keeps, best first.

    Args:
        boxes: float32 `(B, N, 4)`, sorted by descending score.
        scores: float32 `(B, N)`.
        valid: bool `(B, N)`: which boxes take part.
        threshold: a box whose IoU with a better kept box is larger goes.
        max_output: K, the number of indices per image.

    Returns:
        int32 `(B, K)`: indices into N, -1 after the last.
    """
    if boxes.shape[1] <= _FIXED_POINT_LIMIT:
        return _by_fixed_point(boxes, valid, threshold, max_output)
    return _one_by_one(boxes, scores, valid, threshold, max_output)


def _by_fixed_point(boxes, valid, threshold, max_output):
    """Suppression only runs from better to worse boxes, so its fixed point is unique."""
    count = boxes.shape[1]
    order = ops.arange(count)
    better = order[:, None] < order[None, :]
    suppresses = (box.iou(boxes[:, :, None], boxes[:, None]) > threshold) & better
    suppresses = ops.cast(suppresses, "float32")
    alive = ops.cast(valid, "float32")

    def changed(_, keep, before):
        return ops.any(keep != before)

    def step(i, keep, _):
        hit = ops.squeeze(ops.matmul(keep[:, None, :], suppresses), 1)
        return i + 1, alive * ops.cast(hit == 0, "float32"), keep

    _, keep, _ = ops.while_loop(changed, step, (0, alive, alive - 1.0), maximum_iterations=count)
    return first_indices(keep > 0, max_output)


def first_indices(keep, max_output):
    """Indices of the first `max_output` True entries of bool `(B, N)`; -1 after the last."""
    count = keep.shape[1]
    rank = ops.where(keep, count - ops.arange(count)[None], 0)
    rank, indices = ops.top_k(rank, min(max_output, count))
    indices = ops.where(rank > 0, ops.cast(indices, "int32"), -1)
    return ops.pad(indices, [(0, 0), (0, max(0, max_output - count))], constant_values=-1)


def _one_by_one(boxes, scores, valid, threshold, max_output):
    batch, count = ops.shape(scores)
    gone = -1e9
    scores = ops.where(valid, scores, gone)
    slots = ops.arange(max_output)[None]

    def unfinished(i, scores, _):
        return (i < max_output) & ops.any(scores > gone)

    def step(i, scores, indices):
        best = ops.cast(ops.argmax(scores, axis=1), "int32")
        alive = ops.max(scores, axis=1) > gone
        winner = ops.take_along_axis(boxes, best[:, None, None], axis=1)
        beaten = (box.iou(boxes, winner) > threshold) | ops.cast(ops.one_hot(best, count), "bool")
        indices = ops.where(slots == i, ops.where(alive, best, -1)[:, None], indices)
        return i + 1, ops.where(beaten, gone, scores), indices

    indices = ops.full((batch, max_output), -1, dtype="int32")
    return ops.while_loop(unfinished, step, (0, scores, indices))[2]
