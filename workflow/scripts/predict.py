"""Finds objects in the images of a split, in the images' own coordinates."""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

import backend
import console
import network
from coco import cutouts, seams, windows
from coco.checksums import digest
from coco.errors import InputError, remake
from coco.images import ImageReader
from coco_results import as_results
from mrcnn.errors import ModelError

BATCH_PIXELS = 8 * 256 * 256  # as many inputs at a time as this holds
MARGIN = 4  # input px; what comes as near to a window's edge is taken to go on beyond it


class Plan(NamedTuple):
    """How an image is looked at.

    Attributes:
        image: its record.
        recipe: the entry of `inputs` that the model was trained on.
        shape: height and width of the image at the recipe's scale.
        corners: top left `(y, x)` of each window on it.
        size: height and width of the network's input.
    """

    image: dict
    recipe: dict
    shape: tuple[int, int]
    corners: list[tuple[int, int]]
    size: tuple[int, int]


def predict(weights, model, split, part, prediction, output):
    """Predict the images of one part of a split.

    Args:
        weights, model: paths of the weights and of what they are.
        split: path of the COCO file.
        part: "2-of-4": every fourth image from the second on.
        prediction: section of the configuration.
        output: path of the COCO results.
    """
    about, truth = json.loads(model.read_text()), json.loads(split.read_text())
    refuse_other_classes(about["classes"], truth, model, split)
    net = load(about, weights, prediction)
    number, parts = (int(n) for n in part.split("-of-"))
    images = truth["images"][number - 1 :: parts]
    plans = [plan(image, about["input"], prediction) for image in images]
    total = sum(len(one.corners) for one in plans)
    progress = console.Progress(f"predict {split.stem} {part}", total)
    found = find(net, plans, progress)
    results = [result for image in images for result in found[image["id"]]]
    output.write_text(json.dumps(results, separators=(",", ":")) + "\n")


def find(net, plans: list[Plan], progress) -> dict[int, list[dict]]:
    """The COCO results of each image, by its id."""
    found, parts, done = {}, [], 0
    for inputs, filled, looks, count in batches(plans):
        for (one, corner), objects in zip(
            looks, net.find(inputs, filled, batch_size=count), strict=True
        ):
            size = one.image["height"], one.image["width"]
            scale = one.shape[0] / size[0], one.shape[1] / size[1]
            parts.append(as_results(objects, one.image["id"], *size, scale, corner))
            if corner == one.corners[-1]:
                found[one.image["id"]] = seams.merge(
                    parts, seen(one) / (*scale, *scale), *size, margin=MARGIN / min(scale)
                )
                parts = []
        done += len(looks)
        progress.update(done)
    return found


def batches(plans: list[Plan]) -> Iterator[tuple]:
    """As many windows as are predicted at a time, image by image, of inputs of the same size.

    Yields:
        The inputs; of each the window `[y1, x1, y2, x2]` that is image; of each its plan and
        corner; and how many inputs a full batch has.
    """
    for size, group in groupby(sorted(plans, key=lambda one: one.size), key=lambda one: one.size):
        count = max(1, BATCH_PIXELS // (size[0] * size[1]))
        looks = []
        for one in group:
            reader = ImageReader(one.image)
            for corner in one.corners:
                looks.append((one, corner, frame(reader, one, corner)))
                if len(looks) == count:
                    yield batch(looks, count)
                    looks = []
        if looks:
            yield batch(looks, count)


def batch(looks: list[tuple], count: int) -> tuple:
    filled = [
        [0, 0, *np.minimum(one.size, np.subtract(one.shape, corner))] for one, corner, _ in looks
    ]
    return [pixels for *_, pixels in looks], filled, [look[:2] for look in looks], count


def refuse_damaged(weights, expected):
    """Half of a file may load, and find half of the objects."""
    found = digest(weights)
    if found != expected:
        raise InputError(
            f"{weights}: changed since it was written (sha256 {found[:12]}..., expected "
            f"{expected[:12]}...). {remake(weights)}"
        )


def refuse_other_classes(classes, truth, model, split):
    """A class id means nothing without its name."""
    names = [category["name"] for category in truth["categories"]]
    if names != classes:
        raise InputError(
            f"{model} was trained on the classes {', '.join(classes)}, but {split} has "
            f"{', '.join(names)}. Predict with a model of the same classes."
        )


def load(about, weights, prediction):
    """The trained network, set to detect as the configuration says."""
    refuse_damaged(weights, about["weights_sha256"])
    architecture = about["architecture"] | {"weights": None}
    channels = about["images"]["channels"]
    net = network.build(architecture, about["input"]["size"], channels, about["classes"])
    net.load_weights(weights)
    net.config.DETECTION_MIN_CONFIDENCE = prediction["min_score"]
    net.config.DETECTION_NMS_THRESHOLD = prediction["nms_threshold"]
    net.config.DETECTION_MAX_INSTANCES = prediction["max_detections"]
    net.config.POST_NMS_ROIS_INFERENCE = max(
        architecture["proposals"], 2 * prediction["max_detections"]
    )
    net.config.PRE_NMS_LIMIT = 3 * net.config.POST_NMS_ROIS_INFERENCE
    return net


def plan(image: dict, recipe: dict, prediction: dict) -> Plan:
    """Windows for a large image of a `crop` input, else one that shows all of it.

    An input of `resize` has the trained size; others have sides of multiples of 64 px.
    """
    scale = windows.scale_of(image["height"], image["width"], recipe)
    shape = windows.scaled(image["height"], image["width"], scale)
    if recipe["mode"] == "resize":
        return Plan(image, recipe, shape, [(0, 0)], (recipe["size"], recipe["size"]))
    most, overlap = prediction["window"], prediction["overlap"]
    size = tuple(min(-(-side // 64) * 64, most) for side in shape)
    corners = windows.grid(*shape, most, overlap)
    return Plan(image, recipe, shape, corners, size)


def seen(one: Plan) -> np.ndarray:
    """The boxes `[y1, x1, y2, x2]` of a plan's windows, at the recipe's scale."""
    corners = np.array(one.corners)
    ends = np.minimum(corners + one.size, one.shape)
    return np.concatenate([corners, ends], axis=1)


def frame(reader: ImageReader, one: Plan, corner: tuple[int, int]) -> np.ndarray:
    """The network's input: what a window shows, black beyond the image."""
    matrix = windows.shift(-corner[1], -corner[0]) @ windows.stretch(reader.shape, one.shape)
    scale = windows.scale_of(*reader.shape[:2], one.recipe)
    return cutouts.cut(reader, matrix, scale, *one.size)


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=(InputError, ModelError)):
        backend.start(snakemake.threads, gpu=snakemake.resources.get("gpu", 0))
        predict(
            weights=Path(snakemake.input.weights),
            model=Path(snakemake.input.model),
            split=Path(snakemake.input.split),
            part=snakemake.wildcards.scatteritem,
            prediction=snakemake.params.prediction,
            output=Path(snakemake.output[0]),
        )
