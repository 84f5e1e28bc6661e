"""Anchors that a data set asks for."""

import numpy as np
import pytest

from mrcnn.anchors import suggest_anchors
from mrcnn.config import Config


def boxes_of(heights, widths):
    corners = np.random.default_rng(0).uniform(0, 100, (len(heights), 2))
    return np.hstack([corners, corners + np.column_stack([heights, widths])])


def test_sizes_become_scales_and_shapes_become_ratios():
    sizes = np.repeat([10, 20, 40, 80, 160], 30)
    shapes = np.tile([0.5, 1, 2], 50)
    suggested = suggest_anchors(boxes_of(sizes / shapes**0.5, sizes * shapes**0.5), Config())
    assert suggested["RPN_ANCHOR_SCALES"] == (10, 20, 40, 80, 160)
    assert suggested["RPN_ANCHOR_RATIOS"] == (0.5, 1, 2)
    assert suggested["then"] == pytest.approx(1)
    assert suggested["now"] < 0.7


def test_what_fits_already_measures_one():
    sizes = np.array([32.0, 64, 128, 256, 512])
    assert suggest_anchors(boxes_of(sizes, sizes), Config())["now"] == pytest.approx(1)


@pytest.mark.parametrize("boxes", [np.zeros((0, 4)), [[5, 5, 5, 9]]])
def test_boxes_without_area_are_refused(boxes):
    with pytest.raises(ValueError, match="y2 > y1"):
        suggest_anchors(boxes, Config())
