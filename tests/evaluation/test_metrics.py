import contextlib
import io
import json
import math
from copy import deepcopy

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from squares import annotation, as_predictions, prediction

from evaluation import metrics
from evaluation.overlaps import IOU_TYPES

COLUMNS = ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "ARmax"]


def numbers(truth, predictions, iou_type="segm", max_detections=100):
    row = metrics.summary(metrics.evaluate(truth, predictions, iou_type, max_detections))
    return [row[column] for column in COLUMNS]


def undefined_as_nan(stats):
    return [math.nan if value == -1 else value for value in stats[: len(COLUMNS)]]


def pycocotools_stats(truth, predictions, iou_type):
    """What pycocotools itself says. Without their boxes masks have their own area."""
    predictions = deepcopy(predictions)
    if iou_type == "segm":
        for item in predictions:
            del item["bbox"]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = deepcopy(truth)
        coco.createIndex()
        coco_eval = COCOeval(coco, coco.loadRes(predictions), iou_type)
        coco_eval.evaluate()
        coco_eval.accumulate()
        coco_eval.summarize()
    return undefined_as_nan(coco_eval.stats)


def noisy(truth, seed):
    """Predictions moved, resized, dropped, made up, and some in a wrong class."""
    random = np.random.default_rng(seed)
    found = []
    for item in truth["annotations"]:
        for _ in range(random.integers(0, 4)):
            x, y, side = item["bbox"][:3] + random.integers(-4, 5, 3)
            category = item["category_id"] if random.random() < 0.8 else random.integers(1, 3)
            x, y = max(int(x), 0), max(int(y), 0)
            score = float(random.random())
            found.append(prediction(item["image_id"], int(category), x, y, int(side), score))
    found.append(prediction(14, 2, 30, 30, 30, 0.7))
    return found


@pytest.mark.parametrize(
    ("folder", "expected", "iou_type"),
    [
        ("coco_fake100", "expected_bbox.json", "bbox"),
        ("coco_fake100", "expected_segm.json", "segm"),
        ("detectron2_small", "expected_bbox.json", "bbox"),
        ("faster_coco_eval_small", "expected_bbox.json", "bbox"),
        ("faster_coco_eval_small", "expected_segm_rle.json", "segm"),
    ],
)
def test_published_numbers(shared, folder, expected, iou_type):
    folder = shared / "data" / "eval_parity" / folder
    expected = json.loads((folder / expected).read_text())
    truth = json.loads((folder / expected["gt"]).read_text())
    predictions = json.loads((folder / expected["dt"]).read_text())
    expected = undefined_as_nan(expected["stats"])
    assert np.array_equal(numbers(truth, predictions, iou_type), expected, equal_nan=True)


def test_published_numbers_with_crowds_and_ignored_objects(shared):
    folder = shared / "data" / "eval_parity" / "faster_coco_eval_small"
    expected = json.loads((folder / "expected_ignore_bbox.json").read_text())
    truth = json.loads((folder / "gt_ignore_intids.json").read_text())
    predictions = json.loads((folder / "dt_ignore_test.json").read_text())
    predictions = [item for item in predictions if item["score"] >= 0.1]
    expected = undefined_as_nan(expected["stats"])
    assert np.array_equal(numbers(truth, predictions, "bbox"), expected, equal_nan=True)


def test_detectron2_masks_have_their_own_area(shared):
    folder = shared / "data" / "eval_parity" / "detectron2_small"
    truth = json.loads((folder / "gt.json").read_text())
    predictions = json.loads((folder / "dt.json").read_text())
    assert numbers(truth, predictions) == pytest.approx(
        pycocotools_stats(truth, predictions, "segm"), nan_ok=True
    )


@pytest.mark.parametrize("iou_type", IOU_TYPES)
@pytest.mark.parametrize("seed", range(5))
def test_equals_pycocotools_exactly(truth, iou_type, seed):
    predictions = noisy(truth, seed)
    expected = pycocotools_stats(truth, predictions, iou_type)
    assert np.array_equal(numbers(truth, predictions, iou_type), expected, equal_nan=True)


def test_perfect_predictions(truth):
    found = numbers(truth, as_predictions(truth["annotations"]))
    assert found[:3] == pytest.approx([1, 1, 1])
    assert found[-1] == 1


def test_order_does_not_matter(truth):
    predictions = noisy(truth, 0)
    random = np.random.default_rng(0)
    shuffled = [predictions[number] for number in random.permutation(len(predictions))]
    shuffled_truth = {
        key: [truth[key][number] for number in random.permutation(len(truth[key]))] for key in truth
    }
    expected = numbers(truth, predictions)
    assert np.array_equal(numbers(shuffled_truth, shuffled), expected, equal_nan=True)


def test_as_many_detections_count_as_asked_for():
    truth = {
        "images": [{"id": 1, "width": 128, "height": 128}],
        "categories": [{"id": 1, "name": "nucleus"}],
        "annotations": [
            annotation(number + 1, 1, 1, number % 20 * 6, number // 20 * 6, 5)
            for number in range(375)
        ],
    }
    predictions = as_predictions(truth["annotations"])
    few, enough = (numbers(truth, predictions, "segm", limit) for limit in (100, 500))
    assert enough[0] == pytest.approx(1)
    assert enough[-1] == 1
    assert few[-1] == pytest.approx(100 / 375)
    assert numbers(truth, predictions, "segm", 5)[-1] == pytest.approx(5 / 375)
    assert enough[-3:-1] == few[-3:-1] == pytest.approx([1 / 375, 10 / 375])


def test_no_predictions(truth):
    ap, *_, largest_area, _, _, recall = numbers(truth, [])
    assert ap == recall == 0
    assert math.isnan(largest_area)


def test_no_objects(truth):
    truth["annotations"] = []
    assert all(map(math.isnan, numbers(truth, [prediction(11, 1, 5, 5, 20, 0.9)])))
    assert all(map(math.isnan, numbers(truth, [])))


def test_predictions_in_a_crowd_are_excused(truth):
    predictions = as_predictions(truth["annotations"])
    inside = prediction(13, 1, 50, 50, 30, 0.9999)
    outside = prediction(13, 1, 5, 5, 30, 0.9999)
    assert numbers(truth, [*predictions, inside])[0] == pytest.approx(1)
    assert numbers(truth, [*predictions, outside])[0] < 0.9


def test_input_stays_as_it_was_and_nothing_is_printed(truth, capsys):
    predictions = noisy(truth, 1)
    before = deepcopy((truth, predictions))
    metrics.evaluate(truth, predictions)
    assert (truth, predictions) == before
    assert capsys.readouterr() == ("", "")


def test_annotation_0_can_be_found(truth):
    expected = numbers(truth, as_predictions(truth["annotations"]))
    truth["annotations"][0]["id"] = 0
    found = numbers(truth, as_predictions(truth["annotations"]))
    assert np.array_equal(found, expected, equal_nan=True)
