"""Finds objects in the images of a split, in the images' own coordinates."""

import hashlib
import json
from itertools import groupby
from pathlib import Path

import numpy as np

import backend
import console
import network
from coco import windows
from coco.errors import InputError, remake
from coco.images import read_image
from coco_results import as_results
from mrcnn.errors import ModelError

BATCH_PIXELS = 8 * 256 * 256  # as many images at a time as this holds


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
    refuse_damaged(weights, about["weights_sha256"])
    refuse_other_classes(about["classes"], truth, model, split)
    net = load(about, weights, prediction)
    number, parts = (int(n) for n in part.split("-of-"))
    images = truth["images"][number - 1 :: parts]

    found = {}
    progress = console.Progress(f"predict {split.stem} {part}", len(images))
    for chosen, size in batches(images, about["input"]):
        inputs, filled = zip(*(frame(image, about["input"]) for image in chosen), strict=True)
        for image, window, objects in zip(
            chosen, filled, net.find(inputs, filled, batch_size=size), strict=True
        ):
            shape = image["height"], image["width"]
            scale = window[2] / shape[0], window[3] / shape[1]
            found[image["id"]] = as_results(objects, image["id"], *shape, scale)
        progress.update(len(found))
    results = [result for image in images for result in found[image["id"]]]
    output.write_text(json.dumps(results, separators=(",", ":")) + "\n")


def refuse_damaged(weights, expected):
    """Half of a file may load, and find half of the objects."""
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
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
    architecture = about["architecture"] | {"weights": None}
    net = network.build(architecture, about["input"]["size"], about["classes"])
    net.load_weights(weights)
    net.config.DETECTION_MIN_CONFIDENCE = prediction["min_score"]
    net.config.DETECTION_NMS_THRESHOLD = prediction["nms_threshold"]
    net.config.DETECTION_MAX_INSTANCES = prediction["max_detections"]
    net.config.POST_NMS_ROIS_INFERENCE = max(
        architecture["proposals"], 2 * prediction["max_detections"]
    )
    net.config.PRE_NMS_LIMIT = 3 * net.config.POST_NMS_ROIS_INFERENCE
    return net


def batches(images, recipe):
    """Images whose inputs have the same shape, as many as are predicted at a time."""

    def shape(image):
        return input_shape(image["height"], image["width"], recipe)

    for (height, width), group in groupby(sorted(images, key=shape), key=shape):
        group = list(group)
        size = max(1, BATCH_PIXELS // (height * width))
        for start in range(0, len(group), size):
            yield group[start : start + size], size


def input_shape(height, width, recipe):
    """The input that shows a whole image: the trained size, or multiples of 64 px for crops."""
    if recipe["mode"] == "resize":
        return recipe["size"], recipe["size"]
    sides = (max(round(side * recipe["scale"]), 1) for side in (height, width))
    return tuple(-(-side // 64) * 64 for side in sides)


def frame(image, recipe):
    """The whole image as the network's input, and the window `[y1, x1, y2, x2]` that it fills."""
    pixels = read_image(image)
    shape = input_shape(*pixels.shape[:2], recipe)
    pixels = windows.magnify(pixels, windows.scale_of(*pixels.shape[:2], recipe))
    padded = np.zeros((*shape, 3), np.uint8)
    padded[: pixels.shape[0], : pixels.shape[1]] = pixels
    return padded, [0, 0, *pixels.shape[:2]]


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=(InputError, ModelError)):
        backend.start(snakemake.threads)
        predict(
            weights=Path(snakemake.input.weights),
            model=Path(snakemake.input.model),
            split=Path(snakemake.input.split),
            part=snakemake.wildcards.scatteritem,
            prediction=snakemake.params.prediction,
            output=Path(snakemake.output[0]),
        )
