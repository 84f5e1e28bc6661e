"""The checks of a data set: what can be wrong, what is done about it, and what a user can do.

A module per kind of record; `registry` says what a check is. docs/checks.md is made from them.
"""

from coco.checks import (
    annotations,
    categories,
    dataset,
    doubtful_masks,
    images,
    objects,
    overlaps,
    unusable_masks,
)
from coco.checks.registry import CHECKS, Check

__all__ = [
    "CHECKS",
    "Check",
    "annotations",
    "categories",
    "dataset",
    "doubtful_masks",
    "images",
    "objects",
    "overlaps",
    "unusable_masks",
]
