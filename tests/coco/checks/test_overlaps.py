import numpy as np
import pytest

from coco import masks
from coco.checks import overlaps


def annotation(x, y, width, height, size=(300, 300), crowd=0):
    mask = np.zeros(size, bool)
    mask[y : y + height, x : x + width] = True
    rle = masks.encode(mask)
    return {
        "segmentation": rle,
        "bbox": masks.box(rle),
        "area": masks.area(rle),
        "iscrowd": crowd,
        "category_id": 1,
        "source_id": 1,
    }


def test_pairs_are_those_of_the_pixels():
    rng = np.random.default_rng(0)
    found = [annotation(*rng.integers(0, 40, 2), *rng.integers(3, 30, 2)) for _ in range(60)]
    pixels = [masks.decode(one["segmentation"]) for one in found]
    expected = set()
    for first in range(60):
        for second in range(first + 1, 60):
            common = (pixels[first] & pixels[second]).sum()
            if common >= 0.95 * min(pixels[first].sum(), pixels[second].sum()):
                expected.add((first, second))
    position = {id(one): number for number, one in enumerate(found)}
    pairs = list(overlaps.pairs(found))
    assert {(position[id(pair.first)], position[id(pair.second)]) for pair in pairs} == expected
    for pair in pairs:
        one, other = (pixels[position[id(side)]] for side in (pair.first, pair.second))
        assert pair.iou == pytest.approx((one & other).sum() / (one | other).sum())


def test_crowds_and_single_objects_are_not_compared():
    assert not list(overlaps.pairs([annotation(0, 0, 50, 50, crowd=1), annotation(5, 5, 9, 9)]))
    assert list(overlaps.pairs([annotation(0, 0, 50, 50), annotation(5, 5, 9, 9)]))


def test_objects_that_are_apart_are_no_candidates():
    apart = [annotation(x, y, 4, 4) for x in range(0, 300, 6) for y in range(0, 300, 6)]
    assert overlaps.candidates(apart) == []
