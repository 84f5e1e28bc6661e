"""Boxes, anchors, ROIAlign and masks against what geometry says."""

import copy

import numpy as np
import pytest
from keras import ops

from mrcnn import boxes as box
from mrcnn.anchors import pyramid_anchors
from mrcnn.config import Config
from mrcnn.data import stretch
from mrcnn.masks import paste
from mrcnn.roi_align import pyramid_level, roi_align

CONFIG = Config(ARCHITECTURE="aligned", RPN_ANCHOR_SCALES=(16, 32, 64, 128, 256))


def random_boxes(rng, *shape, side=128):
    low = rng.uniform(0, side - 40, (*shape, 2))
    return np.concatenate([low, low + rng.uniform(4, 40, (*shape, 2))], -1).astype(np.float32)


def test_decode_undoes_encode():
    rng = np.random.default_rng(0)
    boxes, targets = (ops.convert_to_tensor(random_boxes(rng, 50)) for _ in range(2))
    decoded = box.decode(boxes, box.encode(boxes, targets))
    np.testing.assert_allclose(decoded, targets, rtol=1e-4, atol=1e-3)


def test_iou_by_hand():
    a = ops.convert_to_tensor([[0.0, 0, 10, 10]])
    b = ops.convert_to_tensor([[0.0, 5, 10, 15], [20, 20, 30, 30], [0, 0, 10, 10], [3, 3, 3, 9]])
    np.testing.assert_allclose(box.iou(a, b), [1 / 3, 0, 1, 0], atol=1e-6)


def test_anchors_sit_on_cell_centres_with_their_area_and_ratio():
    anchors = pyramid_anchors((64, 128), CONFIG)
    assert anchors.shape == (3 * sum(-(-64 // s) * -(-128 // s) for s in (4, 8, 16, 32, 64)), 4)
    np.testing.assert_allclose(anchors[:3].reshape(3, 2, 2).mean(1), 2.0)
    sides = anchors[:, 2:] - anchors[:, :2]
    np.testing.assert_allclose(sides[:3].prod(1), 16**2, rtol=1e-5)
    np.testing.assert_allclose(sides[:3, 1] / sides[:3, 0], [0.5, 1, 2], rtol=1e-5)


def test_level_grows_with_the_size_of_the_box():
    sides = np.array([8, 27.9, 28, 55.9, 56, 111.9, 112, 223.9, 224, 900], np.float32)
    boxes = np.stack([0 * sides, 0 * sides, sides, sides], -1)[None]
    levels = pyramid_level(ops.convert_to_tensor(boxes), (1024, 1024), CONFIG)
    np.testing.assert_array_equal(levels[0], [2, 2, 2, 2, 3, 3, 4, 4, 5, 5])


@pytest.mark.parametrize("samples", [1, 2])
def test_roi_align_reads_a_linear_image_exactly(samples):
    """Bilinear samples of a plane are the plane: a bin is its value at the bin's centre."""
    config = copy.copy(CONFIG)
    config.ROI_SAMPLING_RATIO = samples
    pyramid = []
    for stride in (4, 8, 16, 32):
        centres = (np.arange(128 // stride) + 0.5) * stride
        rows, columns = np.meshgrid(centres, centres, indexing="ij")
        pyramid.append(np.stack([rows, columns, rows + 2 * columns], -1).astype(np.float32)[None])
    rng = np.random.default_rng(1)
    boxes = random_boxes(rng, 1, 20, side=100) + 16
    boxes = np.minimum(boxes, 110)
    pooled = ops.convert_to_numpy(
        roi_align(
            [ops.convert_to_tensor(p) for p in pyramid],
            ops.convert_to_tensor(boxes),
            (128, 128),
            7,
            config,
        )
    )[0]
    steps = (np.arange(7) + 0.5) / 7
    for values, (y1, x1, y2, x2) in zip(pooled, boxes[0], strict=True):
        rows, columns = y1 + steps * (y2 - y1), x1 + steps * (x2 - x1)
        np.testing.assert_allclose(values[..., 0], np.repeat(rows[:, None], 7, 1), atol=0.01)
        np.testing.assert_allclose(values[..., 1], np.repeat(columns[None], 7, 0), atol=0.01)


@pytest.mark.parametrize("shape", [(20, 31), (56, 56), (90, 17)])
def test_paste_undoes_stretch(shape):
    rng = np.random.default_rng(0)
    rows, columns = np.indices(shape)
    y, x = (rows + 0.5) / shape[0] * 2 - 1, (columns + 0.5) / shape[1] * 2 - 1
    mask = (y**2 + x**2 <= 1) & (y**2 + x**2 > rng.uniform(0.05, 0.2))
    crop, pasted = paste(
        stretch(mask, (56, 56)) / 255, (5, 7, 5 + shape[0], 7 + shape[1]), (99, 99)
    )
    assert crop == (5, 7, 5 + shape[0], 7 + shape[1])
    assert (mask & pasted).sum() / (mask | pasted).sum() > 0.95


def test_paste_cuts_at_the_edge_and_outside_is_empty():
    crop, pasted = paste(np.ones((28, 28)), (-10.5, 90, 10, 120), (100, 100))
    assert crop == (0, 90, 10, 100)
    assert pasted.all()
    crop, pasted = paste(np.ones((28, 28)), (200, 200, 220, 220), (100, 100))
    assert not pasted.size
