import numpy as np
import pytest
from PIL import Image, ImageOps

from coco import orientation

STORED, TURNED = (20, 12), (12, 20)


@pytest.mark.parametrize("value", range(1, 9))
def test_pixels_are_turned_as_pillow_does(tmp_path, value):
    pixels = np.random.default_rng(0).integers(0, 256, (12, 20, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = value
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as image:
        expected = np.array(ImageOps.exif_transpose(image))
    turned = orientation.turn(pixels, value)
    np.testing.assert_array_equal(turned, expected)
    np.testing.assert_array_equal(orientation.turn_back(turned, value), pixels)
    assert orientation.size_after(value, STORED) == turned.shape[1::-1]


@pytest.mark.parametrize("value", [None, 0, 9, "6", 2**40])
def test_what_is_no_orientation_turns_nothing(value):
    assert orientation.valid(value) == 1


@pytest.mark.parametrize(
    ("exif", "declared", "expected"),
    [
        (6, TURNED, 6),  # fits only once turned
        (6, STORED, 1),  # fits only as stored
        (3, STORED, 3),  # fits either way
        (6, None, 6),
        (6, (99, 99), 6),  # fits neither: the validation finds it
        (1, STORED, 1),
    ],
)
def test_declared_size_decides(exif, declared, expected):
    assert orientation.decide("auto", [(exif, STORED, declared)]) == [expected]


def test_sizes_that_tell_decide_for_those_that_do_not():
    upside_down, square, unreadable = (
        (3, STORED, STORED),
        (6, (9, 9), (9, 9)),
        (1, (None, None), None),
    )
    unsure = [upside_down, square, unreadable]
    as_stored, as_turned = (6, STORED, STORED), (8, STORED, TURNED)
    assert orientation.decide("auto", [*unsure, as_stored]) == [1, 1, 1, 1]
    assert orientation.decide("auto", [*unsure, as_turned]) == [3, 6, 1, 8]
    assert orientation.decide("auto", unsure) == [3, 6, 1]
    assert orientation.decide("auto", [upside_down, as_stored, as_stored, as_turned]) == [
        1,
        1,
        1,
        8,
    ]


def test_policy_overrides_the_sizes():
    photos = [(6, STORED, STORED), (8, STORED, TURNED)]
    assert orientation.decide("apply", photos) == [6, 8]
    assert orientation.decide("ignore", photos) == [1, 1]
