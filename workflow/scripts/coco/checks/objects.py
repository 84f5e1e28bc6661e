"""The checks of objects against what a model can see of them, at the size of its input.

They ask about the checked data set as a whole, for an entry of `inputs` or of `models`.
"""

import numpy as np

from coco import windows
from coco.checks.registry import check
from coco.instances import LEAST_PIXELS

EASY = 8  # px: two cells of the finest feature level


@check("input", "warning", "keep")
def tiny_objects(recipe: dict, dataset: dict) -> str | None:
    """Objects are too small at the size of an input: those below 4 px are not even trained on.

    Enlarge `inputs.<name>.size`, or set `mode: crop` and, for more, `scale` above 1.
    """
    scales = {image["id"]: scale_of(image, recipe) for image in dataset["images"]}
    objects = [one for one in dataset["annotations"] if not one["iscrowd"]]
    scale = np.array([scales[one["image_id"]] for one in objects])
    area = np.array([one["area"] for one in objects]) * scale**2
    side = np.array([max(one["bbox"][2:]) for one in objects]) * scale
    lost = area < LEAST_PIXELS
    small = ~lost & (side < EASY)
    if not lost.any() and not small.any():
        return None
    return (
        f"at a size of {recipe['size']} px, {lost.sum()} of {len(objects)} objects are lost (less "
        f"than {LEAST_PIXELS} px² each) and {small.sum()} are hard to find (less than "
        f"{EASY} px long)"
    )


@check("model", "warning", "keep")
def too_many_objects(limit: int, recipe: dict, dataset: dict) -> str | None:
    """Inputs show more objects than the model can take: its training would refuse to start.

    Raise `models.<name>.architecture.max_objects`, or cut the images with `mode: crop`.
    """
    objects_of = {}
    for annotation in dataset["annotations"]:
        objects_of.setdefault(annotation["image_id"], []).append(annotation)
    shown = [
        most_in_a_window(objects_of[image["id"]], image, recipe)
        for image in dataset["images"]
        if len(objects_of.get(image["id"], ())) > limit
    ]
    over = [number for number in shown if number > limit]
    if not over:
        return None
    return (
        f"max_objects is {limit}, {len(over)} images show more at a time, up to {max(over)}; "
        f"{sum(over) - limit * len(over)} objects too many"
    )


def scale_of(image: dict, recipe: dict) -> float:
    return windows.scale_of(image["height"], image["width"], recipe)


def most_in_a_window(objects: list[dict], image: dict, recipe: dict) -> int:
    """How many objects the fullest window shows enough of, going by their boxes."""
    scale, size = scale_of(image, recipe), recipe["size"]
    boxes = np.array([one["bbox"] for one in objects], float) * scale
    areas = np.array([one["area"] for one in objects]) * scale**2
    # Of a crowd any part takes a place, and what is cut may become one.
    any_part = recipe["cut_objects"] == "crowd"
    crowds = np.array([one["iscrowd"] or any_part for one in objects], bool)
    low, sides = boxes[:, :2], boxes[:, 2:]
    height, width = windows.scaled(image["height"], image["width"], scale)
    counts = []
    for y, x in windows.grid(height, width, size, recipe["overlap"]):
        inside = np.minimum(low + sides, [x + size, y + size]) - np.maximum(low, [x, y])
        seen = inside.clip(0).prod(axis=1)
        enough = seen >= recipe["min_visible"] * sides.prod(axis=1)
        enough &= np.minimum(seen, areas) >= LEAST_PIXELS
        counts.append(np.count_nonzero(enough | (crowds & (seen > 0))))
    return max(counts)
