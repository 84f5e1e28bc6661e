import math

import pytest
from squares import as_predictions, prediction

from evaluation import image_scores


def test_perfect_images_score_1(truth):
    scores = image_scores.image_scores(truth, as_predictions(truth["annotations"]))
    assert scores["quality"].tolist() == scores["f1"].tolist() == [1, 1, 1, 1]
    assert scores["objects"].tolist() == [2, 2, 1, 0]
    assert math.isnan(scores["mean_iou"].iloc[3])


def test_scores_by_hand(truth):
    found = [
        prediction(12, 1, 10, 70, 30, 0.9),
        prediction(12, 1, 70, 15, 50, 0.8),
        prediction(12, 2, 70, 10, 50, 0.7),
        prediction(12, 2, 0, 0, 50, 0.4),
        prediction(14, 2, 0, 0, 50, 0.6),
    ]
    scores = image_scores.image_scores(truth, found, min_score=0.5).set_index("image_id")
    row = scores.loc[12]
    assert (row["true_positives"], row["false_positives"], row["false_negatives"]) == (2, 1, 0)
    assert row["mean_iou"] == pytest.approx((1 + 45 / 55) / 2)
    assert row["f1"] == pytest.approx(4 / 5)
    assert row["quality"] == pytest.approx(row["mean_iou"] * row["f1"])
    assert scores.loc[11, "quality"] == 0
    assert scores.loc[14, "quality"] == 0
    counts = image_scores.false_positives_without_objects(truth, found, 0.5)
    assert counts == {"leaf": 0, "ring": 1}


def test_best_and_worst(truth):
    found = [item for item in as_predictions(truth["annotations"]) if item["image_id"] != 12]
    scores = image_scores.image_scores(truth, found)
    assert image_scores.best_and_worst(scores, 1) == ([11], [12])
    assert image_scores.best_and_worst(scores, 4) == ([11, 13], [12])
    assert image_scores.best_and_worst(scores, 0) == ([], [])
