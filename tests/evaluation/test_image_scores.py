import math

import numpy as np
import pytest
from pycocotools import mask as mask_utils
from squares import as_predictions, crowded, prediction

from evaluation import image_scores
from evaluation.matching import match
from evaluation.overlaps import by_image, find_overlaps
from mrcnn.scores import compute_ap


def scored(truth, predictions, threshold=0.5):
    matching = match(find_overlaps(truth, predictions, "segm"))
    return image_scores.image_scores(matching, truth, threshold)


def test_perfect_images_score_1(truth):
    scores = scored(truth, as_predictions(truth["annotations"]))
    assert scores["quality"].tolist() == scores["f1"].tolist() == [1, 1, 1, 1]
    assert scores["image_AP50"].tolist() == [1, 1, 1, 1]
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
    scores = scored(truth, found).set_index("image_id")
    row = scores.loc[12]
    assert (row["true_positives"], row["false_positives"], row["false_negatives"]) == (2, 1, 0)
    assert row["predictions"] == 3
    assert row["mean_iou"] == pytest.approx((1 + 45 / 55) / 2)
    assert row["f1"] == pytest.approx(4 / 5)
    assert row["quality"] == pytest.approx(row["mean_iou"] * row["f1"])
    assert scores.loc[11, "quality"] == 0
    assert scores.loc[14, "quality"] == scores.loc[14, "image_AP50"] == 0


def test_rows_are_in_the_order_of_the_truth(truth):
    truth["images"].reverse()
    scores = scored(truth, [])
    assert scores["image_id"].tolist() == [14, 13, 12, 11]
    assert scores["objects"].tolist() == [0, 1, 2, 2]


@pytest.mark.parametrize("seed", range(2))
def test_image_ap_is_the_tutorials_compute_ap(seed):
    truth, predictions = crowded(seed, "segm")
    truth["annotations"] = [item for item in truth["annotations"] if not item["iscrowd"]]
    for number, item in enumerate(predictions):
        item["score"] += number * 1e-6
    scores = scored(truth, predictions).set_index("image_id")["image_AP50"]
    objects, found = by_image(truth["annotations"]), by_image(predictions)
    for image in truth["images"]:
        expected = compute_ap(*arrays(objects[image["id"]]), *arrays(found[image["id"]], True))[0]
        assert scores[image["id"]] == pytest.approx(expected, abs=1e-12)


def arrays(items, predicted=False):
    """Boxes (which only need to differ from padding), classes, scores of predictions, masks."""
    masks = [mask_utils.decode(item["segmentation"]).astype(bool) for item in items]
    scores = [np.array([item["score"] for item in items])] if predicted else []
    return (
        np.ones((len(items), 4)),
        np.array([item["category_id"] for item in items], int),
        *scores,
        np.stack(masks, axis=2) if masks else np.zeros((128, 128, 0), bool),
    )
