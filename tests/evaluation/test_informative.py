import numpy as np
import pytest

from evaluation.informative import Familiar, order, uncertainty


def test_uncertainty_is_the_expected_share_of_mistakes():
    assert uncertainty(np.array([1.0, 1.0]), 0.5) == 0
    assert uncertainty(np.array([]), 0.5) == 0
    assert uncertainty(np.array([0.6]), 0.5) == pytest.approx(0.4)
    # Of two, one is believed with 0.8; the other one is there with 0.3: 0.2 and 0.3 mistakes.
    assert uncertainty(np.array([0.8, 0.3]), 0.5) == pytest.approx(0.5 / 1.3)
    assert uncertainty(np.array(4 * [0.3]), 0.5) == 1


def test_an_image_that_is_most_likely_empty_is_rather_certain():
    assert uncertainty(np.array([0.05]), 0.5) == pytest.approx(0.05)
    assert uncertainty(np.array([0.05]), 0.5) < uncertainty(np.array([0.9, 0.6]), 0.5)


def test_what_is_like_the_training_images_is_not_strange():
    rng = np.random.default_rng(0)
    known = Familiar(rng.normal(3, 2, (200, 8)))
    usual = known.unlikeness(rng.normal(3, 2, (100, 8)))
    strange = known.unlikeness(rng.normal(30, 2, (100, 8)))
    assert 0.35 < usual.mean() < 0.65  # a share of the training images
    assert (strange > 1).all()
    assert known.unlikeness(rng.normal(60, 2, (1, 8))) > strange.max()
    assert known.unlikeness(known.known[:3] * known.spread + known.mean) == pytest.approx(0)


def test_a_channel_that_never_changes_is_no_trouble():
    known = Familiar(np.array([[0.0, 1], [1, 1], [3, 1]]))
    assert np.isfinite(known.unlikeness(np.array([[2.0, 1]]))).all()


def test_the_first_to_label_are_uncertain_and_unlike():
    first = order(np.array([0.1, 0.9, 0.5, 0.9]), np.array([0.2, 0.9, 1.8, 0.1]))
    assert first.tolist() == [1, 2, 3, 0]
    assert order(np.array([]), np.array([])).tolist() == []
    assert order(np.zeros(3), np.zeros(3)).tolist() == [0, 1, 2]
