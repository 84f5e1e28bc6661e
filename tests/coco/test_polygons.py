import numpy as np
import pytest

from coco import masks, polygons
from coco.errors import MaskError

SIZE = (60, 40)
SQUARE = [5, 5, 20, 5, 20, 20, 5, 20]


def remarks(*parts):
    return polygons.translate(list(parts), SIZE)["remarks"]


def test_plain_polygons_have_no_remark():
    rng = np.random.default_rng(0)
    for _ in range(200):
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 30)))
        star = rng.uniform(3, 30, len(angles))[:, None]
        points = [30, 20] + star * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        if np.diff([*angles, angles[0] + 2 * np.pi]).max() < np.pi:  # around its middle
            assert remarks(points.ravel().tolist()) == {}
    assert remarks(SQUARE, [30, 5, 50, 5, 50, 30]) == {}


def test_outline_that_crosses_itself_is_noticed():
    assert remarks([5, 5, 20, 20, 20, 5, 5, 20]) == {
        "crossing_polygon": "an outline crosses itself at [12.5, 12.5]"
    }


def test_outline_that_goes_there_and_back_is_fine():
    """A spike covers nothing, and tools leave many of them."""
    assert remarks([5, 5, 20, 5, 30, 5, 20, 5, 20, 20, 5, 20]) == {}


def test_part_in_a_part_is_a_hole_perhaps():
    hole, beside = [9, 9, 15, 9, 15, 15, 9, 15], [18, 9, 25, 9, 25, 15, 18, 15]
    assert remarks(SQUARE, hole) == {"filled_hole": "1 of 2 parts lie inside another"}
    assert remarks(SQUARE, beside) == {}
    assert remarks(SQUARE, SQUARE) == {}


def test_part_without_a_pixel_is_counted():
    sliver = [5, 25.2, 20, 25.2, 20, 25.3]
    assert remarks(SQUARE, sliver) == {"vanished_part": "1 of 2 parts cover no pixel"}


@pytest.mark.parametrize(
    ("parts", "check"),
    [
        ([[1, 1, 9, 9]], "invalid_polygon"),
        ([[1, 1, 9, 1, 9, 9, 1]], "invalid_polygon"),
        ([1, 1, 9, 1, 9, 9], "invalid_polygon"),
        ([[1, 1, 9, 1, 9, float("nan")]], "invalid_coordinates"),
        ([[1, 1, 9, 1, 9, 10**400]], "invalid_coordinates"),
        ([[1, 1, 9, 1, 9, "9"]], "invalid_coordinates"),
        ([[-1e6, 0, 1e6, 0, -1e6, 1] * 10], "invalid_coordinates"),
    ],
)
def test_what_is_no_polygon_is_named(parts, check):
    with pytest.raises(MaskError) as error:
        polygons.translate(parts, SIZE)
    assert error.value.check == check


def test_many_parts_take_no_time():
    """Ten thousand parts, none of which has to be compared with all others."""
    parts = [[x, y, x + 2, y, x + 2, y + 2] for x in range(0, 400, 4) for y in range(0, 400, 4)]
    translated = polygons.translate([*parts, [0, 0, 4, 0, 4, 4, 0, 4]], (400, 400))
    assert translated["remarks"] == {"filled_hole": "1 of 10001 parts lie inside another"}
    assert masks.area(translated["segmentation"]) > 10_000
