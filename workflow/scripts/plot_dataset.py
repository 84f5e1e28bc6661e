"""Draws the data set at a glance: some images, the splits' balance, and the objects' sizes."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd

import console
from coco import instances, windows
from coco.errors import InputError
from coco.pictures import picture
from evaluation import figures, fonts
from evaluation.object_sizes import Panel, object_sizes
from evaluation.overlaps import by_image
from evaluation.painting import Mask, draw_masks
from evaluation.palette import class_colours

SAMPLES = 8


def plot_dataset(
    dataset_file: Path, balance_file: Path, models: dict[str, dict], sheet: Path, sizes: Path
):
    """Draw `sheet` and `sizes`; `models` as in `check_objects`, with their `anchor_scales`."""
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
    tell_of_boxes(classes)
    empty = {"images": "", "instances": ""}  # in the rows of means; NA may be a class
    balance = pd.read_csv(balance_file, sep="\t", keep_default_na=False, na_values=empty)
    figures.save(object_sizes(size_panels(dataset, models)), sizes)
    figures.dataset_sheet(samples, classes, balance).savefig(sheet)  # last, see evaluate.py


def tell_of_boxes(classes: list[str]):
    if boxes := fonts.missing(classes):
        console.say(
            f"No installed font has the characters {boxes} of the classes' names: pictures show "
            "boxes in their place. Install one that has, such as Noto Sans CJK (in Debian: "
            "fonts-noto-cjk)"
        )


def size_panels(dataset: dict, models: dict[str, dict]) -> list[Panel]:
    """The objects' sides in each input, with the anchors of the models that have it."""
    image_of = {image["id"]: image for image in dataset["images"]}
    objects = [one for one in dataset["annotations"] if not one["iscrowd"]]
    sides = np.array([math.sqrt(one["bbox"][2] * one["bbox"][3]) for one in objects])
    panels = []
    for name, recipe in {model["input"]: model for model in models.values()}.items():
        scale = {
            number: windows.scale_of(image["height"], image["width"], recipe)
            for number, image in image_of.items()
        }
        shown = sides * np.array([scale[one["image_id"]] for one in objects])
        anchors = {
            key: model["anchor_scales"] for key, model in models.items() if model["input"] == name
        }
        panels.append(Panel(name, recipe["size"], shown, instances.LEAST_PIXELS**0.5, anchors))
    return panels


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
            snakemake.params.models,
            sheet=Path(snakemake.output.sheet),
            sizes=Path(snakemake.output.sizes),
        )
