"""The checks of annotations that cover each other, among those of one image that can be used."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import shapely

from coco import masks
from coco.checks.registry import check

SAME_OBJECT = 0.95  # IoU
INSIDE = 0.95  # fraction of an object


class Pair(NamedTuple):
    """Two clean annotations of one image: both crowds, or none.

    Attributes:
        first, second: in the order of the data.
        common: pixels that both have.
    """

    first: dict
    second: dict
    common: int

    @property
    def iou(self) -> float:
        return self.common / (self.first["area"] + self.second["area"] - self.common)

    @property
    def smaller(self) -> dict:
        return min(self.first, self.second, key=lambda one: one["area"])

    @property
    def larger(self) -> dict:
        return self.first if self.smaller is self.second else self.second

    @property
    def one_class(self) -> bool:
        return self.first["category_id"] == self.second["category_id"]

    @property
    def is_swallow(self) -> bool:
        inside = self.common >= INSIDE * self.smaller["area"] and self.iou <= SAME_OBJECT
        return inside and self.one_class and not self.first["iscrowd"]


@check("annotation", "warning", "repair", "quarantine", "keep", "stop", merges=True)
def duplicate_mask(annotation: dict, pair: Pair) -> str | None:
    """Two masks of one class are nearly the same (IoU above 0.95); they become one object.

    Nothing, if an object was drawn twice. `keep` leaves both.
    """
    if pair.iou <= SAME_OBJECT or not pair.one_class:
        return None
    return f"IoU {pair.iou:.3f} with {pair.first['source_id']}"


@check("annotation", "warning", "keep", "quarantine", "stop")
def conflicting_class(annotation: dict, pair: Pair) -> str | None:
    """One object has two classes: nearly the same mask (IoU above 0.95) stands for both.

    Remove the wrong one: a model cannot learn both.
    """
    if pair.iou <= SAME_OBJECT or pair.one_class:
        return None
    return f"IoU {pair.iou:.3f} with {pair.first['source_id']}, which has another class"


@check("annotation", "warning", "keep", "quarantine", "stop")
def swallowing_object(annotation: dict, swallowed: list[dict]) -> str | None:
    """An object contains others of its class whole, such as an outline around a whole group.

    Remove the outline, or mark it as a crowd. Nothing, if objects of the class contain each other.
    """
    ids = [str(one["source_id"]) for one in swallowed]
    shown = ", ".join(ids[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")
    return f"contains {shown}"


SAME = (duplicate_mask, conflicting_class)


def pairs(annotations: list[dict]) -> Iterator[Pair]:
    """The pairs among the clean annotations of an image of which one may contain the other."""
    for one, other in candidates(annotations):
        first, second = annotations[one], annotations[other]
        common = masks.common_area(first["segmentation"], second["segmentation"])
        pair = Pair(first, second, common)
        if common >= INSIDE * pair.smaller["area"]:
            yield pair


def candidates(annotations: list[dict]) -> list[tuple[int, int]]:
    """The positions of pairs whose boxes overlap far enough for that, in order.

    The boxes are looked up in a tree: objects that are apart cost nothing.
    """
    if len(annotations) < 2:
        return []
    x, y, width, height = np.array([annotation["bbox"] for annotation in annotations], float).T
    right, bottom = x + width, y + height
    boxes = shapely.box(x, y, right, bottom)
    first, second = shapely.STRtree(boxes).query(boxes)
    first, second = first[first < second], second[first < second]
    across = np.minimum(right[first], right[second]) - np.maximum(x[first], x[second])
    down = np.minimum(bottom[first], bottom[second]) - np.maximum(y[first], y[second])
    area = np.array([annotation["area"] for annotation in annotations])
    crowd = np.array([annotation["iscrowd"] for annotation in annotations])
    likely = across * down >= INSIDE * np.minimum(area[first], area[second])
    likely &= crowd[first] == crowd[second]
    return sorted(zip(first[likely].tolist(), second[likely].tolist(), strict=True))
