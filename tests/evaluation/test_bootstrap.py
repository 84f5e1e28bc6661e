import numpy as np
import pytest
from squares import crowded

from evaluation.bootstrap import HALVES, RESAMPLES, average_precision, image_weights, interval
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
    assert weights.shape == (RESAMPLES + HALVES, len(truth["images"]))
    drawn = average_precision(match(find_overlaps(truth, predictions, "bbox")), weights)
    assert np.isnan(interval(0.5, drawn[:, 0, 0])).all()


def test_the_same_images_are_drawn_in_the_same_way(truth):
    weights = image_weights(truth)
    assert weights.shape == (RESAMPLES + HALVES, 4)
    assert (weights[:RESAMPLES].sum(axis=1) == 4).all()
    assert np.array_equal(weights, image_weights({**truth, "annotations": []}))


def test_two_halves_are_the_whole(truth):
    truth["images"].append({"id": 15})
    one, other = np.split(image_weights(truth)[RESAMPLES:], 2)
    assert (one + other == 1).all()
    assert set(one.sum(axis=1)) == {3}


def test_groups_are_drawn_together(truth):
    for image, group in zip(truth["images"], ("a", "b", "a", None), strict=True):
        image["group"] = group
    weights = image_weights(truth)
    assert np.array_equal(weights[:, 0], weights[:, 2])
    assert not np.array_equal(weights[:, 0], weights[:, 1])


def test_interval_of_a_mean():
    rng = np.random.default_rng(0)
    values = rng.normal(5, 2, 400)
    means = [rng.choice(values, 400).mean() for _ in range(RESAMPLES)]
    halves = np.full(HALVES, values.mean())
    low, high = interval(values.mean(), np.array([*means, *halves]))
    assert low == pytest.approx(values.mean() - 1.96 * 2 / 20, abs=0.02)
    assert high == pytest.approx(values.mean() + 1.96 * 2 / 20, abs=0.02)


def test_no_interval_without_a_number():
    assert np.isnan(interval(np.nan, np.ones(RESAMPLES + HALVES))).all()
    assert np.isnan(interval(0.1, np.full(RESAMPLES + HALVES, np.nan))).all()


def test_what_is_too_high_in_halves_is_too_high_in_the_whole():
    drawn = np.r_[
        np.full(RESAMPLES // 2, 0.48), np.full(RESAMPLES // 2, 0.52), np.full(HALVES, 0.51)
    ]
    low, high = interval(0.5, drawn)
    bias = 0.01 / (2**0.5 - 1)
    reach = 1.96 * np.hypot(0.02, 0.4 * bias)  # the bias is not sure either
    assert (low, high) == pytest.approx((0.5 - bias - reach, 0.5 - bias + reach))
    drawn[RESAMPLES:] = 0.6  # so far off that the number itself would lie outside
    assert interval(0.5, drawn)[1] == 0.5


def test_an_interval_ends_where_the_number_can():
    drawn = np.r_[np.linspace(0.8, 1, RESAMPLES), np.full(HALVES, 0.95)]
    assert interval(0.95, drawn, 0, 1)[1] == 1
