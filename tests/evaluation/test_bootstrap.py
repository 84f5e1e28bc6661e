import numpy as np
import pytest
from scipy import stats
from squares import crowded

from evaluation.bootstrap import (
    PARTS,
    RESAMPLES,
    average_precision,
    bias_of,
    image_weights,
    interval,
)
from evaluation.matching import match
from evaluation.metrics import accumulate
from evaluation.overlaps import find_overlaps


def duplicated(truth, predictions, weights):
    """The data set in which each image lies as often as it was drawn."""
    images, annotations, found = [], [], []
    for image, times in zip(sorted(truth["images"], key=lambda i: i["id"]), weights, strict=True):
        for _ in range(int(times)):
            new = len(images) + 1
            images.append({**image, "id": new})
            for items, target in ((truth["annotations"], annotations), (predictions, found)):
                target += [
                    {**item, "image_id": new} for item in items if item["image_id"] == image["id"]
                ]
    return {**truth, "images": images, "annotations": annotations}, found


@pytest.mark.parametrize("size", range(4))
def test_a_weight_is_as_good_as_a_copy(size):
    truth, predictions = crowded(5, "bbox")
    for number, item in enumerate(predictions):
        item["score"] += number * 1e-6  # copies would be ordered by image, then by score
    weights = np.array([[1, 1, 1, 1], [0, 2, 1, 1], [3, 0, 1, 0], [0, 0, 0, 4.0]])
    matching = match(find_overlaps(truth, predictions, "bbox"))
    drawn = average_precision(matching, weights, size)
    for row, expected in zip(weights, drawn, strict=True):
        copies = accumulate(match(find_overlaps(*duplicated(truth, predictions, row), "bbox")))
        copied = copies.precision[..., size].mean(axis=1).T
        assert np.allclose(expected, copied, rtol=0, atol=1e-12, equal_nan=True)


def test_a_single_image_or_group_has_no_interval():
    truth, predictions = crowded(5, "bbox")
    for image in truth["images"]:
        image["group"] = "a"
    weights = image_weights(truth)
    assert weights.shape == (RESAMPLES + 2 * PARTS, len(truth["images"]))
    drawn = average_precision(match(find_overlaps(truth, predictions, "bbox")), weights)
    assert np.isnan(interval(0.5, drawn[:, 0, 0])).all()


def test_the_same_images_are_drawn_in_the_same_way(truth):
    weights = image_weights(truth)
    assert weights.shape == (RESAMPLES + 2 * PARTS, 4)
    assert (weights[:RESAMPLES].sum(axis=1) == 1).all()  # few, as Student's t is wide
    assert np.array_equal(weights, image_weights({**truth, "annotations": []}))


def test_a_quarter_of_three_images_may_be_none():
    weights = image_weights({"images": [{"id": number} for number in range(3)]})
    of_quarters = weights[-PARTS:].sum(axis=1)
    assert np.count_nonzero(of_quarters == 1) == 75 and np.isnan(of_quarters).sum() == 25
    low, high = interval(5, weights @ [4, 5, 6] / weights.sum(axis=1))
    assert low == pytest.approx(5 - (high - 5), abs=0.5)


def test_two_halves_and_four_quarters_are_the_whole(truth):
    truth["images"].append({"id": 15})
    halves, quarters = np.split(image_weights(truth)[RESAMPLES:], [PARTS])
    assert (sum(np.split(halves, 2)) == 1).all() and set(halves[:50].sum(axis=1)) == {3}
    assert (sum(np.split(quarters, 4)) == 1).all() and set(quarters[:25].sum(axis=1)) == {2}


def test_groups_are_drawn_together(truth):
    for image, group in zip(truth["images"], ("a", "b", "a", None), strict=True):
        image["group"] = group
    weights = image_weights(truth)
    assert np.array_equal(weights[:, 0], weights[:, 2], equal_nan=True)
    assert not np.array_equal(weights[:, 0], weights[:, 1])


@pytest.mark.parametrize("count", [4, 10, 40, 400])
def test_interval_of_a_mean_is_that_of_student(count):
    values = np.random.default_rng(0).normal(5, 2, count)
    weights = image_weights({"images": [{"id": number} for number in range(count)]})
    low, high = interval(values.mean(), weights @ values / weights.sum(axis=1))
    reach = stats.t.ppf(0.975, count - 1) * values.std(ddof=1) / count**0.5
    assert (low + high) / 2 == pytest.approx(values.mean(), abs=0.3 * reach)
    assert (high - low) / 2 == pytest.approx(reach, rel=0.1 if count > 4 else 0.3)


def test_no_interval_without_a_number():
    assert np.isnan(interval(np.nan, np.ones(RESAMPLES + 2 * PARTS))).all()
    assert np.isnan(interval(0.1, np.full(RESAMPLES + 2 * PARTS, np.nan))).all()


@pytest.mark.parametrize("powers", [(0.5,), (1,), (0.5, 1)])
def test_bias_that_falls_with_the_number_of_images(powers):
    whole, half, quarter = (0.3 + sum(images**-power for power in powers) for images in (4, 2, 1))
    assert whole - bias_of(whole, half, quarter) == pytest.approx(0.3)


def test_what_is_too_high_in_parts_is_too_high_in_the_whole():
    resamples = np.linspace(0.48, 0.52, RESAMPLES)
    drawn = np.r_[resamples, np.full(PARTS, 0.51), np.full(PARTS, 0.524)]
    low, high = interval(0.5, drawn)
    bias = bias_of(0.5, 0.51, 0.524)
    reach = 1.96 * np.hypot(resamples.std(), 0.45 * bias)  # the bias is not sure either
    assert (low, high) == pytest.approx((0.5 - bias - reach, 0.5 - bias + reach))
    drawn[RESAMPLES:] += 0.1  # so far off that the number itself would lie outside
    assert interval(0.5, drawn)[1] == 0.5


def test_an_interval_ends_where_the_number_can():
    drawn = np.r_[np.linspace(0.8, 1, RESAMPLES), np.full(2 * PARTS, 0.95)]
    assert interval(0.95, drawn, 0, 1)[1] == 1
