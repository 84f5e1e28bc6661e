"""Greedy non-maximum suppression with static shapes, exact, batched."""

from keras import ops

from mrcnn import boxes as box

_BLOCK = 1000  # boxes whose overlaps are looked at together


def non_max_suppression(boxes, valid, threshold, max_output):
    """Indices of the boxes that greedy suppression keeps, best first.

    Block after block, from the best boxes down, until enough are kept: each box is compared with
    those kept before, and with the better ones of its own block.

    Args:
        boxes: float32 `(B, N, 4)`, sorted by descending score.
        valid: bool `(B, N)`: which boxes take part.
        threshold: a box whose IoU with a better kept box is larger goes.
        max_output: K, the number of indices per image.

    Returns:
        int32 `(B, K)`: indices into N, -1 after the last.
    """
    count, batch = boxes.shape[1], ops.shape(boxes)[0]
    size = min(count, _BLOCK)
    blocks = -(-count // size)
    padding = blocks * size - count
    boxes = ops.pad(boxes, [(0, 0), (0, padding), (0, 0)])
    valid = ops.cast(ops.pad(valid, [(0, 0), (0, padding)]), "float32")
    boxes_of_blocks = ops.reshape(boxes, (batch, blocks, size, 4))
    valid_of_blocks = ops.reshape(valid, (batch, blocks, size))

    def unfinished(i, keep):
        return (i < blocks) & ops.any(ops.sum(keep, axis=(1, 2)) < max_output)

    def step(i, keep):
        block = ops.take(boxes_of_blocks, i, axis=1)
        kept = first_indices(ops.reshape(keep, (batch, blocks * size)) > 0, max_output)
        better = ops.take_along_axis(boxes, ops.maximum(kept, 0)[:, :, None], axis=1)
        overlaps = box.iou(better[:, :, None], block[:, None]) > threshold
        beaten = ops.any(overlaps & (kept >= 0)[:, :, None], axis=1)
        alive = ops.where(beaten, 0.0, ops.take(valid_of_blocks, i, axis=1))
        alive = _by_fixed_point(block, alive, threshold)
        here = ops.reshape(ops.arange(blocks) == i, (1, blocks, 1))
        return i + 1, ops.where(here, alive[:, None], keep)

    keep = _by_fixed_point(boxes_of_blocks[:, 0], valid_of_blocks[:, 0], threshold)
    keep = ops.pad(keep[:, None], [(0, 0), (0, blocks - 1), (0, 0)])
    if blocks > 1:
        start = ops.convert_to_tensor(1, dtype="int32")
        _, keep = ops.while_loop(unfinished, step, (start, keep))
    return first_indices(ops.reshape(keep, (batch, blocks * size)) > 0, max_output)


def _by_fixed_point(boxes, alive, threshold):
    """Suppression only runs from better to worse boxes, so its fixed point is unique."""
    count = boxes.shape[1]
    order = ops.arange(count)
    better = order[:, None] < order[None, :]
    suppresses = (box.iou(boxes[:, :, None], boxes[:, None]) > threshold) & better
    suppresses = ops.cast(suppresses, "float32")

    def changed(_, keep, before):
        return ops.any(keep != before)

    def step(i, keep, _):
        hit = ops.squeeze(ops.matmul(keep[:, None, :], suppresses), 1)
        return i + 1, alive * ops.cast(hit == 0, "float32"), keep

    return ops.while_loop(changed, step, (0, alive, alive - 1.0), maximum_iterations=count)[1]


def first_indices(keep, max_output):
    """Indices of the first `max_output` True entries of bool `(B, N)`; -1 after the last."""
    count = keep.shape[1]
    rank = ops.where(keep, count - ops.arange(count)[None], 0)
    rank, indices = ops.top_k(rank, min(max_output, count))
    indices = ops.where(rank > 0, ops.cast(indices, "int32"), -1)
    return ops.pad(indices, [(0, 0), (0, max(0, max_output - count))], constant_values=-1)
