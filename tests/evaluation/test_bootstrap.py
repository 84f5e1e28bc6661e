import numpy as np
import pytest
from squares import crowded

from evaluation.bootstrap import average_precision, image_weights, interval
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


def test_the_same_images_are_drawn_in_the_same_way(truth):
    weights = image_weights(truth, 50)
    assert weights.shape == (50, 4)
    assert (weights.sum(axis=1) == 4).all()
    assert np.array_equal(weights, image_weights({**truth, "annotations": []}, 50))


def test_groups_are_drawn_together(truth):
    for image, group in zip(truth["images"], ("a", "b", "a", None), strict=True):
        image["group"] = group
    weights = image_weights(truth, 50)
    assert np.array_equal(weights[:, 0], weights[:, 2])
    assert not np.array_equal(weights[:, 0], weights[:, 1])


def test_interval_of_a_mean():
    rng = np.random.default_rng(0)
    values = rng.normal(5, 2, 400)
    means = [rng.choice(values, 400).mean() for _ in range(2000)]
    low, high = interval(values.mean(), np.array(means))
    assert low == pytest.approx(values.mean() - 1.96 * 2 / 20, abs=0.03)
    assert high == pytest.approx(values.mean() + 1.96 * 2 / 20, abs=0.03)


def test_no_interval_without_a_number():
    assert np.isnan(interval(np.nan, np.array([0.1, 0.2]))).all()
    assert np.isnan(interval(0.1, np.array([np.nan]))).all()
