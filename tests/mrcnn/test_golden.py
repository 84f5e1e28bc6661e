"""Every stage against values that the original code computed, fed with the stage before."""

import json
from pathlib import Path

import numpy as np
import pytest
from keras import ops

from mrcnn.anchors import pyramid_anchors
from mrcnn.config import Config
from mrcnn.detections import detect
from mrcnn.model import MaskRCNN
from mrcnn.rpn import propose
from mrcnn.weights import load

GOLDEN = Path(__file__).parents[2] / ".." / "shared" / "golden"
pytestmark = pytest.mark.skipif(not GOLDEN.exists(), reason="no golden values beside the project")
SHAPE = (256, 256)


@pytest.fixture(scope="module")
def golden():
    return np.load(GOLDEN / "matterport_r50_4c.npz")


@pytest.fixture(scope="module")
def model():
    stored = json.loads((GOLDEN / "matterport_r50_4c.config.json").read_text())
    settings = {name: value for name, value in stored.items() if name in Config.names()}
    config = Config(**settings, ARCHITECTURE="matterport")
    model = MaskRCNN("inference", config)
    account = load(model, GOLDEN / "matterport_r50_4c.h5")
    assert not account.unused
    assert account.parameters("loaded") == 44_673_706
    return model


def near(actual, expected):
    actual = ops.convert_to_numpy(actual)
    np.testing.assert_allclose(actual, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def nearest_rows(actual, expected):
    return np.abs(actual[None] - expected[:, None]).sum(-1).argmin(1)


def assert_same_rows(actual, expected):
    actual = ops.convert_to_numpy(actual)
    rows = nearest_rows(actual, expected)
    assert len(set(rows)) == len(rows)
    near(actual[rows], expected)


def pixels(normalised):
    """Normalised boxes in the pixels that the model uses inside."""
    return normalised * (np.array(SHAPE * 2, np.float32) - 1)


def test_anchors(golden, model):
    near(pyramid_anchors(SHAPE, model.config), pixels(golden["anchors"]))
    near(model.get_anchors(SHAPE), np.reshape(golden["anchors"], (-1, 4)))


def test_pyramid(golden, model):
    images = golden["molded"] + np.array(model.config.MEAN_PIXEL, np.float32)
    pyramid = model.features(images)
    near(pyramid[0][:, ::4, ::4, ::8], golden["out/fpn_p2"])
    near(pyramid[1][:, ::4, ::4, ::8], golden["out/fpn_p3"])
    for level in (4, 5, 6):
        near(pyramid[level - 2], golden[f"out/fpn_p{level}"])
    logits, deltas = model.region_proposals(pyramid)
    near(ops.softmax(logits), golden["out/rpn_class"])
    near(deltas, golden["out/rpn_bbox"])


def test_proposals(golden, model):
    scores, deltas, anchors = (
        ops.convert_to_tensor(values)
        for values in (
            golden["out/rpn_class"][..., 1],
            golden["out/rpn_bbox"],
            pixels(golden["anchors"]),
        )
    )
    proposals = propose(scores, deltas, anchors, model.window(SHAPE), model.config, 300)
    assert_same_rows(proposals[0], pixels(golden["out/ROI"])[0])  # equal scores, free order


def test_box_head_on_golden_rois(golden, model):
    images = golden["molded"] + np.array(model.config.MEAN_PIXEL, np.float32)
    rois = ops.convert_to_tensor(pixels(golden["out/ROI"]))
    logits, deltas = model.classify(model.features(images), rois, SHAPE)
    near(logits, golden["out/mrcnn_class_logits"])
    near(deltas, golden["out/mrcnn_bbox"])


def test_detections(golden, model):
    found = detect(
        ops.convert_to_tensor(pixels(golden["out/ROI"])),
        ops.convert_to_tensor(golden["out/mrcnn_class"]),
        ops.convert_to_tensor(golden["out/mrcnn_bbox"]),
        golden["windows"][0] - [0, 0, 1, 1],
        model.config,
    )
    expected = golden["out/mrcnn_detection"][0].copy()
    expected[:, :4] = pixels(expected[:, :4])
    actual = [ops.convert_to_numpy(found[name])[0] for name in ("boxes", "class_ids", "scores")]
    near(np.column_stack(actual), expected)


def test_masks(golden, model):
    images = golden["molded"] + np.array(model.config.MEAN_PIXEL, np.float32)
    boxes = ops.convert_to_tensor(pixels(golden["out/mrcnn_detection"][..., :4]))
    masks = ops.sigmoid(model.segment(model.features(images), boxes, SHAPE))
    near(masks, golden["out/mrcnn_mask"])


def test_the_whole_way(golden, model):
    found = model.detect([golden["image"]])[0]
    shape = tuple(golden["det_masks_shape"])
    expected = np.unpackbits(golden["det_masks"])[: np.prod(shape)].reshape(shape).astype(bool)
    assert found["masks"].shape == shape and found["masks"].dtype == bool
    np.testing.assert_array_equal(found["class_ids"], golden["det_class_ids"])
    np.testing.assert_allclose(found["scores"], golden["det_scores"], atol=1e-3)
    np.testing.assert_allclose(found["rois"], golden["det_rois"], atol=1)
    both = (found["masks"] & expected).sum((0, 1))
    either = (found["masks"] | expected).sum((0, 1))
    assert (both >= 0.98 * either).all()
