"""Describes the images that a model was trained on, to tell which others are unlike them."""

import hashlib
import json
from pathlib import Path

import numpy as np

import backend
import console
from coco import json_files
from coco.errors import InputError
from image_features import describe
from mrcnn.errors import ModelError
from predict import load, plan

MOST = 1000  # images; more tell little more


def describe_training(chosen: dict[str, Path], splits: list[Path], prediction: dict, output: Path):
    """Write `features`, float32 `(images, channels)`, of at most MOST images of the training split.

    Args:
        chosen: `weights`, `model` and `about` of the chosen run.
        splits: the training split of each fold.
        prediction: section of the configuration.
    """
    about = json.loads(chosen["model"].read_text())
    fold = json.loads(chosen["about"].read_text())["fold"]
    (split,) = (path for path in splits if path.parent.name == fold)
    images = sorted(json_files.read(split)["images"], key=drawn)[:MOST]
    net = load(about, chosen["weights"], prediction)
    vectors = describe(net, [plan(image, about["input"], prediction) for image in images])
    np.savez(output, features=np.array([vectors[image["id"]] for image in images], np.float32))


def drawn(image: dict) -> str:
    """A key that shuffles, the same way each time."""
    return hashlib.sha256(image["sha256"].encode()).hexdigest()


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=(InputError, ModelError)):
        backend.start(snakemake.threads, gpu=snakemake.resources.get("gpu", 0))
        describe_training(
            chosen={name: Path(snakemake.input[name]) for name in ("weights", "model", "about")},
            splits=[Path(path) for path in snakemake.input.splits],
            prediction=snakemake.params.prediction,
            output=Path(snakemake.output[0]),
        )
