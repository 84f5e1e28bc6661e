import math

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from squares import as_predictions

from evaluation import figures, metrics
from evaluation.overlaps import IOU_TYPES


def saved(figure, tmp_path):
    path = tmp_path / "figure.png"
    figure.savefig(path)
    with Image.open(path) as image:
        assert image.width <= 1200
        return image.size


def history(epochs, val_ap):
    frame = pd.DataFrame({"epoch": np.arange(1, epochs + 1), "learning_rate": 0.001})
    for name in ("loss", *figures.LOSSES):
        frame[name] = 1.0 / frame["epoch"]
    return frame.assign(val_AP=val_ap, val_AP50=val_ap)


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_precision_recall_ends_where_the_recall_does(truth, tmp_path):
    found = [item for item in as_predictions(truth["annotations"]) if item["image_id"] != 11]
    figure = figures.precision_recall(metrics.evaluate(truth, found))
    curves = lines(figure.axes[0])
    assert set(curves) == {"leaf", "ring", "mean"}
    assert curves["leaf"].get_xdata()[-1] == pytest.approx(0.66)
    assert curves["ring"].get_xdata()[-1] == pytest.approx(0.50)
    saved(figure, tmp_path)


@pytest.mark.parametrize("classes", [1, 7, 8, 80])
@pytest.mark.parametrize("iou_type", IOU_TYPES)
def test_precision_recall_of_any_number_of_classes(truth, tmp_path, classes, iou_type):
    truth["categories"] = [{"id": n, "name": f"class {n}"} for n in range(1, classes + 1)]
    for number, item in enumerate(truth["annotations"]):
        item["category_id"] = number % classes + 1
    found = as_predictions(truth["annotations"])
    saved(figures.precision_recall(metrics.evaluate(truth, found, iou_type)), tmp_path)


def test_precision_recall_of_nothing(truth, tmp_path):
    saved(figures.precision_recall(metrics.evaluate(truth, [])), tmp_path)
    truth["annotations"] = []
    saved(figures.precision_recall(metrics.evaluate(truth, [])), tmp_path)


def test_learning_curves_mark_the_best_epoch(tmp_path):
    figure = figures.learning_curves(history(4, [0.1, 0.4, math.nan, 0.3]))
    labels = lines(figure.axes[1])
    best = labels["best: AP 0.400 in epoch 2"]
    assert (best.get_xdata()[0], best.get_ydata()[0]) == (2, 0.4)
    saved(figure, tmp_path)


@pytest.mark.parametrize(("epochs", "val_ap"), [(1, [0.0]), (3, [math.nan] * 3)])
def test_learning_curves_of_little(tmp_path, epochs, val_ap):
    saved(figures.learning_curves(history(epochs, val_ap)), tmp_path)


@pytest.mark.parametrize(("samples", "classes"), [(0, 1), (1, 1), (5, 3), (8, 80)])
def test_dataset_sheet(tmp_path, samples, classes):
    names = [f"class {n}" for n in range(classes)]
    rows = [
        {"class": name, "split": split, "images": 2, "instances": 5}
        for name in [*names, "(no objects)"]
        for split in ("train", "val", "test")
    ]
    pictures = [("a rather long name of an image.png", np.zeros((90, 120, 3), np.uint8))] * samples
    saved(figures.dataset_sheet(pictures, names, pd.DataFrame(rows)), tmp_path)
