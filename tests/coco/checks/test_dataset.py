"""The checks of a source as a whole."""

import numpy as np

from coco import masks
from coco.checks.dataset import objects_in_parts

SIZE = 40, 60


def mask(*squares):
    """The mask of squares, each `(left, top, side)`."""
    pixels = np.zeros(SIZE, bool)
    for left, top, side in squares:
        pixels[top : top + side, left : left + side] = True
    return masks.encode(pixels)


WHOLE, CLASS = mask((5, 5, 12)), mask((5, 5, 12), (30, 5, 12), (5, 25, 12))
CHIPPED, EMPTY = mask((5, 5, 12), (30, 5, 3)), mask()


def test_masks_of_classes_are_told_from_masks_of_objects():
    assert objects_in_parts.find({}, [CLASS, CLASS, WHOLE])
    assert objects_in_parts.find({}, [CLASS, WHOLE]) is None
    assert objects_in_parts.find({}, [CHIPPED, CHIPPED]) is None


def test_empty_masks_do_not_count():
    assert objects_in_parts.find({}, [EMPTY, EMPTY, CLASS])
    assert objects_in_parts.find({}, [EMPTY]) is None


def test_of_many_masks_some_are_looked_at():
    assert objects_in_parts.find({}, [CLASS] * 1000).startswith("48 of 48 masks")


def test_a_source_without_masks_is_no_finding():
    assert objects_in_parts.find({}, []) is None
