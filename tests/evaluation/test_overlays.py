import numpy as np
import pytest
from squares import as_predictions, prediction

from evaluation.overlays import CROWDED, MARGIN, alone, side_by_side
from evaluation.painting import PANEL, WIDE
from evaluation.palette import INK

LEAF = [{"id": 1, "name": "leaf"}]
IMAGE = np.full((128, 128, 3), 90, np.uint8)


@pytest.mark.parametrize("size", [(16, 16), (128, 128), (400, 576), (3000, 700), (577, 20)])
def test_pictures_fit_the_report(size):
    picture = side_by_side(np.zeros((*size, 3), np.uint8), [], [], LEAF, "a.png")
    assert 600 <= picture.width <= 1200
    assert picture.height <= 720


def test_what_has_no_counterpart_looks_different(truth):
    objects = truth["annotations"][:2]
    found = as_predictions(objects)

    def dark_pixels(objects, predictions):
        picture = np.asarray(side_by_side(IMAGE, objects, predictions, truth["categories"]))
        dark = (picture == INK).all(axis=2)[40:600]
        middle = picture.shape[1] // 2
        return dark[:, :middle].sum(), dark[:, middle:].sum()

    missed = [objects[0], {**objects[1], "mistake": "missed"}]
    wrong = {**prediction(11, 1, 100, 100, 20, 0.9), "mistake": "nothing here"}
    left, right = dark_pixels(objects, found)
    missed_left, _ = dark_pixels(missed, found[:1])
    _, false_right = dark_pixels(objects, [*found, wrong])
    assert missed_left > left + 200
    assert false_right > right + 200


def test_crowds_are_not_drawn(truth):
    crowd = truth["annotations"][-1:]
    with_crowd = side_by_side(IMAGE, crowd, [], truth["categories"])
    without = side_by_side(IMAGE, [], [], truth["categories"])
    panel = (MARGIN, 40, MARGIN + PANEL, 40 + PANEL)
    assert np.array_equal(with_crowd.crop(panel), without.crop(panel))


def test_hundreds_of_objects():
    found = [prediction(1, 1, n % 20 * 6, n // 20 * 6, 5, 0.9) for n in range(375)]
    assert side_by_side(IMAGE, [], found, LEAF).width == 2 * PANEL + 3 * MARGIN


def test_many_and_long_names_fit():
    categories = [{"id": n, "name": f"Blattläuse {n} 葉 " * 2} for n in range(1, 20)]
    found = [prediction(1, n, 5 * n, 5 * n, 9, 0.9) for n in range(1, 20)]
    picture = side_by_side(IMAGE, [], found, categories, "a very long name " * 20)
    assert picture.width <= 1200


def test_names_with_line_breaks_are_in_one_line(truth):
    categories = [{"id": 1, "name": "a\nleaf"}, truth["categories"][1]]
    picture = side_by_side(IMAGE, truth["annotations"][:1], [], categories, "two\nlines.png")
    plain = [{"id": 1, "name": "a leaf"}, truth["categories"][1]]
    same = side_by_side(IMAGE, truth["annotations"][:1], [], plain, "two lines.png")
    assert picture.tobytes() == same.tobytes()


@pytest.mark.parametrize("count", [1, CROWDED + 1])
def test_a_prediction_alone_says_which_class_it_is(count):
    found = [prediction(1, 2, n, n, 20, 0.9) for n in range(count)]
    one, other = (
        np.asarray(alone(IMAGE, found, [*LEAF, {"id": 2, "name": name}], "a.png"))
        for name in ("ring", "star")
    )
    assert one.shape == other.shape and one.shape[1] == PANEL + 2 * MARGIN
    below = slice(-MARGIN - 22, None)  # the legend
    assert (one[below] != other[below]).any()
    assert ((one != other).any(axis=2)[:-100].any()) == (count == 1)  # the label of the object


def test_an_image_in_which_nothing_was_found():
    assert alone(IMAGE, [], LEAF, "a.png").width == PANEL + 2 * MARGIN
    large = np.zeros((100, 5000, 3), np.uint8)
    assert alone(large, [], LEAF, "a.png").width == WIDE + 2 * MARGIN <= 1200
