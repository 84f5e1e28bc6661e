"""The original's methods, as its users call them."""

import re

import numpy as np
import pytest
from scenes import SIDE, SmallConfig, scene, whole_mask

from mrcnn.errors import ModelError
from mrcnn.model import MaskRCNN
from mrcnn.utils import Dataset, generate_pyramid_anchors


class Scenes(Dataset):
    """Four of the scenes."""

    def __init__(self):
        super().__init__()
        rng = np.random.default_rng(0)
        self.scenes = [scene(rng) for _ in range(4)]
        for class_id, name in enumerate(("disc", "square"), 1):
            self.add_class("scenes", class_id, name)
        for number in range(4):
            self.add_image("scenes", number, path=None)
        self.prepare()

    def load_image(self, image_id):
        return self.scenes[image_id]["image"]

    def load_mask(self, image_id):
        sample = self.scenes[image_id]
        masks = [whole_mask(sample, i) for i in range(2)]
        return np.stack(masks, axis=-1), sample["classes"]


class TrainingConfig(SmallConfig):
    NAME = "scenes"
    STEPS_PER_EPOCH = 1
    VALIDATION_STEPS = 1


@pytest.fixture(scope="module")
def model():
    return MaskRCNN("inference", SmallConfig())


def test_a_resumed_training_has_the_learning_rate_that_it_is_given(tmp_path, capsys):
    data, config = Scenes(), TrainingConfig()
    model = MaskRCNN("training", config, tmp_path)
    model.train(data, data, 1e-3, epochs=1, layers="heads")
    assert f"from epoch 1 to 1, checkpoints: {tmp_path}" in capsys.readouterr().out
    again = MaskRCNN("training", config, tmp_path)
    again.load_weights(again.find_last(), by_name=True)
    again.train(data, data, np.float32(1e-4), epochs=2, layers="heads")
    assert float(again.optimizer.learning_rate) == pytest.approx(1e-4)
    assert int(again.optimizer.iterations) == 2
    with pytest.raises(ModelError, match="No layer is called 'head'"):
        again.train(data, data, 1e-4, epochs=3, layers="head")


def test_a_data_set_that_is_not_prepared(tmp_path):
    model = MaskRCNN("training", TrainingConfig(), tmp_path)
    with pytest.raises(ModelError, match=r"call its `prepare\(\)`"):
        model.train(Dataset(), Dataset(), 1e-3, epochs=1)


@pytest.mark.parametrize(
    "images, message",
    [
        ([np.zeros((SIDE, SIDE, 4), np.uint8)], r"of RGBA take image\[..., :3\]"),
        ([np.zeros((SIDE, SIDE), np.uint8)], r"Received \(64, 64\)"),
        (np.zeros((SIDE, SIDE, 3), np.uint8), "must come in a list"),
        ([None], "Received None"),
    ],
)
def test_images_that_cannot_be_detected_in(model, images, message):
    with pytest.raises(ModelError, match=message):
        model.detect(images)


def test_detect_prints_what_it_sees_if_asked(model, capsys):
    model.detect([np.zeros((60, 100, 3), np.uint8)])
    assert not capsys.readouterr().out
    model.detect([np.zeros((60, 100, 3), np.uint8)], verbose=1)
    said = capsys.readouterr().out
    assert re.search(r"image +shape \(60, 100, 3\)", said)
    assert re.search(r"input +shape \(64, 64, 3\)", said)


def test_sizes_that_do_not_fit_the_pyramid():
    with pytest.raises(ValueError, match=r"`IMAGE_MAX_DIM` must be a multiple of 64.*Received 100"):
        SmallConfig(IMAGE_MAX_DIM=100)
    model = MaskRCNN("inference", SmallConfig(IMAGE_RESIZE_MODE="none"))
    with pytest.raises(ModelError, match="60 x 100 px: both must be multiples of 64"):
        model.detect([np.zeros((60, 100, 3), np.uint8)])


def test_layers_are_found_by_name_wherever_they_are(model):
    for name in ("conv2", "fpn_p2", "mrcnn_mask", "rpn_model"):
        assert model.keras_model.get_layer(name).name == name
    assert model.get_layer("conv2") in model.get_trainable_layers()
    with pytest.raises(ValueError, match="no_such"):
        model.get_layer("no_such")


def test_anchors_are_the_originals_in_pixels():
    config = SmallConfig(ARCHITECTURE="matterport")
    model = MaskRCNN("inference", config)
    model.get_anchors((SIDE, SIDE, 3))
    shapes = [[SIDE // stride] * 2 for stride in config.BACKBONE_STRIDES]
    expected = generate_pyramid_anchors(
        config.RPN_ANCHOR_SCALES, config.RPN_ANCHOR_RATIOS, shapes, config.BACKBONE_STRIDES, 1
    )
    np.testing.assert_allclose(model.anchors, expected, atol=1e-4)


def test_settings_that_scripts_reckon_with():
    config = SmallConfig(LOSS_WEIGHTS={"mrcnn_mask_loss": 2.0}, DETECTION_MIN_CONFIDENCE=None)
    np.testing.assert_allclose(config.BBOX_STD_DEV * 2.0, [0.2, 0.2, 0.4, 0.4])
    np.testing.assert_allclose(config.MEAN_PIXEL / 255.0, 0.5)
    found = MaskRCNN("inference", config).detect([scene(np.random.default_rng(0))["image"]])
    assert found[0]["masks"].shape[:2] == (SIDE, SIDE)
