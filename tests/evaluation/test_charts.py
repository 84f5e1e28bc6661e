import numpy as np
import pytest
from PIL import Image
from squares import as_predictions, crowded

from evaluation import calibration, charts, confusion, counting, tide
from evaluation.matching import match
from evaluation.overlaps import find_overlaps


def saved(figure, tmp_path):
    path = tmp_path / "figure.png"
    figure.savefig(path)
    with Image.open(path) as image:
        assert 250 <= image.width <= 1200


def draw_all(truth, predictions, tmp_path):
    matching = match(find_overlaps(truth, predictions, "segm"))
    classes = matching.overlaps.classes
    matrix = confusion.confusion(matching, 0.5)
    saved(charts.confusion_matrix(matrix, classes), tmp_path)
    saved(charts.error_costs(tide.costs(matching)), tmp_path)
    saved(charts.counted(*counting.counts(matching, 0.5)), tmp_path)
    saved(charts.calibration(calibration.table(matching)), tmp_path)


def test_a_good_model(truth, tmp_path):
    draw_all(truth, as_predictions(truth["annotations"]), tmp_path)


def test_a_bad_model(tmp_path):
    draw_all(*crowded(0, "segm"), tmp_path)


def test_nothing(truth, tmp_path):
    draw_all(truth, [], tmp_path)
    truth["annotations"] = []
    draw_all(truth, [], tmp_path)


@pytest.mark.parametrize("classes", [1, 21, 300])
def test_any_number_of_classes(tmp_path, classes):
    matrix = np.random.default_rng(0).integers(0, 20, (classes + 1, classes + 1))
    figure = charts.confusion_matrix(matrix, [f"a rather long name {n}" for n in range(classes)])
    saved(figure, tmp_path)
    assert len(figure.axes[0].get_xticks()) == min(classes, 20) + 1


def test_the_matrix_shows_its_counts():
    figure = charts.confusion_matrix(np.array([[7, 0], [2, 0]]), ["leaf"])
    assert [text.get_text() for text in figure.axes[0].texts] == ["7", "2"]


def test_costs_of_nothing_start_at_0_and_have_their_colours(truth):
    truth["annotations"] = []
    figure = charts.error_costs(tide.costs(match(find_overlaps(truth, [], "segm"))))
    assert figure.axes[0].get_xlim()[0] == 0
    colours = {patch.get_facecolor() for patch in figure.axes[1].get_legend().get_patches()}
    assert len(colours) == len(tide.KINDS)


def test_titles_of_many_classes_fit(tmp_path):
    truth, found = crowded(0, "segm")
    truth["categories"] = [{"id": n, "name": f"a rather long name of {n}"} for n in range(1, 41)]
    for number, annotation in enumerate(truth["annotations"]):
        annotation["category_id"] = number % 40 + 1
    figure = charts.error_costs(tide.costs(match(find_overlaps(truth, found, "segm"))))
    saved(figure, tmp_path)
    for ax in figure.axes:
        assert ax.get_tightbbox().x1 <= figure.bbox.x1


def test_the_dots_of_counts_lie_under_no_legend(tmp_path):
    figure = charts.counted(np.array([3]), np.array([86]))
    saved(figure, tmp_path)
    ax = figure.axes[0]
    dot = ax.transData.transform((3, 86))
    assert not ax.get_legend().get_window_extent().contains(*dot)
