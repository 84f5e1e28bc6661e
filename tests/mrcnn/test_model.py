"""The whole model: it learns, and it says the same however it is asked."""

import keras
import numpy as np
import pytest
from scenes import SmallConfig, scene, whole_mask

from mrcnn.data import Batches
from mrcnn.masks import paste
from mrcnn.model import MaskRCNN


@pytest.fixture(scope="module")
def scenes():
    rng = np.random.default_rng(0)
    return [scene(rng) for _ in range(8)]


@pytest.fixture(scope="module")
def trained(scenes):
    keras.utils.set_random_seed(0)
    config = SmallConfig()
    model = MaskRCNN("training", config)
    model.compile(keras.optimizers.AdamW(3e-3, global_clipnorm=5.0))
    batches = Batches(scenes, 8, config.MAX_GT_INSTANCES)
    history = model.fit(batches, epochs=150, shuffle=False, verbose=0)
    return model, history.history


def test_all_losses_are_reported_and_fall(trained):
    _, history = trained
    assert set(history) == {
        "loss",
        "rpn_class_loss",
        "rpn_bbox_loss",
        "mrcnn_class_loss",
        "mrcnn_bbox_loss",
        "mrcnn_mask_loss",
    }
    parts = sum(np.array(history[name]) for name in history if name != "loss")
    np.testing.assert_allclose(history["loss"], parts, rtol=1e-4)
    assert np.mean(history["loss"][-5:]) < 0.25 * history["loss"][0]


def test_it_finds_what_it_has_seen(trained, scenes):
    model, _ = trained
    matched = 0
    for sample, found in zip(scenes, model.find([s["image"] for s in scenes]), strict=True):
        for j, class_id in enumerate(sample["classes"]):
            truth = whole_mask(sample, j)
            for i in np.flatnonzero(found["class_ids"] == class_id):
                (y1, x1, y2, x2), pixels = paste(found["masks"][i], found["boxes"][i], truth.shape)
                drawn = np.zeros_like(truth)
                drawn[y1:y2, x1:x2] = pixels
                if (truth & drawn).sum() / (truth | drawn).sum() > 0.5:
                    matched += 1
                    break
    assert matched >= 12  # of 16


def test_detections_are_sorted_and_inside_the_window(trained, scenes):
    model, _ = trained
    images = [s["image"] for s in scenes]
    for found in model.find(images, windows=[[0, 0, 40, 64]] * len(images)):
        assert (np.diff(found["scores"]) <= 0).all()
        assert (found["boxes"] >= 0).all() and (found["boxes"][:, 2] <= 40).all()
        assert ((found["masks"] >= 0) & (found["masks"] <= 1)).all()


def test_batch_size_changes_nothing(trained, scenes):
    model, _ = trained
    images = [s["image"] for s in scenes[:5]]
    for a, b in zip(model.find(images), model.find(images, batch_size=2), strict=True):
        np.testing.assert_allclose(a["boxes"], b["boxes"], atol=0.01)
        np.testing.assert_allclose(a["scores"], b["scores"], atol=1e-4)


def test_weights_survive_saving(trained, scenes, tmp_path):
    model, _ = trained
    model.save_weights(tmp_path / "model.weights.h5")
    other = MaskRCNN("inference", model.config)
    other.load_weights(tmp_path / "model.weights.h5")
    images = [scenes[0]["image"]]
    for a, b in zip(model.find(images)[0].values(), other.find(images)[0].values(), strict=True):
        np.testing.assert_array_equal(a, b)
