"""How often the 95 % intervals of the evaluation hold the truth.

    uv run python benchmarks/coverage.py [--images 200] [--classes 3] [--sets 1000]

Draws sets of images from one imaginary world: some images are harder than others, which moves the
chance that an object is found, the fit of its box, its score, and the number of false alarms, all
at once. The truth is the AP in a set of 100,000 images; each small set has an interval, and 93 to
97 % of them should hold the truth.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from evaluation.bootstrap import average_precision, image_weights, interval
from evaluation.matching import match
from evaluation.overlaps import find_overlaps
from evaluation.sizes import ANY
from evaluation.tables import METRICS, over_classes

WORLD = 100_000  # images that stand for all


def draw(seed: int, images: int, classes: int) -> tuple[dict, list[dict]]:
    """A set of images with objects side by side, 7 of them on average, and detections."""
    rng = np.random.default_rng(seed)
    chance = 1 / np.arange(1, classes + 1)  # of each class: few are common
    chance /= chance.sum()
    hard = rng.normal(0, 0.7, images)
    counts = rng.poisson(rng.gamma(2, 3.5, images))
    first = seed * images  # ids differ between sets, and with them the draws
    image = np.repeat(np.arange(images), counts)
    place = 500.0 * (np.arange(len(image)) - np.repeat(np.cumsum(counts) - counts, counts))
    label = rng.choice(classes, len(image), p=chance)
    side = rng.lognormal(3.4, 0.6, len(image))

    seen = np.flatnonzero(rng.random(len(image)) < logistic(1.8 - hard[image]))
    own = hard[image[seen]]
    shift = side[seen] * np.abs(rng.normal(0, 0.08, len(seen))) * np.exp(0.4 * own)
    found_side = side[seen] * rng.lognormal(0, 0.05, len(seen))
    confused = rng.random(len(seen)) < 0.08
    found_label = np.where(confused, rng.integers(0, classes, len(seen)), label[seen])
    score = logistic(rng.normal(1.2, 1, len(seen)) - 0.5 * own)
    twice = np.flatnonzero(rng.random(len(seen)) < 0.1)

    alarms = rng.poisson(2 * np.exp(0.3 * hard))
    nothing = np.repeat(np.arange(images), alarms)
    columns = (  # image, label, x, y, side, score
        (image[seen], found_label, place[seen] + shift, 0, found_side, score),
        (
            image[seen][twice],
            found_label[twice],
            (place[seen] + 1.3 * shift + 0.05 * side[seen])[twice],
            0,
            found_side[twice],
            0.7 * score[twice],
        ),
        (
            nothing,
            rng.choice(classes, len(nothing), p=chance),
            500.0 * np.arange(len(nothing)),
            5000,
            30,
            logistic(rng.normal(-0.6, 1, len(nothing))),
        ),
    )
    predictions = [
        {"image_id": first + i, "category_id": c, "bbox": [x, y, s, s], "score": score}
        for part in columns
        for i, c, x, y, s, score in zip(*lists(*part), strict=True)
    ]
    truth = {
        "images": [{"id": number} for number in range(first, first + images)],
        "categories": [{"id": number, "name": str(number)} for number in range(classes)],
        "annotations": [
            {"image_id": first + i, "category_id": c, "bbox": [x, 0, s, s], "area": s * s}
            for i, c, x, s in zip(*lists(image, label, place, side), strict=True)
        ],
    }
    return truth, predictions


def lists(*columns) -> list[list]:
    return [column.tolist() for column in np.broadcast_arrays(*columns)]


def logistic(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def measure(truth: dict, predictions: list[dict], weights: np.ndarray) -> dict:
    """AP, AP50 and AP75 for each row of weights."""
    matching = match(find_overlaps(truth, predictions, "bbox"), (ANY,))
    return over_classes(average_precision(matching, weights))


def world(classes: int) -> dict:
    truth, predictions = draw(0, WORLD, classes)
    return {
        name: value[0] for name, value in measure(truth, predictions, np.ones((1, WORLD))).items()
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--classes", type=int, default=3)
    parser.add_argument("--sets", type=int, default=1000)
    arguments = parser.parse_args()
    images, truth = arguments.images, world(arguments.classes)
    held = {name: [] for name in METRICS}
    for number in range(1, arguments.sets + 1):
        data = draw(number, images, arguments.classes)
        weights = np.concatenate([np.ones((1, images)), image_weights(data[0])])
        for name, values in measure(*data, weights).items():
            low, high = interval(values[0], values[1:], 0, 1)
            held[name].append(low <= truth[name] <= high)
    print(f"{arguments.sets} sets of {images} images, {arguments.classes} classes")
    for name, hits in held.items():
        print(f"{name}: {truth[name]:.4f}, held by {np.mean(hits):.1%} of the intervals")


if __name__ == "__main__":
    main()
