"""The configuration offers what the library has, and a model of it is built and trained alike."""

import keras
import numpy as np
import pytest

import configuration
import network
from mrcnn.backbones import BACKBONES
from mrcnn.errors import ModelError

SMALL = {
    "pyramid_channels": 8,
    "box_head_channels": 8,
    "mask_head_channels": 8,
    "mask_head_convolutions": 1,
    "proposals": 20,
}


@pytest.fixture(scope="module")
def schema(root):
    return configuration.load_schema(root / "workflow" / "schemas" / "config.schema.yaml")


def completed(schema, **architecture):
    config = {
        "dataset": "demo",
        "sources": [{"format": "demo", "images": 20}],
        "inputs": {"small": {"size": 64}},
        "models": {"one": {"input": "small", "architecture": {**SMALL, **architecture}}},
    }
    assert not configuration.problems(config, schema)
    return configuration.complete(config, schema)["models"]["one"]["architecture"]


def test_every_backbone_of_the_library_can_be_chosen(schema):
    assert schema["$defs"]["architecture"]["properties"]["backbone"]["enum"] == list(BACKBONES)


def test_a_backbone_starts_from_the_users_file(schema, tmp_path):
    published = keras.applications.MobileNetV3Small(
        (64, 64, 3), alpha=0.75, include_top=False, weights=None, include_preprocessing=False
    )
    path = str(tmp_path / "published.weights.h5")
    published.save_weights(path)
    settings = {"backbone": "mobilenet_v3_small", "alpha": 0.75, "weights": path}
    model = network.build(completed(schema, **settings), 64, 3, ["nut"])
    for ours, theirs in zip(model.backbone.get_weights(), published.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)

    settings["alpha"] = 1.0
    with pytest.raises(ModelError, match=r"published.*MobileNetV3Small\(.*alpha=1.0"):
        network.build(completed(schema, **settings), 64, 3, ["nut"])
