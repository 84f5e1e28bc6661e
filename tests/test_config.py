"""A configuration with a mistake is refused at start, in one line that says what to do."""

import copy
import re
import subprocess
import sys

import pytest
import yaml
from splitting import SETTINGS

import configuration
from configuration import command_line, syntax


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
        models:
          first: {input: small}
    """)


def edit(config: dict, place: str, value):
    """Set the value at a path such as `models.first.training.epochs`; `...` removes it.

    Without a path, set several sections.
    """
    if not place:
        config.update(value)
        return
    *keys, last = [int(key) if key.isdigit() else key for key in place.split(".")]
    for key in keys:
        config = config[key] if isinstance(config, list) else config.setdefault(key, {})
    if value is ...:
        del config[last]
    else:
        config[last] = value


MISTAKES = {
    "missing section": ("models", ..., "models: missing: Named models"),
    "unknown section": ("evaluaton", {}, "evaluaton: unknown key, did you mean evaluation?"),
    "unknown key": (
        "models.first.training.epoch",
        3,
        "models.first.training.epoch: unknown key, did you mean epochs?",
    ),
    "unknown key, none near": (
        "prediction.xyz",
        3,
        "prediction.xyz: unknown key, expected min_score, nms_threshold, max_detections, "
        "window, overlap or jobs",
    ),
    "nothing in a section": ("evaluation", None, "evaluation: received null, expected a mapping"),
    "dataset is a number": ("dataset", 2018, "dataset: received 2018, expected a text of letters"),
    "dataset with a slash": ("dataset", "a/b", 'dataset: received "a/b", expected a text'),
    "input's name with a space": ("inputs.a b", {}, "inputs.a b: not usable as a name"),
    "model's name is a number": ("models", {1: {"input": "small"}}, "models.1: not usable"),
    "no source": ("sources", [], "sources: received [], expected a list of one or more values"),
    "unknown format": (
        "sources.0.format",
        "nothing",
        'sources[0].format: received "nothing", expected demo, ',
    ),
    "key of another format": (
        "sources.0.folder",
        "x",
        "sources[0].folder: unknown key, expected format or images",
    ),
    "two demos": ("sources", [{"format": "demo"}, {"format": "demo"}], "sources: received several"),
    "key of a source is missing": (
        "sources.0",
        {"format": "masks", "folder": "."},
        "sources[0].class: missing: The class of every object.",
    ),
    "no such file": (
        "sources.0",
        {"format": "coco", "annotations": "no.json", "images": "."},
        "sources[0].annotations: no.json does not exist, expected a file",
    ),
    "no such folder": (
        "sources.0",
        {"format": "coco", "annotations": "a.json", "images": "nowhere"},
        "sources[0].images: nowhere does not exist, expected a folder",
    ),
    "file for a folder": (
        "sources.0",
        {"format": "coco", "annotations": "a.json", "images": "a.json"},
        "sources[0].images: a.json is a file, expected a folder",
    ),
    "folder for a file": (
        "models.first.architecture.weights",
        ".",
        "models.first.architecture.weights: . is a folder, expected null, imagenet or a file",
    ),
    "nothing that tells the format": (
        "sources.0",
        {"images": "."},
        "sources[0].format: missing, expected it, or annotations, labels or a folder that tell it",
    ),
    "format that the files do not tell": (
        "sources.0",
        {"folder": "."},
        "sources[0].format: missing, and no format fits (. has a.json); set it to one of coco",
    ),
    "folder of an unknown format that is not there": (
        "sources.0",
        {"folder": "nowhere"},
        "sources[0].folder: nowhere does not exist, expected a folder",
    ),
    "folder that is no COCO export": (
        "sources.0",
        {"format": "coco", "folder": "."},
        "sources[0].folder: . has no COCO export, expected <split>/_annotations.coco.json",
    ),
    "neither annotations nor folder": (
        "sources.0",
        {"format": "coco", "images": "."},
        "sources[0].annotations: missing: the COCO JSON file, or",
    ),
    "annotations without images": (
        "sources.0",
        {"format": "coco", "annotations": "a.json"},
        "sources[0].images: missing: the folder that",
    ),
    "no class of VIA": (
        "sources.0",
        {"format": "via", "annotations": "a.json", "images": "."},
        "sources[0]: received neither of class and class_attribute, expected one of them",
    ),
    "folder without images": (
        "sources.0",
        {"format": "masks", "folder": ".", "class": "nucleus"},
        "sources[0].folder: . has no image, expected <folder>/<id>/images/<image>",
    ),
    "neither class nor table": (
        "sources.0",
        {"format": "label_maps", "images": ".", "labels": "."},
        "sources[0]: received neither of class and classes_csv, expected one of them",
    ),
    "class and colours": (
        "sources.0",
        {"format": "colour_masks", "images": ".", "labels": ".", "class": "a"}
        | {"colours": {"a": "#00ff00"}},
        "sources[0]: received both of class and colours, expected one of them",
    ),
    "no such table": (
        "sources.0",
        {"format": "label_maps", "images": ".", "labels": ".", "classes_csv": "no.csv"},
        "sources[0].classes_csv: no.csv does not exist, expected a file",
    ),
    "colour by its name": (
        "sources.0",
        {"format": "colour_masks", "images": ".", "labels": ".", "colours": {"leaf": "green"}},
        """sources[0].colours.leaf: received "green", expected a text ('#rrggbb', in quotes)""",
    ),
    "one colour of two classes": (
        "sources.0",
        {"format": "colour_masks", "images": ".", "labels": "."}
        | {"colours": {"leaf": "#00ff0a", "stem": "#00FF0A"}},
        "sources[0].colours.stem: received the colour of leaf, expected one of its own",
    ),
    "a class of the background's colour": (
        "sources.0",
        {"format": "colour_masks", "images": ".", "labels": ".", "colours": {"leaf": "#000000"}},
        "sources[0].colours.leaf: received the colour of the background, expected one of its own",
    ),
    "own split of a format that has none": (
        "sources.0",
        {"format": "coco", "annotations": "a.json", "images": ".", "split": "own"},
        'sources[0].split: received "own", expected train, val or test',
    ),
    "text for a number": (
        "models.first.training.learning_rate",
        "1e-3",
        'received "1e-3", expected a number above 0 and up to 10 (YAML takes 1e-3 for text',
    ),
    "a number in quotes": (
        "pixel",
        {"size": "0.5"},
        'received "0.5", expected a number above 0 and up to 1000000, or null (this is text: write',
    ),
    "a count in quotes": (
        "shards",
        "4",
        'shards: received "4", expected a whole number from 1 to 10000 (this is text: write',
    ),
    "fraction for a count": (
        "shards",
        2.5,
        "shards: received 2.5, expected a whole number from 1 to 10000",
    ),
    "true for a count": ("shards", True, "shards: received true, expected a whole number"),
    "not a number": (
        "validation.min_area",
        float("nan"),
        "validation.min_area: received NaN, expected a number from 1 to 1000000 (px²)",
    ),
    "a policy that a check cannot follow": (
        "validation.policies.missing_image",
        "repair",
        'validation.policies.missing_image: received "repair", expected quarantine or stop',
    ),
    "a policy of no check": (
        "validation.policies.wrong_boxes",
        "stop",
        "validation.policies.wrong_boxes: unknown key, did you mean wrong_box?",
    ),
    "out of range": (
        "models.first.training.epochs",
        -1,
        "models.first.training.epochs: received -1, expected a whole number from 1 to 100000",
    ),
    "not a choice": (
        "models.first.architecture.backbone",
        "vgg16",
        'received "vgg16", expected resnet50, resnet101, resnet152, resnet50_v2',
    ),
    "not a multiple": (
        "inputs.small.size",
        100,
        "inputs.small.size: received 100, expected a whole number from 64 to 2048 "
        "that is a multiple of 64 (px)",
    ),
    "wrong number of scales": (
        "models.first.architecture.anchor_scales",
        [8, 16],
        "models.first.architecture.anchor_scales: received [8, 16], expected a list of 5 values",
    ),
    "scale below zero": (
        "models.first.architecture.anchor_scales",
        [8, 16, -1, 64, 128],
        "models.first.architecture.anchor_scales[2]: received -1, expected a number above 0",
    ),
    "no inputs": ("inputs", {}, "inputs: received {}, expected a mapping (key: value) that is not"),
    "no such input": (
        "models.first.input",
        "large",
        'models.first.input: received "large", expected one of the inputs: small',
    ),
    "no such weights": (
        "models.first.architecture.weights",
        "none.h5",
        "models.first.architecture.weights: none.h5 does not exist, expected null, imagenet or",
    ),
    "weights of another library": (
        "models.first.architecture.weights",
        "resnet50.pth",
        'received "resnet50.pth", expected null, imagenet or a file of Keras, .h5 or .keras',
    ),
    "no imagenet weights for this width": (
        "models.first.architecture",
        {"weights": "imagenet", "alpha": 0.4},
        "models.first.architecture.alpha: received 0.4, expected 0.35, 0.5, 0.75, 1.0, 1.3 or 1.4",
    ),
    "less patience than it takes to measure": (
        "models.first.training",
        {"patience": 2, "evaluate_every": 3},
        "models.first.training.patience: received 2, expected at least evaluate_every, 3",
    ),
    "no imagenet weights for this width of MobileNetV3": (
        "models.first.architecture",
        {"backbone": "mobilenet_v3_small", "weights": "imagenet", "alpha": 0.5},
        "received 0.5, expected 0.75 or 1.0, for which mobilenet_v3_small has imagenet weights",
    ),
    "a width for a backbone that has one": (
        "models.first.architecture",
        {"backbone": "convnext_tiny", "alpha": 0.5},
        "models.first.architecture.alpha: received 0.5, expected 1.0: convnext_tiny has one width",
    ),
    "a seed twice": ("models.first.seeds", [1, 1], "models.first.seeds: received [1, 1], expected"),
    "fractions do not sum to 1": (
        "split",
        {"train": 0.8},
        "split: received train 0.8 + val 0.15 + test 0.15 = 1.1, expected fractions that sum to 1",
    ),
    "nothing to measure": (
        "split",
        {"train": 0.8, "val": 0.2, "test": 0},
        "evaluation.splits: received test, expected a split with images: train or val",
    ),
    "a list that is not there": (
        "split.lists",
        {"train": "a.json", "val": "no.txt", "test": "a.json"},
        "split.lists.val: no.txt does not exist, expected a file",
    ),
    "more in val than folds leave": (
        "split",
        {"folds": 2, "val": 0.5},
        "split.val: received 0.5, expected less than 0.5, which 2 folds leave",
    ),
    "a pattern without a group": (
        "split",
        {"group_by": {"pattern": "^p[0-9]+"}},
        'split.group_by.pattern: received "^p[0-9]+" with 0 groups, expected one',
    ),
    "a pattern that is none": (
        "split",
        {"group_by": {"pattern": "^(p"}},
        'split.group_by.pattern: received "^(p": missing ), unterminated subpattern',
    ),
    "a table that is missing": (
        "split",
        {"group_by": {"table": {"file": "no.csv", "images": "image", "column": "patient"}}},
        "split.group_by.table.file: no.csv does not exist, expected a file",
    ),
    "one assignment for all folds": (
        "split",
        {"folds": 3, "keep": "splits.tsv"},
        'split.keep: received "splits.tsv", expected a file for each {fold}',
    ),
    "an assignment that the run overwrites": (
        "split",
        {"keep": "results/demo/splits/holdout/splits.tsv"},
        "is written anew by the run; copy it elsewhere first",
    ),
    "a source without a split": (
        "sources",
        [
            {"format": "coco", "annotations": "a.json", "images": ".", "split": "train"},
            {"format": "coco", "annotations": "a.json", "images": "."},
        ],
        "sources[1].split: missing (for a.json), expected it for each source or for none",
    ),
    "scale of a resized input": (
        "inputs.small",
        {"mode": "resize", "scale": 2.0},
        "inputs.small.scale: received 2.0, expected 1.0 unless mode is crop",
    ),
    "overlap of a resized input": (
        "inputs.small",
        {"mode": "resize", "overlap": 8},
        "inputs.small.overlap: received 8, expected 0 unless mode is crop",
    ),
    "nothing but overlap": (
        "inputs.small",
        {"mode": "crop", "size": 64, "overlap": 64},
        "inputs.small.overlap: received 64, expected less than the input's size, 64",
    ),
    "windows of which most overlaps": (
        "prediction",
        {"window": 512, "overlap": 257},
        "prediction.overlap: received 257, expected at most half of prediction.window, 512",
    ),
    "factors the wrong way round": (
        "inputs.small.augmentation.scale",
        [1.2, 0.8],
        "inputs.small.augmentation.scale: received [1.2, 0.8], expected the smaller factor first",
    ),
    "black above white": (
        "images.intensity.range",
        [4095, 0],
        "images.intensity.range: received [4095, 0], expected the smaller value first",
    ),
    "percentiles the wrong way round": (
        "images.intensity.percentiles",
        [99, 1],
        "images.intensity.percentiles: received [99, 1], expected the smaller value first",
    ),
    "new images that are not there": (
        "new_images",
        "nowhere",
        "new_images.folder: nowhere does not exist, expected a folder",
    ),
    "no new image": (
        "new_images",
        ".",
        "new_images.folder: . has no image, expected files that end in .png, .jpg",
    ),
    "unknown key of new images": (
        "new_images",
        {"folder": ".", "job": 3},
        "new_images.job: unknown key, did you mean jobs?",
    ),
    "a pixel of no size": (
        "pixel",
        {"size": 0},
        "pixel.size: received 0, expected a number above 0 and up to 1000000, or null",
    ),
    "a unit that is no name": (
        "pixel",
        {"unit": "µm / px"},
        'pixel.unit: received "µm / px", expected a text',
    ),
    "data set where the logs go": (
        "dataset",
        "logs",
        'dataset: received "logs", expected another name: results/logs is the folder of the logs',
    ),
    "a source twice": (
        "sources",
        2 * [{"format": "coco", "annotations": "a.json", "images": "."}],
        "sources[1]: received the same as sources[0], expected it once",
    ),
    "a folder around the results": (
        "sources.0",
        {"format": "labelme", "folder": "."},
        "sources[0].folder: . holds results/, which the run writes; expected a folder of its own",
    ),
    "new images around the results": (
        "new_images",
        ".",
        "new_images.folder: . holds results/, which the run writes; expected a folder of its own",
    ),
    "a result for a source": (
        "sources.0",
        {"format": "coco", "annotations": "results/demo/dataset.json", "images": "."},
        "sources[0].annotations: results/demo/dataset.json is written anew by the run; copy it",
    ),
    "warm-up longer than the training": (
        "models.first.training",
        {"epochs": 3, "warmup_epochs": 3.5},
        "models.first.training.warmup_epochs: received 3.5, expected at most epochs, 3",
    ),
    "the largest anchors first": (
        "models.first.architecture.anchor_scales",
        [128, 96, 64, 32, 16],
        "models.first.architecture.anchor_scales: received [128, 96, 64, 32, 16], expected the "
        "smallest first",
    ),
    "more regions than there can be": (
        "models.first.architecture",
        {"train_rois": 64, "proposals": 20, "max_objects": 8},
        "models.first.architecture.train_rois: received 64, expected at most 28",
    ),
    "hue of grey images": (
        "",
        {"images": {"channels": 1}, "inputs": {"small": {"augmentation": {"hue": 5}}}},
        "inputs.small.augmentation.hue: received 5, expected 0: only images of 3 channels",
    ),
    "copies without a change": (
        "inputs.small",
        {"preset": "none", "copies": 3},
        "inputs.small.copies: received 3, expected 0: with preset: none",
    ),
    "a class twice": (
        "classes",
        ["leaf", {"name": "leaf", "from": ["ring"]}],
        'classes: received the name "leaf" twice, expected it once',
    ),
    "a class that is a truth value": (
        "classes",
        ["yes", False],
        "classes[1]: received false, expected a text or a mapping",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_named(name, config, schema, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_text("{}")
    place, value, message = MISTAKES[name]
    edit(config, place, value)
    found = configuration.problems(config, schema)
    assert any(message in line for line in found), found
    assert not any("\n" in line for line in found)


def test_all_mistakes_are_said_at_once(config, schema):
    edit(config, "shards", 0)
    edit(config, "models.first.input", "large")
    edit(config, "models.first.training.epochs", 0)
    assert len(configuration.problems(config, schema)) == 3


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("evaluation.splits", "test"),
        ("evaluation.splits", ["tst"]),
        ("inputs", {}),
        ("models.first.input", None),
        ("sources.0.images", "150"),
        ("sources.0", {"format": "coco", "annotations": "", "images": "docs"}),
        ("split.train", 70),
        ("split.folds", 1),
    ],
)
def test_a_mistake_is_said_once(place, value, config, schema):
    edit(config, place, value)
    assert len(configuration.problems(config, schema)) == 1


@pytest.mark.parametrize("file", ["config/config.yaml", "tests/config.yaml"])
def test_configurations_of_the_project_are_fine(file, root, schema, monkeypatch):
    monkeypatch.chdir(root)
    config = yaml.safe_load((root / file).read_text())
    assert syntax.problems(file) == []
    assert configuration.problems(config, schema) == []


def test_example_needs_only_its_folder(root, schema, monkeypatch):
    monkeypatch.chdir(root)
    config = yaml.safe_load((root / "config/examples/nuclei.yaml").read_text())
    (problem,) = configuration.problems(config, schema)
    assert problem.startswith("sources[0].folder: data/stage1_train does not exist")


def test_format_that_is_found_out_decides_the_keys(config, schema, tmp_path):
    (tmp_path / "cell" / "masks").mkdir(parents=True)
    (tmp_path / "cell" / "images").mkdir()
    (tmp_path / "cell" / "images" / "a.png").touch()
    config["sources"] = [{"folder": str(tmp_path)}]
    (problem,) = configuration.problems(config, schema)
    assert problem == "sources[0].class: missing: The class of every object."
    config["sources"][0]["class"] = "cell"
    assert configuration.problems(config, schema) == []
    assert "format" not in config["sources"][0]
    assert configuration.complete(config, schema)["sources"][0]["format"] == "masks"


def test_splits_of_an_export_count(config, schema, tmp_path):
    for name in ("train", "valid"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "_annotations.coco.json").touch()
    config["sources"] = [{"folder": str(tmp_path)}]
    (problem,) = configuration.problems(config, schema)
    assert problem == (
        "evaluation.splits: received test, expected a split with images: train or val"
    )


def test_a_format_may_have_a_split_of_its_own(config, schema, tmp_path):
    config["sources"] = [{"format": "yolo", "folder": str(tmp_path), "split": "own"}]
    assert configuration.problems(config, schema) == []
    config["sources"].append({"format": "voc", "folder": str(tmp_path)})
    assert configuration.problems(config, schema) == [
        "sources[1].split: missing, expected it for each source or for none"
    ]


def test_defaults_are_filled_in_and_valid(config, schema):
    given = copy.deepcopy(config)
    assert configuration.problems(config, schema) == []
    assert config == given
    configuration.complete(config, schema)
    assert config["models"]["first"]["training"]["optimizer"] == "adamw"
    assert config["inputs"]["small"] == {
        "size": 64,
        "mode": "resize",
        "scale": 1.0,
        "preset": "light",
        "copies": None,
        "overlap": 0,
        "cut_objects": "drop",
        "min_visible": 0.1,
        "empty_windows": 1.0,
        "repeat_rare": 0.0,
        "augmentation": {},
    }
    assert config["split"] == SETTINGS
    assert "folder" not in config["sources"][0]
    assert configuration.problems(config, schema) == []


def test_another_order_of_keys_is_the_same_configuration(root, schema):
    def turned(part):
        return {key: turned(part[key]) for key in reversed(part)} if type(part) is dict else part

    config = yaml.safe_load((root / "config/config.yaml").read_text())
    other = configuration.complete(turned(config), schema)
    assert repr(other) == repr(configuration.complete(config, schema))


def test_models_keep_their_order(config, schema):
    config["models"] = {"z": {"input": "small"}, "a": {"input": "small"}}
    assert list(configuration.complete(config, schema)["models"]) == ["z", "a"]


def test_models_share_no_defaults(config, schema):
    config["models"]["second"] = {"input": "small"}
    models = configuration.complete(config, schema)["models"]
    models["first"]["training"]["epochs"] = 1
    assert models["second"]["training"]["epochs"] == 50


def test_syntax_errors_name_the_line(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("dataset: demo\nsplit: {train: 0.7\nseed: 0\n")
    (problem,) = syntax.problems(str(file))
    assert re.search(r"config.yaml, line 3, column \d+: ", problem)
    file.write_text("models:\n  a: {input: x}\n  a: {input: y}\n")
    (problem,) = syntax.problems(str(file))
    assert problem.endswith("config.yaml, line 3: the key a stands in line 2 too")


def test_values_of_the_command_line_are_those_of_a_file():
    given = {"jobs": "2", "pixel_size": "0.5", "overlays": "false", "model": "null"}
    assert command_line.typed(given) == {
        "jobs": 2,
        "pixel_size": 0.5,
        "overlays": False,
        "model": None,
    }
    assert command_line.typed({"training.clip_norm": ["1.0", "2"]}) == {
        "training.clip_norm": [1.0, 2]
    }
    for folder in ("data/may", "2024-05-01", "[a", "a: b: c", ""):
        assert command_line.typed({"folder": folder})["folder"] == (folder or None)


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("dataset: [demo\n", ["config.yaml, line 2, column 1: "]),
        (
            "x: 1\ndataset: d\nsources: [{format: demo}]\ninputs: {a: {}}\nmodels: {b: {input: c}}",
            ["x: unknown key", 'models.b.input: received "c", expected one of the inputs: a'],
        ),
    ],
)
def test_snakemake_refuses_to_start(text, messages, root, tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text(text)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile"), "-c1"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    output = run.stdout + run.stderr
    assert run.returncode != 0
    assert all(message in output for message in messages), output
    assert "Traceback" not in output
    assert not (tmp_path / "results").exists()
