import math

import numpy as np
import pytest

from coco import masks, shapes
from coco.errors import InputError

SIZE = 60, 50  # width, height


def drawn(*parts):
    return masks.decode(shapes.draw(list(parts), SIZE)["segmentation"])


def test_rectangle_covers_the_pixels_between_its_corners():
    for corners in ((10, 20, 30, 45), (30, 45, 10, 20), (30, 20, 10, 45)):
        mask = drawn(shapes.rectangle(*corners))
        assert mask[20:45, 10:30].all()
        assert mask.sum() == 25 * 20


def test_quarter_turn_swaps_the_sides():
    turned = drawn(shapes.rectangle(10, 10, 40, 20, math.pi / 2))
    assert masks.box(masks.encode(turned)) == [20, 0, 10, 30]


def test_turns_are_clockwise():
    # a long box from left to right, turned by 45 degrees: from upper left to lower right
    mask = drawn(shapes.rectangle(10, 22, 50, 28, math.pi / 4))
    assert mask[15, 20]
    assert mask[35, 40]
    assert not mask[15, 40]


@pytest.mark.parametrize("radius", [3, 10, 24])
def test_circle_covers_the_pixels_within_its_radius(radius):
    rows, columns = np.mgrid[:50, :60] + 0.5
    within = np.hypot(columns - 30, rows - 25) < radius
    mask = drawn(shapes.circle(30, 25, radius))
    assert (mask != within).sum() <= 0.05 * within.sum() + 4


def test_points_of_an_ellipse_are_on_it_and_close_enough():
    points = np.reshape(shapes.ellipse(0, 0, 200, 50), (-1, 2))
    np.testing.assert_allclose(np.hypot(points[:, 0] / 200, points[:, 1] / 50), 1)
    middles = (points + np.roll(points, 1, axis=0)) / 2
    outside = 1 - np.hypot(middles[:, 0] / 200, middles[:, 1] / 50)
    assert outside.max() * 200 < 0.06


def test_bitmap_is_cut_off_at_the_edges():
    pixels = np.ones((10, 8), bool)
    for left, top, box in (
        (5, 6, [5, 6, 8, 10]),
        (-3, -4, [0, 0, 5, 6]),
        (56, 45, [56, 45, 4, 5]),
        (60, 50, [0, 0, 0, 0]),
        (-8, 0, [0, 0, 0, 0]),
    ):
        found = shapes.draw([shapes.Bitmap(pixels, left, top)], SIZE)
        assert masks.box(found["segmentation"]) == box
        assert found["extent"] == [left, top, 8, 10]


def test_parts_are_one_object():
    pixels = np.ones((10, 10), bool)
    found = shapes.draw([shapes.rectangle(0, 0, 10, 10), shapes.Bitmap(pixels, 5, 20)], SIZE)
    assert masks.area(found["segmentation"]) == 200
    assert found["extent"] == [0, 0, 15, 30]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: shapes.circle(1, 1, 0), "radius 0"),
        (lambda: shapes.circle(1, 1, math.inf), "inf for a coordinate"),
        (lambda: shapes.rectangle("1", 2, 3, 4), "'1' for a coordinate"),
        (lambda: shapes.outline([[1, 2], [3]]), "not all"),
        (lambda: shapes.outline(None), "not all"),
        (lambda: shapes.draw([[1, 2, 3, 4]], SIZE), "a polygon of 4 numbers"),
        (lambda: shapes.draw([[1, 2, 3, 4, 5, 6]], None), "size is unknown"),
        (lambda: shapes.draw([[1, 2, 3, 4, 5, 6]], (10**6, 10**6)), "too large"),
    ],
)
def test_impossible_shapes_are_refused(draw, message):
    with pytest.raises(InputError, match=message):
        draw()
