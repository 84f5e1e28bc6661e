"""Everything that depends on the score from which detections are believed."""

import numpy as np
import pandas as pd
import pytest
from squares import annotation, as_predictions, crowded, prediction

from evaluation import calibration, confusion, counting, operating_point, thresholds
from evaluation.bootstrap import image_weights
from evaluation.matching import match
from evaluation.overlaps import find_overlaps


def matched(truth, predictions):
    return match(find_overlaps(truth, predictions, "segm"))


@pytest.fixture
def predictions():
    """One leaf right, one moved a little, one missed; a ring taken for a leaf; two made up."""
    return [
        prediction(11, 1, 4, 4, 20, 0.9),
        prediction(12, 1, 70, 15, 50, 0.8),
        prediction(11, 1, 60, 60, 40, 0.7),
        prediction(12, 2, 5, 5, 10, 0.6),
        prediction(14, 2, 5, 5, 20, 0.55),
        prediction(13, 2, 5, 5, 20, 0.5),
        prediction(13, 1, 50, 50, 30, 0.45),  # in the crowd
        prediction(13, 2, 90, 90, 20, 0.1),
    ]


def test_best_threshold_by_hand(truth, predictions):
    matching = matched(truth, predictions)
    # Of 5 objects: F1 after each detection is 2/6, 4/7, 4/8, 4/9, 4/10, 6/11, -, 6/12.
    assert thresholds.choose(matching) == 0.8
    assert thresholds.choose(matching, 0) == 0.8
    assert thresholds.choose(matching, 1) == 0.5
    scores = thresholds.scores_at(matching, 0.8)
    assert scores == {
        "objects": 5,
        "true_positives": 2,
        "false_positives": 0,
        "false_negatives": 3,
        "precision": 1,
        "recall": 0.4,
        "F1": pytest.approx(4 / 7),
    }
    assert thresholds.scores_at(matching, 0.5)["F1"] == pytest.approx(6 / 11)


@pytest.mark.parametrize("seed", range(3))
def test_no_other_threshold_is_better(seed):
    matching = matched(*crowded(seed, "segm"))
    chosen = thresholds.scores_at(matching, thresholds.choose(matching))["F1"]
    others = [thresholds.scores_at(matching, score)["F1"] for score in np.linspace(0, 1, 301)]
    assert chosen == max(others)


def test_nothing_right_gives_no_choice(truth):
    assert thresholds.choose(matched(truth, [])) == 0.5
    assert thresholds.choose(matched(truth, [prediction(14, 1, 5, 5, 20, 0.9)])) == 0.5


def test_confusion_by_hand(truth, predictions):
    matrix = confusion.confusion(matched(truth, predictions), 0.2)
    #                          leaf ring nothing
    assert matrix.tolist() == [[2, 0, 1], [1, 1, 0], [0, 2, 0]]
    table = confusion.table(matrix, ["leaf", "ring"])
    assert table["count"].sum() == 7
    assert table.iloc[-1].tolist() == ["(background)", "ring", 2]


@pytest.mark.parametrize("seed", range(3))
def test_confusion_counts_every_object_and_detection_once(seed):
    truth, predictions = crowded(seed, "segm")
    matching = matched(truth, predictions)
    matrix = confusion.confusion(matching, 0.5)
    scores = thresholds.scores_at(matching, 0.5)
    assert matrix[:-1].sum() == scores["objects"]
    assert np.trace(matrix) == scores["true_positives"]
    assert matrix[:, :-1].sum() == scores["true_positives"] + scores["false_positives"]


def test_counts_by_hand(truth, predictions):
    matching = matched(truth, predictions)
    true, predicted = counting.counts(matching, 0.45)
    assert true.tolist() == [2, 2, 1, 0]
    assert predicted.tolist() == [2, 2, 1, 1]
    table = counting.table(matching, 0.45, image_weights(truth)).set_index("class")
    row = table.loc["(all)"]
    assert (row["images"], row["objects"], row["predicted"]) == (4, 5, 6)
    assert row["mean_error"] == row["mean_absolute_error"] == 0.25
    assert row["root_mean_square_error"] == 0.5
    assert row["exact"] == 0.75
    assert row["mean_error_low"] < 0.25 < row["mean_error_high"]
    assert table.loc["leaf", "mean_error"] == 0


def test_calibration_by_hand(truth, predictions):
    table = calibration.table(matched(truth, predictions)).set_index(["class", "score_from"])
    assert table.loc[("(all)", 0.5)].tolist() == [0.6, 2, pytest.approx(0.525), 0.5]
    assert table.loc[("leaf", 0.9), "precision"] == 1
    assert table["detections"].sum() == 2 * 7  # the one in the crowd is neither right nor wrong


def test_perfectly_calibrated_scores():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "class": "(all)",
            "detections": [100, 300],
            "mean_score": [0.25, 0.75],
            "precision": [0.25, 0.75],
        }
    )
    assert calibration.expected_error(table, "(all)") == 0
    table["precision"] = [0.15, 0.55]
    assert calibration.expected_error(table, "(all)") == pytest.approx(0.175)
    assert np.isnan(calibration.expected_error(table, str(rng)))


def test_operating_point(truth, predictions):
    matching, weights = matched(truth, predictions), image_weights(truth)
    table = operating_point.table(matching, truth, predictions, 0.5, weights).set_index("class")
    assert table.loc["(all)", "true_positives"] == 3
    assert table.loc["leaf", "mask_IoU"] == pytest.approx((1 + 45 / 55) / 2)
    assert table.loc["leaf", "boundary_IoU"] < table.loc["leaf", "mask_IoU"]
    assert table.loc["ring", "boundary_IoU"] == 1
    assert table["empty_images"].tolist() == [1, 1, 1]
    assert table["false_positives_per_empty_image"].tolist() == [1, 0, 1]
    assert (table["F1_low"] <= table["F1"]).all() and (table["F1"] <= table["F1_high"]).all()


def test_f1_of_a_class_in_one_image_has_no_interval(truth):
    truth["annotations"] = [one for one in truth["annotations"] if one["id"] != 5]
    found = as_predictions(truth["annotations"])
    matching = match(find_overlaps(truth, found, "segm"))
    table = operating_point.table(matching, truth, found, 0.5, image_weights(truth))
    assert table["F1"].tolist() == [1, 1, 1]
    assert table["F1_low"].notna().tolist() == [True, True, False]


def test_operating_point_of_nothing(truth):
    truth["annotations"] = [annotation(1, 11, 1, 5, 5, 20)]
    matching = matched(truth, [])
    table = operating_point.table(matching, truth, [], 0.5, image_weights(truth))
    assert table["F1"].tolist()[:2] == [0, 0] and np.isnan(table["F1"][2])
    assert table["mask_IoU"].isna().all()


def test_perfect_predictions(truth):
    found = as_predictions(truth["annotations"])
    matching = matched(truth, found)
    table = operating_point.table(matching, truth, found, 0.5, image_weights(truth))
    assert (table[["F1", "F1_low", "F1_high", "mask_IoU", "boundary_IoU"]] == 1).all(axis=None)
