"""Ranges of object area: COCO's, and ranges that each hold a third of the data's own objects."""

from typing import NamedTuple

import numpy as np


class Size(NamedTuple):
    """Objects of an area from `least` to `most` px², both included."""

    name: str
    least: float
    most: float


ANY = Size("all", 0, 1e10)
COCO_SIZES = (
    Size("small", 0, 32**2),
    Size("medium", 32**2, 96**2),
    Size("large", 96**2, 1e10),
)


def thirds(truth: dict) -> tuple[Size, ...]:
    """Three ranges between the terciles of the truth's areas, without crowds.

    COCO's ranges are made for photos of 640 px; in other images one of them often holds all.
    """
    areas = [item["area"] for item in truth["annotations"] if not item.get("iscrowd", 0)]
    lower, upper = np.quantile(areas or [0], (1 / 3, 2 / 3), method="inverted_cdf").tolist()
    return (
        Size("smallest third", 0, lower),
        Size("middle third", float(np.nextafter(lower, np.inf)), upper),
        Size("largest third", float(np.nextafter(upper, np.inf)), 1e10),
    )
