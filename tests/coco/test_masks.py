import numpy as np
import pytest

from coco import masks
from coco.errors import InputError

# pycocotools' own, with numpy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def random_masks(number):
    rng = np.random.default_rng(0)
    for _ in range(number):
        height, width = rng.integers(1, 40, 2)
        yield rng.random((height, width)) < rng.random()


def test_mask_survives_the_round_trip():
    for mask in random_masks(200):
        rle = masks.encode(mask)
        np.testing.assert_array_equal(masks.decode(rle), mask)
        assert masks.checked(rle) == rle
        assert masks.from_counts(masks.run_lengths(rle["counts"]), *mask.shape) == rle


def test_area_and_box_are_those_of_the_pixels():
    for mask in random_masks(200):
        rle = masks.encode(mask)
        assert masks.area(rle) == mask.sum()
        ys, xs = np.nonzero(mask)
        if len(ys):
            x, y, width, height = masks.box(rle)
            assert (x, y) == (xs.min(), ys.min())
            assert (x + width, y + height) == (xs.max() + 1, ys.max() + 1)
        else:
            assert masks.box(rle) == [0, 0, 0, 0]


def test_labels_are_a_mask_per_value():
    rng = np.random.default_rng(0)
    for _ in range(100):
        labels = rng.integers(0, 5, rng.integers(1, 20, 2)) * 1000
        found = masks.from_labels(labels)
        assert set(found) == set(labels.ravel().tolist()) - {0}
        for value, rle in found.items():
            assert rle == masks.encode(labels == value)


def test_values_of_wide_images_are_masks_too():
    labels = np.random.default_rng(0).integers(0, 3, (20, 2 * masks.STRIP + 7), np.uint8)
    labels[:, masks.STRIP - 30 : masks.STRIP + 30] = 7  # goes on from strip to strip
    for value, rle in masks.from_labels(labels).items():
        assert rle == masks.encode(labels == value)


def test_ring_keeps_its_hole():
    ring = np.zeros((20, 20), bool)
    ring[4:16, 4:16] = True
    ring[8:12, 8:12] = False
    assert not masks.decode(masks.encode(ring))[10, 10]


def test_polygons_are_joined():
    two = masks.from_polygons([[1, 1, 5, 1, 5, 5, 1, 5], [3, 3, 9, 3, 9, 9, 3, 9]], 12, 12)
    assert masks.area(two) == 4 * 4 + 6 * 6 - 2 * 2
    assert masks.box(two) == [1, 1, 8, 8]


def test_polygon_is_cut_off_at_the_border():
    rle = masks.from_polygons([[-5, -5, 4, -5, 4, 30, -5, 30]], height=10, width=8)
    assert masks.area(rle) == 4 * 10
    assert masks.extent([[-5, -5, 4, -5, 4, 30, -5, 30]]) == [-5, -5, 9, 35]


@pytest.mark.parametrize(
    "polygon",
    [[1, 1, 5, 5], [1, 1, 5, 1, 5, 5, 9], [1, 1, 5, 1, 5, None], [1, 1, 5, 1, 5, float("nan")],
     [1, 1, 5, 1, 5, 1e9], ["1", "1", "5", "1", "5", "5"]],
)  # fmt: skip
def test_what_is_no_polygon_is_refused(polygon):
    with pytest.raises(InputError, match="polygon"):
        masks.from_polygons([polygon], 10, 10)


@pytest.mark.parametrize("counts", ["", "abc", "0", "d0", "P" * 50, "é", "\x00", "oooo"])
def test_damaged_counts_are_refused(counts):
    with pytest.raises(InputError, match=r"run lengths|counts"):
        masks.checked({"size": [10, 10], "counts": counts})


@pytest.mark.parametrize("runs", [[], [101], [50, 49], [-1, 101], [0.5, 99.5]])
def test_run_lengths_must_fill_the_image(runs):
    with pytest.raises(InputError, match="run lengths"):
        masks.from_counts(runs, 10, 10)
