"""Label maps of 16 bits: each value one object, with a table of their classes.

images/<name>, labels/<name>.png, classes.csv, <split>.txt
"""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from coco.exports import photos
from coco.exports.paint import by_image, losses, paint, remarks

LARGEST = np.iinfo(np.uint16).max


def write(parts: dict[str, dict], folder: Path) -> list[str]:
    names = photos.names(parts)
    class_of = {one["id"]: one["name"] for one in next(iter(parts.values()))["categories"]}
    (folder / "labels").mkdir(parents=True)
    lost, rows = Counter(), []
    for split, part in parts.items():
        objects_of, crowds_of = by_image(part, crowds=False), by_image(part, crowds=True)
        listed = []
        for image in part["images"]:
            name, objects, crowds = (of[image["id"]] for of in (names, objects_of, crowds_of))
            listed.append(photos.copy(image, folder / "images", name).name)
            labels = paint(objects, image["height"], image["width"])
            lost += losses(labels, objects, crowds)
            file = save(labels, folder / "labels", name)
            for value in np.unique(labels[labels > 0]).tolist():
                rows.append((file, value, class_of[objects[value - 1]["category_id"]]))
        (folder / f"{split}.txt").write_text("".join(f"{one}\n" for one in listed), "utf-8")
    with (folder / "classes.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("file", "value", "class"), *rows])
    return remarks(lost, crowds_are="left out")


def save(labels: np.ndarray, folder: Path, name: str) -> str:
    """As PNG of 16 bits, else, for more objects than that holds, as TIFF of 32."""
    if labels.max() <= LARGEST:
        Image.fromarray(labels.astype(np.uint16)).save(folder / f"{name}.png")
        return f"{name}.png"
    tifffile.imwrite(folder / f"{name}.tif", labels.astype(np.uint32), compression="zlib")
    return f"{name}.tif"
