"""Draws the data set at a glance: some images with their objects, and the splits' balance."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

import console
from coco.errors import InputError
from coco.pictures import picture
from evaluation import figures
from evaluation.overlaps import by_image
from evaluation.painting import Mask, draw_masks
from evaluation.palette import class_colours

SAMPLES = 8


def plot_dataset(dataset_file: Path, balance_file: Path, output: Path):
    dataset = json.loads(dataset_file.read_text(encoding="utf-8"))
    objects = by_image(dataset["annotations"])
    colours = class_colours(dataset["categories"])
    samples = [
        (
            Path(image["file_name"]).name,
            draw_objects(*picture(image, objects[image["id"]]), colours),
        )
        for image in spread([image for image in dataset["images"] if objects[image["id"]]], SAMPLES)
    ]
    classes = [category["name"] for category in dataset["categories"]]
    balance = pd.read_csv(balance_file, sep="\t", keep_default_na=False)
    figures.dataset_sheet(samples, classes, balance).savefig(output)


def spread(items: list, count: int) -> list:
    """At most `count` of the items, evenly spaced."""
    positions = np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int)
    return [items[position] for position in positions]


def draw_objects(image: np.ndarray, objects: list[dict], colours: dict) -> np.ndarray:
    masks = [Mask(item["segmentation"], colours[item["category_id"]]) for item in objects]
    return np.asarray(draw_masks(image, masks))


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=InputError):
        plot_dataset(
            Path(snakemake.input.dataset),
            Path(snakemake.input.balance),
            Path(snakemake.output[0]),
        )
