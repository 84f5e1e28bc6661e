"""Models that share sections, and grids of them."""

import copy

import pytest
import yaml

import configuration
import variants


@pytest.fixture(scope="module")
def schema(root):
    return configuration.load_schema(root / "workflow" / "schemas" / "config.schema.yaml")


@pytest.fixture
def config():
    return yaml.safe_load("""
        dataset: demo
        sources:
          - {format: demo, images: 20}
        inputs:
          small: {size: 64}
          large: {size: 128}
        common:
          input: small
          architecture: {alpha: 0.35, pyramid_channels: 16}
          training: {epochs: 3}
          seeds: [0, 1]
        models:
          plain: {}
          wide:
            input: large
            architecture: {alpha: 1.0}
    """)


def models(config, schema):
    assert configuration.problems(config, schema) == []
    return configuration.complete(copy.deepcopy(config), schema)["models"]


def test_a_model_changes_single_values_of_what_is_common(config, schema):
    found = models(config, schema)
    assert [found[name]["input"] for name in ("plain", "wide")] == ["small", "large"]
    assert [found[name]["architecture"]["alpha"] for name in found] == [0.35, 1.0]
    assert {found[name]["architecture"]["pyramid_channels"] for name in found} == {16}
    assert {found[name]["training"]["epochs"] for name in found} == {3}
    assert found["wide"]["seeds"] == [0, 1]
    assert found["wide"]["training"]["optimizer"] == "adamw"


def test_a_sweep_is_a_model_for_each_combination(config, schema):
    config["models"]["plain"]["sweep"] = {
        "training.learning_rate": [0.001, 0.01],
        "architecture.anchor_scales": [[8, 16, 24, 32, 48], [16, 32, 64, 96, 128]],
    }
    found = models(config, schema)
    assert list(found) == [
        "plain-learning_rate~0.001-anchor_scales~8_16_24_32_48",
        "plain-learning_rate~0.001-anchor_scales~16_32_64_96_128",
        "plain-learning_rate~0.01-anchor_scales~8_16_24_32_48",
        "plain-learning_rate~0.01-anchor_scales~16_32_64_96_128",
        "wide",
    ]
    third = found["plain-learning_rate~0.01-anchor_scales~8_16_24_32_48"]
    assert third["training"]["learning_rate"] == 0.01
    assert third["training"]["epochs"] == 3
    assert third["architecture"]["anchor_scales"] == [8, 16, 24, 32, 48]


def test_inputs_and_common_sweeps_can_be_tried(config, schema):
    del config["common"]["input"]
    config["common"]["sweep"] = {"input": ["small", "large"]}
    config["models"] = {"a": {}, "b": {"seeds": [7]}}
    found = models(config, schema)
    assert list(found) == ["a-input~small", "a-input~large", "b-input~small", "b-input~large"]
    assert found["b-input~large"]["input"] == "large"


def test_what_is_spelled_out_stays_as_it_is(config, schema):
    """The report reads the configuration that the run has kept."""
    config["models"]["plain"]["sweep"] = {"architecture.weights": [None, "imagenet"]}
    once = configuration.complete(copy.deepcopy(config), schema)
    assert configuration.problems(once, schema) == []
    assert configuration.complete(copy.deepcopy(once), schema) == once
    assert list(once["models"]) == ["plain-weights~null", "plain-weights~imagenet", "wide"]


MISTAKES = {
    "unknown key in common": (
        ("common", {"inputs": "small"}),
        "common.inputs: unknown key, did you mean input?",
    ),
    "value in common": (
        ("common", {"input": "small", "training": {"epochs": 0}}),
        "common.training.epochs: received 0, expected a whole number from 1",
    ),
    "input nowhere": (
        ("common", {}),
        "models.plain.input: missing: the name of one of the inputs, here or in common",
    ),
    "unknown key of a sweep": (
        ("sweep", {"training.learning_rat": [0.1]}),
        "models.plain.sweep.training.learning_rat: unknown key, did you mean training.learning",
    ),
    "seeds are no part of a sweep": (
        ("sweep", {"seeds": [[0], [1]]}),
        "models.plain.sweep.seeds: unknown key, expected input, architecture.backbone",
    ),
    "no list": (
        ("sweep", {"training.epochs": 3}),
        "models.plain.sweep.training.epochs: received 3, expected a list of one or more different",
    ),
    "nothing to try": (("sweep", {}), "models.plain.sweep: received {}, expected a mapping"),
    "a value out of range": (
        ("sweep", {"training.learning_rate": [0.1, -1]}),
        "models.plain.sweep.training.learning_rate[1]: received -1, expected a number above 0",
    ),
    "a value twice": (
        ("sweep", {"training.epochs": [3, 3]}),
        "models.plain.sweep.training.epochs: received [3, 3], expected a list of one or more diff",
    ),
    "an input that is not there": (
        ("sweep", {"input": ["small", "huge"]}),
        'models.plain-input~huge.input: received "huge", expected one of the inputs: small',
    ),
    "a value that is swept too": (
        ("plain", {"training": {"epochs": 3}, "sweep": {"training.epochs": [3, 4]}}),
        "models.plain.sweep.training.epochs: received together with models.plain.training.epochs",
    ),
    "an empty section beside a sweep of its keys": (
        ("plain", {"training": None, "sweep": {"training.epochs": [3, 4]}}),
        "models.plain.training: received null, expected a mapping",
    ),
    "two models of one name": (
        ("plain-epochs~3", {"input": "large"}),
        "models.plain-epochs~3: plain-epochs~3 is the name of two models; rename one",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_named(name, config, schema):
    (key, value), message = MISTAKES[name]
    if key == "common":
        config["common"] = value
    elif key == "sweep":
        config["models"]["plain"]["sweep"] = value
    else:
        config["models"]["plain"]["sweep"] = {"training.epochs": [3, 4]}
        config["models"][key] = value
    found = configuration.problems(config, schema)
    assert any(message in line for line in found), found


def test_differences_are_what_models_do_not_share(config, schema):
    config["models"]["plain"]["sweep"] = {"training.learning_rate": [0.001, 0.01]}
    assert variants.differences(models(config, schema)) == {
        "plain-learning_rate~0.001": {
            "input": "small",
            "architecture.alpha": "0.35",
            "training.learning_rate": "0.001",
        },
        "plain-learning_rate~0.01": {
            "input": "small",
            "architecture.alpha": "0.35",
            "training.learning_rate": "0.01",
        },
        "wide": {
            "input": "large",
            "architecture.alpha": "1.0",
            "training.learning_rate": "0.001",
        },
    }
