import math

import numpy as np
import pytest
from squares import as_predictions

from evaluation import bootstrap, metrics, tables
from evaluation.matching import match
from evaluation.overlaps import find_overlaps
from evaluation.sizes import ANY, COCO_SIZES, thirds


@pytest.fixture
def measured(truth):
    """Everything but the first image is found; nobody ever saw a stone."""
    truth["categories"].append({"id": 3, "name": "stone"})
    found = [item for item in as_predictions(truth["annotations"]) if item["image_id"] != 11]
    matching = match(find_overlaps(truth, found, "segm"), (ANY, *COCO_SIZES, *thirds(truth)))
    weights = bootstrap.image_weights(truth)
    drawn = [bootstrap.average_precision(matching, weights, size) for size in range(7)]
    return metrics.accumulate(matching), matching, drawn


def test_per_class(measured):
    evaluation, matching, drawn = measured
    table = tables.per_class(evaluation, matching, drawn[0]).set_index("class")
    assert table["images"].tolist() == [2, 2, 0]
    assert table["instances"].tolist() == [3, 2, 0]
    assert table["AR"].tolist() == pytest.approx([2 / 3, 1 / 2, math.nan], nan_ok=True)
    assert table["AP50"].tolist() == pytest.approx([67 / 101, 51 / 101, math.nan], nan_ok=True)
    assert (table["AP_low"] <= table["AP"])[:2].all() and (table["AP"] <= table["AP_high"])[
        :2
    ].all()
    assert math.isnan(table["AP_low"]["stone"])


def test_a_class_in_one_image_has_no_interval(truth):
    truth["annotations"] = [one for one in truth["annotations"] if one["id"] != 5]
    matching = match(find_overlaps(truth, as_predictions(truth["annotations"]), "segm"))
    drawn = bootstrap.average_precision(matching, bootstrap.image_weights(truth))
    table = tables.per_class(metrics.accumulate(matching), matching, drawn)
    assert table["images"].tolist() == [2, 1]
    for bound in ("AP_low", "AP_high", "AP50_low", "AP50_high"):
        assert table[bound].notna().tolist() == [True, False]


def test_per_size_adds_up(measured):
    evaluation, matching, drawn = measured
    table = tables.per_size(evaluation, matching, drawn).set_index("size")
    assert table["instances"].tolist() == [5, 3, 2, 0, 2, 2, 1]
    assert table.loc["all", "AP"] == metrics.summary(evaluation)["AP"]
    assert math.isnan(table.loc["large", "AP"])


def test_ap_is_the_mean_of_its_parts(measured):
    evaluation, _, drawn = measured
    expected = metrics.summary(evaluation)["AP"]
    by_iou = tables.per_iou(evaluation)
    assert by_iou[by_iou["class"] == "(all)"]["AP"].mean() == pytest.approx(expected)
    by_recall = tables.per_recall(evaluation).groupby("class")["precision_mean"].mean()
    assert by_recall.mean() == pytest.approx(expected)
    draws = tables.draws(evaluation, drawn[0])
    assert draws["kind"].value_counts().to_dict() == {"resample": 1000, "half": 100, "quarter": 100}


def test_the_mean_over_classes_leaves_out_what_is_not_there():
    drawn = np.full((2, 3, 10), np.nan)
    drawn[0, 0], drawn[0, 1] = 0.2, 0.6
    assert tables.over_classes(drawn)["AP"] == pytest.approx([0.4, math.nan], nan_ok=True)
