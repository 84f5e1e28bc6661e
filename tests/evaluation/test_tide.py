import json
from pathlib import Path

import numpy as np
import pytest
from squares import SIZE, annotation, as_predictions, prediction

from evaluation import metrics
from evaluation.matching import match
from evaluation.overlaps import find_overlaps
from evaluation.tide import KINDS, costs

CATEGORIES = [{"id": 1, "name": "leaf"}, {"id": 2, "name": "ring"}]


def diagnosis(truth, predictions, iou_type="segm", group="all", name="all"):
    table = costs(match(find_overlaps(truth, predictions, iou_type, 1000)))
    chosen = table[(table["group"] == group) & (table["name"] == name)]
    assert tuple(chosen["error"]) == KINDS
    return chosen.set_index("error")


def test_equals_tidecv():
    reference = json.loads(Path(__file__).with_name("tidecv.json").read_text())
    table = diagnosis(reference["truth"], reference["predictions"], "bbox")
    assert table["count"].tolist() == reference["count"]
    assert table["delta_AP50"].tolist() == pytest.approx(reference["delta_AP50"], abs=1e-12)
    assert table["share"].sum() == pytest.approx(1)


@pytest.fixture
def planted():
    """100 objects of each class, two in an image, and a perfect prediction of each."""
    truth = {
        "images": [{"id": n, "width": SIZE, "height": SIZE} for n in range(1, 101)],
        "categories": CATEGORIES,
        "annotations": [
            annotation(2 * image + category, image, category, 60 * (category - 1), 10, 30)
            for image in range(1, 101)
            for category in (1, 2)
        ],
    }
    return truth, as_predictions(truth["annotations"])


def missed(predictions):
    del predictions[:20]


def localisation(predictions):
    for item in predictions[:20]:
        item |= prediction(item["image_id"], item["category_id"], item["bbox"][0] + 20, 10, 30, 0.9)


def classification(predictions):
    for item in predictions[:20]:
        item["category_id"] = 3 - item["category_id"]


def both(predictions):
    for item in predictions[:20]:
        x = item["bbox"][0] + 20
        item |= prediction(item["image_id"], 3 - item["category_id"], x, 10, 30, 0.9)


def duplicate(predictions):
    for item in predictions[:20]:
        item["score"] = 0.95
        predictions.append({**item, "score": 0.94})


def background(predictions):
    predictions += [prediction(image, image % 2 + 1, 5, 80, 30, 0.99) for image in range(1, 21)]


@pytest.mark.parametrize("fault", [missed, localisation, classification, duplicate, background])
def test_a_planted_fault_is_the_whole_loss(planted, fault):
    truth, predictions = planted
    fault(predictions)
    table = diagnosis(truth, predictions)
    assert table["count"].to_dict() == {kind: 20 * (kind == fault.__name__) for kind in KINDS}
    assert table.loc[fault.__name__, "share"] == 1
    assert table.loc[fault.__name__, "delta_AP50"] > 0.005


def test_a_detection_wrong_in_class_and_place_also_leaves_its_object_missed(planted):
    truth, predictions = planted
    both(predictions)
    counts = diagnosis(truth, predictions)["count"]
    assert counts.to_dict() == {kind: 20 * (kind in ("both", "missed")) for kind in KINDS}


def test_costs_are_what_mending_gains(planted):
    """All faults at once; each is then really mended, and AP50 is measured again."""
    truth, perfect = planted
    rng = np.random.default_rng(0)
    for item in perfect:
        item["score"] = float(rng.random())
    order = rng.permutation(len(perfect))
    shifted, swapped, doubled, lost = np.split(order[:100], [40, 60, 70])

    def predictions(mended=None):
        found = [dict(item) for item in perfect]
        for number in shifted if mended != "localisation" else ():
            x = found[number]["bbox"][0] + 20
            place = prediction(found[number]["image_id"], 1, x, 10, 30, 0)
            found[number] |= {key: place[key] for key in ("bbox", "segmentation")}
        for number in swapped if mended != "classification" else ():
            found[number]["category_id"] = 3 - found[number]["category_id"]
        for number in doubled if mended != "duplicate" else ():
            found.append({**found[number], "score": found[number]["score"] - 1e-6})
        return [item for number, item in enumerate(found) if number not in lost]

    def ap50(truth, predictions):
        return metrics.summary(metrics.evaluate(truth, predictions))["AP50"]

    found = [
        item for number, item in enumerate(truth["annotations"]) if number not in set(lost.tolist())
    ]
    before = ap50(truth, predictions())
    gain = {
        kind: ap50(truth, predictions(kind)) - before
        for kind in ("classification", "localisation", "both", "duplicate", "background")
    }
    gain["missed"] = ap50({**truth, "annotations": found}, predictions()) - before
    table = diagnosis(truth, predictions())
    assert table["count"].tolist() == [20, 40, 0, 10, 0, 30]
    assert table["delta_AP50"].to_dict() == pytest.approx(gain, abs=1e-12)
    assert table["share"].to_dict() == pytest.approx(
        {kind: value / sum(gain.values()) for kind, value in gain.items()}
    )


def test_mending_one_kind_of_mistake_gives_a_perfect_ap(planted):
    truth, predictions = planted
    del predictions[::4]  # of the class leaf, every second
    assert diagnosis(truth, predictions)["delta_AP50"]["missed"] == pytest.approx(0.25, abs=0.01)
    leaf = diagnosis(truth, predictions, group="class", name="leaf")
    assert leaf["delta_AP50"]["missed"] == pytest.approx(0.5, abs=0.01)
    ring = diagnosis(truth, predictions, group="class", name="ring")
    assert ring["count"].sum() == 0 and np.isnan(ring["share"]).all()


def test_by_size():
    truth = {
        "images": [{"id": 1, "width": SIZE, "height": SIZE}],
        "categories": CATEGORIES[:1],
        "annotations": [annotation(1, 1, 1, 0, 0, 20), annotation(2, 1, 1, 50, 50, 60)],
    }
    predictions = as_predictions(truth["annotations"][1:])
    small, medium, large = (
        diagnosis(truth, predictions, group="size", name=name)
        for name in ("small", "medium", "large")
    )
    assert small["delta_AP50"]["missed"] == 1 and small["share"]["missed"] == 1
    assert medium["delta_AP50"].sum() == 0
    assert large["delta_AP50"].isna().all()


def test_detections_in_a_crowd_are_no_mistakes(truth):
    inside = prediction(13, 1, 50, 50, 30, 0.9)
    table = diagnosis(truth, [*as_predictions(truth["annotations"]), inside])
    assert table["count"].sum() == 0


def test_nothing_at_all(truth):
    assert diagnosis(truth, [])["share"].to_dict()["missed"] == 1
    truth["annotations"] = []
    assert diagnosis(truth, [])["delta_AP50"].isna().all()
    assert diagnosis(truth, [prediction(11, 1, 5, 5, 20, 0.9)])["count"]["background"] == 1
