"""Targets against the rules of the papers, one object at a time in NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from mrcnn import boxes as box
from mrcnn import targets
from mrcnn.anchors import pyramid_anchors
from mrcnn.config import Config
from mrcnn.data import stretch

CONFIG = Config(
    ARCHITECTURE="aligned",
    RPN_ANCHOR_SCALES=(16, 32, 64, 96, 128),
    RPN_TRAIN_ANCHORS_PER_IMAGE=64,
    TRAIN_ROIS_PER_IMAGE=40,
)
ANCHORS = pyramid_anchors((128, 128), CONFIG)
BOXES = np.array([[[10, 10, 40, 40], [60, 60, 70, 120], [0, 90, 30, 128], [0] * 4]], np.float32)
CLASSES = np.array([[2, 1, -1, 0]], np.int32)  # an object each, a crowd, an empty slot


@pytest.fixture
def seed():
    return keras.random.SeedGenerator(0)


def pairwise(a, b):
    return ops.convert_to_numpy(
        box.iou(ops.convert_to_tensor(a)[:, None], ops.convert_to_tensor(b)[None])
    )


def test_rpn_targets_follow_the_rules(seed):
    match, deltas = (
        ops.convert_to_numpy(x)[0]
        for x in targets.rpn_targets(
            ops.convert_to_tensor(ANCHORS),
            ops.convert_to_tensor(BOXES),
            ops.convert_to_tensor(CLASSES),
            CONFIG,
            seed,
        )
    )
    iou = pairwise(ANCHORS, BOXES[0, :2])
    best = (iou == iou.max(0)).any(1)
    crowd = pairwise(ANCHORS, BOXES[0, 2:3])[:, 0] > 0.001
    assert ((iou.max(1) >= 0.7) | best)[match == 1].all()
    assert match[best].min() == 1, "each object keeps its best anchor"
    assert (iou.max(1) < 0.3)[match == -1].all()
    assert not crowd[match == -1].any()
    assert (match == 1).sum() <= 32
    assert (match != 0).sum() == 64
    decoded = box.decode(
        ops.convert_to_tensor(ANCHORS[match == 1]),
        ops.convert_to_tensor(deltas[match == 1] * np.array(CONFIG.RPN_BBOX_STD_DEV, np.float32)),
    )
    np.testing.assert_allclose(decoded, BOXES[0][iou[match == 1].argmax(1)], atol=0.01)


def test_an_image_without_objects_trains_negatives_only(seed):
    match, _ = targets.rpn_targets(
        ops.convert_to_tensor(ANCHORS),
        ops.zeros((1, 4, 4)),
        ops.zeros((1, 4), dtype="int32"),
        CONFIG,
        seed,
    )
    values, counts = np.unique(ops.convert_to_numpy(match), return_counts=True)
    assert dict(zip(values.tolist(), counts.tolist(), strict=True))[-1] == 64
    assert 1 not in values


def test_roi_targets_follow_the_rules(seed):
    rng = np.random.default_rng(0)
    jitter = np.repeat(BOXES[0, :2], 30, 0) + rng.normal(0, 4, (60, 4))
    far = rng.uniform(0, 100, (60, 2))
    proposals = np.concatenate([jitter, np.hstack([far, far + 20]), np.zeros((5, 4))])
    drawn = {
        name: ops.convert_to_numpy(value)[0]
        for name, value in targets.roi_targets(
            ops.convert_to_tensor(proposals[None].astype(np.float32)),
            ops.convert_to_tensor(BOXES),
            ops.convert_to_tensor(CLASSES),
            CONFIG,
            seed,
        ).items()
    }
    iou = pairwise(drawn["rois"], BOXES[0, :2])
    positive = drawn["class_ids"] > 0
    assert positive.any() and not positive[13:].any(), "positives take the first third"
    assert (iou.max(1)[positive] >= 0.5).all()
    assert (iou.max(1)[drawn["class_ids"] == 0] < 0.5).all()
    np.testing.assert_array_equal(drawn["objects"][positive], iou[positive].argmax(1))
    np.testing.assert_array_equal(
        drawn["class_ids"][positive], CLASSES[0][drawn["objects"][positive]]
    )


def test_mask_targets_show_the_object_where_the_roi_is():
    rows, columns = np.indices((40, 30))
    disc = ((rows - 20) / 20) ** 2 + ((columns - 15) / 15) ** 2 <= 1
    frame = np.array([[[10, 20, 50, 50]]], np.float32)
    rois = np.array([[[10, 20, 50, 50], [0, 10, 60, 60], [30, 20, 50, 50]]], np.float32)
    found = ops.convert_to_numpy(
        targets.mask_targets(
            ops.convert_to_tensor(rois),
            ops.zeros((1, 3), dtype="int32"),
            ops.convert_to_tensor(frame),
            ops.convert_to_tensor(stretch(disc, (56, 56))[None, None]),
            (28, 28),
        )
    )[0]
    canvas = np.zeros((60, 60), bool)
    canvas[10:50, 20:50] = disc
    for roi, target in zip(rois[0], found, strict=True):
        steps = (np.arange(28) + 0.5) / 28
        ys, xs = ((roi[i] + steps * (roi[i + 2] - roi[i])).astype(int) for i in (0, 1))
        assert (target == canvas[np.ix_(ys, xs)]).mean() > 0.97
