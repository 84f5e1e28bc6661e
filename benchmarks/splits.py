"""Measures splits of made-up data sets: how even, how stable, how fast.

uv run python benchmarks/splits.py [--images 50 100 200 300 1000] [--classes 1 2 6]

Classes are of very different frequency, with some ten instances per image in all.
"""

import argparse
import hashlib
import itertools
import time

import numpy as np

from coco import balance, splits

HEADER = (
    "| images | classes | distance | random | StratifiedGroupKFold "
    "| images moved, mean | median | most | more than 1 and 2 % |"
)
SETTINGS = {"train": 0.7, "val": 0.15, "test": 0.15, "lists": None, "folds": None}
SETTINGS |= {"group_by": None, "near_duplicates": True, "keep": None, "leaks": "stop"}


def dataset(images: int, classes: int, seed: int) -> dict:
    """Images of three draws of a class each, by Zipf's law, with ten instances on average."""
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, classes + 1) ** 0.9
    shown = rng.choice(classes, (images, 3), p=weights / weights.sum()) + 1
    annotations = [
        {"image_id": number, "category_id": int(label), "iscrowd": 0}
        for number, own in enumerate(shown)
        for label in own[rng.integers(0, 3, rng.poisson(10))]
    ]
    names = [f"{number:07}.jpg" for number in range(images)]
    return {
        "categories": [{"id": label, "name": str(label)} for label in range(1, classes + 1)],
        "images": [
            {"id": number, "file_name": name, "sha256": hashlib.sha256(name.encode()).hexdigest()}
            for number, name in enumerate(names)
        ],
        "annotations": annotations,
    }


def first(content: dict, images: int, extra: int | None = None) -> dict:
    """The first images of a data set, and one more."""
    kept = {*range(images), *([] if extra is None else [extra])}
    return content | {
        "images": [image for image in content["images"] if image["id"] in kept],
        "annotations": [one for one in content["annotations"] if one["image_id"] in kept],
    }


def report(images: int, classes: int, additions: int, seeds: int) -> str:
    distances, moved = [], []
    for seed in range(seeds):
        content = dataset(images + additions, classes, seed)
        old = first(content, images)
        before = splits.split(old, SETTINGS, seed)
        rows = balance.balance(content["categories"], before, seed)
        distances += [
            [row[key] for key in balance.COLUMNS if key.startswith("distance")]
            for row in rows
            if row["class"] == balance.MEAN
        ]
        for extra in range(images, images + additions):
            after = splits.split(first(content, images, extra), SETTINGS, seed).split_of
            moved.append(sum(after[number] != name for number, name in before.split_of.items()))
    ours, random, peer = np.mean(distances, axis=0)
    beyond = np.mean(np.array(moved) > max(1, 0.02 * images))
    return (
        f"| {images} | {classes} | {ours:.2%} | {random:.2%} | {peer:.2%} "
        f"| {np.mean(moved):.1f} | {np.median(moved):.0f} | {max(moved)} | {beyond:.0%} |"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, nargs="*", default=[50, 100, 200, 300, 1000])
    parser.add_argument("--classes", type=int, nargs="*", default=[1, 2, 6])
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--additions", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=6)
    options = parser.parse_args()
    print(HEADER)
    for images, classes in itertools.product(options.images, options.classes):
        print(report(images, classes, options.additions, options.seeds), flush=True)
    if options.large:
        content = dataset(options.large, 80, 0)
        start = time.process_time()
        division = splits.split(content, SETTINGS, 0)
        middle = time.process_time()
        balance.balance(content["categories"], division, 0)
        end = time.process_time()
        print(
            f"{options.large} images, {len(content['annotations'])} annotations: "
            f"{middle - start:.0f} s to split, {end - middle:.0f} s for the balance (CPU)"
        )
