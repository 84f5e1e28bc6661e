import numpy as np
import pytest
from squares import SIZE, square

from evaluation.painting import PANEL, Mask, draw_masks, fitted, outline_width
from evaluation.palette import COLOURS, class_colours


def grey(height, width):
    return np.full((height, width, 3), 90, np.uint8)


@pytest.mark.parametrize("size", [(16, 16), (128, 128), (400, 576), (3000, 700), (577, 20)])
def test_the_longer_side_fills_the_panel(size):
    assert max(fitted(grey(*size)).shape[:2]) == PANEL


def test_whole_factors_keep_every_pixel():
    image = np.random.default_rng(0).integers(0, 256, (96, 192, 3), np.uint8)
    assert np.array_equal(fitted(image), image.repeat(3, 0).repeat(3, 1))


def test_masks_are_filled_in_their_colour():
    mask = Mask(square(32, 32, 64)["segmentation"], COLOURS[0])
    pixels = np.asarray(draw_masks(grey(SIZE, SIZE), [mask], opacity=1.0))
    assert tuple(pixels[PANEL // 2, PANEL // 2]) == COLOURS[0]
    assert tuple(pixels[PANEL // 8, PANEL // 8]) == (90, 90, 90)


def test_small_objects_lie_on_large_ones():
    small = Mask(square(50, 50, 28)["segmentation"], COLOURS[0])
    large = Mask(square(10, 10, 108)["segmentation"], COLOURS[1])
    for masks in ([small, large], [large, small]):
        pixels = np.asarray(draw_masks(grey(SIZE, SIZE), masks, opacity=1.0))
        assert tuple(pixels[PANEL // 2, PANEL // 2]) == COLOURS[0]


def test_an_image_at_the_panel_s_size_is_not_written_to():
    image = grey(PANEL, PANEL)
    draw_masks(image, [Mask(square(9, 9, 99, PANEL)["segmentation"], COLOURS[0], "x", True)])
    assert (image == 90).all()


def test_outlines_of_a_picture_have_one_width():
    small, large = (Mask(square(9, 9, side)["segmentation"], COLOURS[0]) for side in (4, 60))
    assert outline_width(grey(SIZE, SIZE), [small, small, large]) == 1
    assert outline_width(grey(SIZE, SIZE), [small, large, large]) == 2
    assert outline_width(grey(SIZE, SIZE), []) == 2


def test_a_mask_of_one_pixel():
    draw_masks(grey(SIZE, SIZE), [Mask(square(9, 9, 1)["segmentation"], COLOURS[0], "x", True)])


def test_colours_repeat():
    colours = class_colours([{"id": n} for n in range(1, 20)])
    assert len(set(colours.values())) == len(COLOURS)
    assert colours[1] == colours[1 + len(COLOURS)]
