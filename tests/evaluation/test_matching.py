import pytest
from squares import annotation, as_predictions, prediction

from evaluation.matching import match


def test_best_score_comes_first():
    objects = [annotation(1, 1, 1, 10, 10, 20)]
    found = match(objects, [prediction(1, 1, 10, 10, 20, 0.6), prediction(1, 1, 12, 10, 20, 0.9)])
    assert found.pairs == [(0, 1, pytest.approx(18 / 22))]
    assert found.false_positives == [0]


def test_largest_overlap_wins():
    objects = [annotation(1, 1, 1, 10, 10, 20), annotation(2, 1, 1, 14, 10, 20)]
    found = match(objects, [prediction(1, 1, 13, 10, 20, 0.6)])
    assert [pair[:2] for pair in found.pairs] == [(1, 0)]
    assert found.missed == [0]


def test_wrong_class_is_missed_and_false_positive():
    found = match([annotation(1, 1, 1, 10, 10, 20)], [prediction(1, 2, 10, 10, 20, 0.6)])
    assert (found.pairs, found.missed, found.false_positives) == ([], [0], [0])


def test_crowds_excuse_and_cannot_be_missed():
    objects = [annotation(1, 1, 1, 10, 10, 80, crowd=1), annotation(2, 1, 1, 20, 20, 20)]
    inside = [prediction(1, 1, x, x, 20, 0.9) for x in (20, 50, 50)]
    found = match(objects, [*inside, prediction(1, 2, 50, 50, 20, 0.9)])
    assert [pair[:2] for pair in found.pairs] == [(1, 0)]
    assert found.missed == []
    assert found.false_positives == [3]


def test_nothing_to_match(truth):
    assert match([], []).pairs == []
    assert match(truth["annotations"][:2], []).missed == [0, 1]
    assert match([], as_predictions(truth["annotations"])[:2]).false_positives == [0, 1]
