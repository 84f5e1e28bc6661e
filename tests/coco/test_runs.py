import numpy as np
import pytest

from coco import masks, runs


def random_mask(rng):
    height, width = rng.integers(1, 40, 2)
    return rng.random((height, width)) < rng.choice([0.0, 0.1, 0.5, 0.9, 1.0])


@pytest.mark.parametrize("seed", range(40))
def test_as_with_whole_masks(seed):
    rng = np.random.default_rng(seed)
    mask = random_mask(rng)
    rle, (height, width) = masks.encode(mask), mask.shape
    assert runs.lengths(rle["counts"]).tolist() == masks.run_lengths(rle["counts"])
    y1, y2 = sorted(rng.integers(0, height + 1, 2))
    x1, x2 = sorted(rng.integers(0, width + 1, 2))
    found = runs.crop(runs.of_mask(rle), height, (y1, x1, y2, x2))
    np.testing.assert_array_equal(found, mask[y1:y2, x1:x2])
    if mask.any():
        top, left, below, beside = rng.integers(0, 4, 4)
        whole = np.pad(mask, ((top, below), (left, beside)))
        assert runs.place(mask, top, left, *whole.shape) == masks.encode(whole)


def test_long_runs():
    """Differences of run lengths take several characters, either sign."""
    mask = np.zeros((3000, 40), bool)
    mask[2:2999, 3:20] = True
    mask[7, 30] = True
    rle = masks.encode(mask)
    assert runs.lengths(rle["counts"]).tolist() == masks.run_lengths(rle["counts"])
    np.testing.assert_array_equal(
        runs.crop(runs.of_mask(rle), 3000, (1, 2, 3000, 40)), mask[1:3000, 2:40]
    )


def test_a_window_of_a_gigantic_mask():
    """65000 x 65000 pixels, near the 2**32 that an RLE can have."""
    side, small = 65000, np.random.default_rng(0).random((30, 50)) < 0.5
    rle = runs.place(small, side - 30, side - 50, side, side)
    assert rle == masks.checked(rle)
    assert masks.area(rle) == small.sum()
    box = (side - 40, side - 60, side, side)
    np.testing.assert_array_equal(runs.crop(runs.of_mask(rle), side, box)[10:, 10:], small)
