"""Suppression is exact: it agrees with a plain greedy loop."""

import numpy as np
import pytest
from keras import ops

from mrcnn import nms


def iou(box, others):
    top_left = np.maximum(box[:2], others[:, :2])
    bottom_right = np.minimum(box[2:], others[:, 2:])
    intersection = np.prod(np.maximum(bottom_right - top_left, 0), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    return intersection / (np.prod(box[2:] - box[:2]) + areas - intersection)


def greedy(boxes, valid, threshold, count):
    kept = []
    for i in np.flatnonzero(valid):
        if not kept or (iou(boxes[i], boxes[kept]) <= threshold).all():
            kept.append(i)
    return (kept + [-1] * count)[:count]


def crowded(rng, count):
    """Jittered boxes around a few objects, as a region proposal network makes them."""
    centres = rng.uniform(20, 200, (15, 2))[rng.integers(0, 15, count)]
    centres += rng.normal(0, 4, (count, 2))
    half = rng.uniform(8, 20, (count, 2))
    return np.hstack([centres - half, centres + half]).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("block", [1000, 64, 20])
def test_equals_greedy_loop(block, seed, monkeypatch):
    monkeypatch.setattr(nms, "_BLOCK", block)
    rng = np.random.default_rng(seed)
    boxes = np.stack([crowded(rng, 150), crowded(rng, 150)])
    valid = rng.uniform(size=(2, 150)) < 0.8
    kept = nms.non_max_suppression(*map(ops.convert_to_tensor, (boxes, valid)), 0.5, 60)
    expected = [greedy(b, v, 0.5, 60) for b, v in zip(boxes, valid, strict=True)]
    np.testing.assert_array_equal(ops.convert_to_numpy(kept), expected)


def test_a_chain_of_boxes_takes_many_rounds():
    start = np.arange(50, dtype=np.float32) * 4
    boxes = np.stack([start, 0 * start, start + 10, 0 * start + 10], axis=-1)[None]
    valid = ops.ones((1, 50), dtype="bool")
    kept = nms.non_max_suppression(ops.convert_to_tensor(boxes), valid, 0.3, 50)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(kept)[0], greedy(boxes[0], np.ones(50, bool), 0.3, 50)
    )
