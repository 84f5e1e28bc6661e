"""Objects painted into one image, for formats in which a pixel belongs to one object only."""

from collections import Counter

import numpy as np

from coco import masks, runs


def paint(objects: list[dict], height: int, width: int) -> np.ndarray:
    """The objects' numbers: int32 of shape `[height, width]`, 1 for the first, 0 for none.

    Smaller objects are painted over larger ones.
    """
    labels = np.zeros((height, width), np.int32)
    numbered = sorted(enumerate(objects, 1), key=lambda pair: pair[1]["area"], reverse=True)
    for number, one in numbered:
        x, y, columns, rows = masks.box(one["segmentation"])
        box = (y, x, y + rows, x + columns)
        inside = runs.crop(runs.of_mask(one["segmentation"]), height, box)
        labels[y : y + rows, x : x + columns][inside] = number
    return labels


def losses(labels: np.ndarray, objects: list[dict], crowds: list[dict]) -> Counter:
    """How many objects lose some of their pixels or all of them, and how many are crowds."""
    areas = np.bincount(labels.ravel(), minlength=len(objects) + 1)[1:]
    whole = np.array([one["area"] for one in objects], int)
    return Counter(
        partly=int(((areas < whole) & (areas > 0)).sum()),
        wholly=int((areas == 0).sum()),
        crowds=len(crowds),
    )


def remarks(lost: Counter, crowds_are: str) -> list[str]:
    lines = {
        "partly": "objects lose pixels to smaller ones over them",
        "wholly": "objects are lost: smaller ones hide them wholly",
        "crowds": f"crowd regions are {crowds_are}",
    }
    return [f"{lost[key]} {line}" for key, line in lines.items() if lost[key]]


def by_image(part: dict, crowds: bool) -> dict[int, list[dict]]:
    """The annotations of each image id: the crowds, or all others."""
    found = {image["id"]: [] for image in part["images"]}
    for one in part["annotations"]:
        if bool(one["iscrowd"]) is crowds:
            found[one["image_id"]].append(one)
    return found
