"""The checks of a source as a whole."""

import cv2
import numpy as np

from coco import masks, runs
from coco.checks.registry import check

SAMPLE = 50  # masks
MOST = 0.5  # of them
LARGE = 0.25  # of an object's largest part


@check("dataset", "info", "keep", "stop")
def text_ids(source: dict, ids: list) -> str | None:
    """The ids of images are numbers in quotes; pycocotools and other programs expect numbers.

    Nothing: they are matched as they are.
    """
    texts = [value for value in ids if isinstance(value, str) and value.strip().isdecimal()]
    return f"{len(texts)} of {len(ids)} images have one, such as {texts[0]!r}" if texts else None


@check("dataset", "error", "stop", "keep")
def shifted_category_ids(source: dict, declared: set, used: set) -> str | None:
    """Annotations count the categories from 0 and the file from 1, or the other way round.

    Correct the `category_id`, or YOLO's number, of all annotations: each has its neighbour's class.
    Else `keep`.
    """
    if len(declared) < 2 or not all(type(one) is int for one in declared | used):
        return None
    lowest, highest = min(declared), max(declared)
    shifts = ((lowest - 1, highest), (highest + 1, lowest))  # what is used too much, and not at all
    if not any(used - declared == {more} and less not in used for more, less in shifts):
        return None
    return f"ids from {min(used)} to {max(used)}, declared are {lowest} to {highest}"


@check("dataset", "warning", "keep", "stop")
def objects_in_parts(source: dict, found: list[dict]) -> str | None:
    """Most objects have several large parts: a mask may show all objects of a class at once.

    Give each object its own mask, or value. `format: colour_masks` with `colours` reads images of
    classes, such as `leaf: '#ffffff'`: each connected part is one object. Nothing, if objects are
    in pieces.
    """
    some = [rle for rle in found[:: len(found) // SAMPLE + 1] if masks.area(rle)]
    apart = [rle for rle in some if is_in_parts(rle)]
    if len(apart) <= MOST * len(some):
        return None
    return f"{len(apart)} of {len(some)} masks have several large parts that do not touch"


def is_in_parts(rle: dict) -> bool:
    left, top, width, height = masks.box(rle)
    box = top, left, top + height, left + width
    pixels = runs.crop(runs.of_mask(rle), rle["size"][0], box).astype(np.uint8)
    areas = cv2.connectedComponentsWithStats(pixels)[2][1:, cv2.CC_STAT_AREA]
    return np.count_nonzero(areas >= LARGE * areas.max()) > 1
