import contextlib
import io
from copy import deepcopy

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from squares import annotation, as_predictions, crowded, prediction

from evaluation.matching import ALL, IOU_50, match
from evaluation.metrics import accumulate
from evaluation.overlaps import IOU_TYPES, find_overlaps
from evaluation.sizes import ANY, COCO_SIZES, thirds

CATEGORIES = [{"id": 1, "name": "leaf"}, {"id": 2, "name": "ring"}]


def matched(objects, predictions, iou_type="segm", max_detections=100):
    images = sorted({item["image_id"] for item in [*objects, *predictions]} | {1})
    truth = {
        "images": [{"id": number, "width": 128, "height": 128} for number in images],
        "categories": CATEGORIES,
        "annotations": objects,
    }
    return match(find_overlaps(truth, predictions, iou_type, max_detections))


def found(objects, predictions):
    """(object, prediction, IoU), missed objects and false positives, by their positions."""
    matching = matched(objects, predictions)
    overlaps = matching.overlaps
    detection, object_, iou = matching.pairs()
    pairs = zip(
        overlaps.objects.number[object_].tolist(),
        overlaps.detections.number[detection].tolist(),
        iou.tolist(),
        strict=True,
    )
    missed, wrong, _ = matching.at(0)
    return list(pairs), sorted(missed), sorted(wrong)


def test_best_score_comes_first():
    objects = [annotation(1, 1, 1, 10, 10, 20)]
    moved = [prediction(1, 1, 10, 10, 20, 0.6), prediction(1, 1, 12, 10, 20, 0.9)]
    assert found(objects, moved) == ([(0, 1, pytest.approx(18 / 22))], [], [0])


def test_largest_overlap_wins():
    objects = [annotation(1, 1, 1, 10, 10, 20), annotation(2, 1, 1, 14, 10, 20)]
    pairs, missed, wrong = found(objects, [prediction(1, 1, 13, 10, 20, 0.6)])
    assert [pair[:2] for pair in pairs] == [(1, 0)]
    assert (missed, wrong) == ([0], [])


def test_wrong_class_is_missed_and_false_positive():
    assert found([annotation(1, 1, 1, 10, 10, 20)], [prediction(1, 2, 10, 10, 20, 0.6)]) == (
        [],
        [0],
        [0],
    )


def test_crowds_excuse_and_cannot_be_missed():
    objects = [annotation(1, 1, 1, 10, 10, 80, crowd=1), annotation(2, 1, 1, 20, 20, 20)]
    inside = [prediction(1, 1, x, x, 20, 0.9) for x in (20, 50, 50)]
    pairs, missed, wrong = found(objects, [*inside, prediction(1, 2, 50, 50, 20, 0.9)])
    assert [pair[:2] for pair in pairs] == [(1, 0)]
    assert (missed, wrong) == ([], [3])


def test_nothing_to_match(truth):
    objects = truth["annotations"][:2]
    assert found([], []) == ([], [], [])
    assert found(objects, []) == ([], [0, 1], [])
    assert found([], as_predictions(objects)) == ([], [], [0, 1])


def test_at_keeps_what_scores_enough():
    objects = [annotation(1, 1, 1, 10, 10, 20)]
    predictions = [prediction(1, 1, 10, 10, 20, 0.6), prediction(1, 1, 60, 60, 20, 0.4)]
    matching = matched(objects, predictions)
    assert matching.at(0.6) == (set(), set(), [0])
    assert matching.at(0.7) == ({0}, set(), [])
    assert matching.at(0.1) == (set(), {1}, [0, 1])


@pytest.mark.parametrize("iou_type", IOU_TYPES)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("limit", [100, 15])
def test_every_curve_equals_pycocotools(iou_type, seed, limit):
    truth, predictions = crowded(seed, iou_type)
    sizes = (ANY, *COCO_SIZES, *thirds(truth))
    matching = match(find_overlaps(truth, predictions, iou_type, limit), sizes)
    evaluation = accumulate(matching)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = deepcopy(truth)
        coco.createIndex()
        reference = COCOeval(coco, coco.loadRes(deepcopy(predictions)), iou_type)
        reference.params.maxDets = [1, 10, limit]
        reference.params.areaRng = [[size.least, size.most] for size in sizes]
        reference.params.areaRngLbl = [size.name for size in sizes]
        reference.evaluate()
        reference.accumulate()
    precision = np.where(reference.eval["precision"] > -1, reference.eval["precision"], np.nan)
    recall = np.where(reference.eval["recall"] > -1, reference.eval["recall"], np.nan)
    assert 0 < np.nanmean(precision) < 1
    assert np.array_equal(evaluation.precision, precision[..., -1], equal_nan=True)
    assert np.array_equal(evaluation.recall, recall, equal_nan=True)


def test_a_third_of_the_objects_in_each_third(truth):
    areas = [9, 16, 16, 25, 100, 400, 900]
    truth["annotations"] = [
        annotation(number, 11, 1, 5, 5, round(area**0.5)) for number, area in enumerate(areas, 1)
    ]
    inside = [[area for area in areas if size.least <= area <= size.most] for size in thirds(truth)]
    assert inside == [[9, 16, 16], [25, 100], [400, 900]]


def test_no_detection_is_right_twice():
    truth, predictions = crowded(0, "segm")
    matching = match(find_overlaps(truth, predictions, "segm"))
    _, object_, _ = matching.pairs()
    assert len(set(object_.tolist())) == len(object_) == matching.right()[:, IOU_50].sum()
    assert not (matching.right() & matching.wrong()).any()
    assert not matching.excluded[object_, ALL].any()
