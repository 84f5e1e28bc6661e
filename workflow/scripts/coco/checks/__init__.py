"""The checks of a data set: what can be wrong, what is done about it, and what a user can do.

A module per kind of record; `registry` says what a check is. docs/checks.md is made from them.
"""

from coco.checks import annotations, categories, dataset, geometry, images, objects, overlaps
from coco.checks.registry import CHECKS, Check

__all__ = [
    "CHECKS",
    "Check",
    "annotations",
    "categories",
    "dataset",
    "geometry",
    "images",
    "objects",
    "overlaps",
]
