import cv2
import numpy as np
import pytest
from pycocotools import mask as mask_utils

from evaluation.boundary import boundary_iou, cropped


def encoded(mask):
    rle = mask_utils.encode(np.asfortranarray(mask, np.uint8))
    return {"size": list(mask.shape), "counts": rle["counts"].decode()}


def blob(rng, shape):
    noise = cv2.GaussianBlur(rng.normal(size=shape), (0, 0), 4)
    return noise > np.quantile(noise, 0.8)


def band(mask, distance):
    """As the paper's authors do it: erosion of the whole image, with a border of zeros."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inner = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=distance)
    return mask & ~inner[1:-1, 1:-1].astype(bool)


@pytest.mark.parametrize("shape", [(40, 60), (200, 150), (1, 9)])
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_definition(shape, seed):
    rng = np.random.default_rng(seed)
    one, other = blob(rng, shape), blob(rng, shape)
    distance = max(round(0.02 * np.hypot(*shape)), 1)
    bands = [band(mask, distance) for mask in (one, other)]
    expected = (bands[0] & bands[1]).sum() / (bands[0] | bands[1]).sum()
    assert boundary_iou(encoded(one), encoded(other)) == pytest.approx(expected)
    assert boundary_iou(encoded(one), encoded(one)) == 1


def test_a_shift_costs_the_boundary_of_a_large_object_more_than_its_mask():
    one, other = np.zeros((2, 400, 400), bool)
    one[100:300, 100:300] = True
    other[105:305, 100:300] = True
    mask_iou = (one & other).sum() / (one | other).sum()
    assert boundary_iou(encoded(one), encoded(other)) < 0.75 < 0.95 < mask_iou


def test_nothing():
    empty = encoded(np.zeros((20, 20), bool))
    assert boundary_iou(empty, empty) == 0


@pytest.mark.parametrize("seed", range(3))
def test_cropped_is_the_mask_within_its_box(seed):
    mask = np.zeros((50, 70), bool)
    mask[10:30, 20:50] = blob(np.random.default_rng(seed), (20, 30))
    top, left, pixels = cropped(encoded(mask))
    whole = np.zeros_like(mask)
    whole[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    assert np.array_equal(whole, mask)
    assert pixels.any(axis=0)[[0, -1]].all() and pixels.any(axis=1)[[0, -1]].all()
