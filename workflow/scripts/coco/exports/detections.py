"""What a model found, for other tools: COCO files, label masks, a table of instances.

results.json     COCO results: every detection with its score
instances.json   a COCO data set: the detections that are believed, as annotations with a `score`
instances.csv    a row for each of these: class, score, box, area, in pixels and, if known, units
labels/          for each image its label mask: value n is the n-th row of the image in the table

Boxes are those of the masks, so that both agree wherever they are looked at.
"""

import csv
import math
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from coco import json_files, masks, runs
from coco.exports import label_maps
from coco.exports.paint import paint

IN_PIXELS = ("x", "y", "width", "height", "area", "centre_x", "centre_y", "diameter")
LENGTHS = ("width", "height", "diameter")


def write(
    images: list[dict],
    categories: list[dict],
    results: list[dict],
    threshold: float,
    folder: Path,
    pixel: dict | None = None,
):
    """Write all four into a folder.

    Args:
        images: records with `id`, `width`, `height`, and the `name` that tools know them by: a path
            from the folder that the images lie in.
        categories: records with `id` and `name`.
        results: COCO results of these images.
        threshold: the score from which detections are believed.
        pixel: `size`, the side of a pixel, and its `unit`.
    """
    tight = [one | {"bbox": masks.box(one["segmentation"])} for one in results]
    json_files.write(folder / "results.json", tight)
    believed = defaultdict(list)
    for one in tight:
        if one["score"] >= threshold:
            believed[one["image_id"]].append(one)
    annotations, rows = [], []
    class_of = {one["id"]: one["name"] for one in categories}
    names = stems([image["name"] for image in images])
    for image, stem in zip(images, names, strict=True):
        own = sorted(believed[image["id"]], key=lambda one: -one["score"])
        own = [one | {"area": masks.area(one["segmentation"]), "iscrowd": 0} for one in own]
        annotations += own
        save_labels(image, own, folder / "labels" / stem)
        for number, one in enumerate(own, 1):
            row = {"image": image["name"], "label": number, "class": class_of[one["category_id"]]}
            row |= {"score": one["score"]} | measures(one)
            rows.append(row | in_units(row, pixel))
    write_table(rows, columns(pixel), folder / "instances.csv")
    json_files.write(folder / "instances.json", dataset(images, categories, annotations))


def dataset(images: list[dict], categories: list[dict], annotations: list[dict]) -> dict:
    """A COCO data set of predicted annotations; their ids count from 1."""
    return {
        "info": {"description": "Predicted instances"},
        "licenses": [],
        "images": [
            {
                "id": image["id"],
                "file_name": image["name"],
                "width": image["width"],
                "height": image["height"],
            }
            for image in images
        ],
        "annotations": [{"id": number} | one for number, one in enumerate(annotations, 1)],
        "categories": [{"id": one["id"], "name": one["name"]} for one in categories],
    }


def stems(names: list[str]) -> list[str]:
    """The names without suffix, which stays where two images would be called the same.

    So it does where what is left is the name of another, as of `a.tif.png` beside `a.tif`.
    """
    stems = [Path(name).with_suffix("").as_posix() for name in names]
    count = Counter(text.casefold() for text in stems + names)
    return [
        stem if count[stem.casefold()] == 1 else name
        for stem, name in zip(stems, names, strict=True)
    ]


def save_labels(image: dict, instances: list[dict], path: Path):
    labels = paint(instances, image["height"], image["width"])
    path.parent.mkdir(parents=True, exist_ok=True)
    label_maps.save(labels, path.parent, path.name)


def measures(instance: dict) -> dict:
    """In pixels: box, area, centre of mass, and the diameter of the disc of this area."""
    x, y, width, height = instance["bbox"]
    rle = instance["segmentation"]
    shape = runs.crop(runs.of_mask(rle), rle["size"][0], (y, x, y + height, x + width))
    down, across = np.nonzero(shape)
    return {
        "x": x,
        "y": y,
        "width": width,
        "height": height,
        "area": instance["area"],
        "centre_x": round(x + across.mean() + 0.5, 2),
        "centre_y": round(y + down.mean() + 0.5, 2),
        "diameter": round(2 * math.sqrt(instance["area"] / math.pi), 2),
    }


def in_units(row: dict, pixel: dict | None) -> dict:
    """The lengths and the area of a row in the unit of `pixel`, if it has a size."""
    if not (pixel and pixel["size"]):
        return {}
    size, unit = pixel["size"], pixel["unit"]
    lengths = {f"{name}_{unit}": f"{float(row[name]) * size:.6g}" for name in LENGTHS}
    return {f"area_{unit}2": f"{float(row['area']) * size**2:.6g}"} | lengths


def columns(pixel: dict | None) -> list[str]:
    units = in_units(dict.fromkeys(IN_PIXELS, 0), pixel)
    return ["image", "label", "class", "score", *IN_PIXELS, *units]


def write_table(rows: list[dict], header: list[str], path: Path):
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, header, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
