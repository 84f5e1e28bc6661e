import numpy as np
import pandas as pd
import pytest
from PIL import Image
from squares import as_predictions

from evaluation import figures, metrics
from evaluation.overlaps import IOU_TYPES


def saved(figure, tmp_path):
    path = tmp_path / "figure.png"
    figures.save(figure, path)
    with Image.open(path) as image:
        assert image.width <= 1200
        return image.size


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


def test_faint_curves_of_many_classes_are_explained(truth):
    truth["categories"] = [{"id": n, "name": f"class {n}"} for n in range(1, 9)]
    figure = figures.precision_recall(metrics.evaluate(truth, []))
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert texts == ["a class each", "mean"]


def test_names_are_no_formulas(truth, tmp_path):
    truth["categories"][0]["name"] = "$x^{$"
    saved(figures.precision_recall(metrics.evaluate(truth, [])), tmp_path)


@pytest.mark.parametrize("letter", ["n", "字"])
def test_titles_beside_long_names_fit(truth, tmp_path, letter):
    truth["categories"] = [{"id": n, "name": f"{n} {30 * letter}"} for n in range(1, 26)]
    first, *_ = truth["annotations"]
    truth["annotations"] = [first | {"id": n, "category_id": n} for n in range(1, 26)]
    figure = figures.precision_recall(metrics.evaluate(truth, []))
    saved(figure, tmp_path)
    assert all(ax.get_tightbbox().x1 <= figure.bbox.x1 for ax in figure.axes)


def test_precision_recall_of_nothing(truth, tmp_path):
    saved(figures.precision_recall(metrics.evaluate(truth, [])), tmp_path)
    truth["annotations"] = []
    saved(figures.precision_recall(metrics.evaluate(truth, [])), tmp_path)


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


def test_a_saved_figure_is_a_png_and_an_svg_with_the_same_bytes_each_time(truth, tmp_path):
    evaluation = metrics.evaluate(truth, as_predictions(truth["annotations"]))

    def written():
        saved(figures.precision_recall(evaluation), tmp_path)
        return [path.read_bytes() for path in sorted(tmp_path.iterdir())]

    first = written()
    assert written() == first
    assert len(first) == 2 and b"<svg" in first[1]
