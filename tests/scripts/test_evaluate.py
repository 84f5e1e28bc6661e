import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from squares import SIZE, as_predictions, prediction, small_truth

from evaluate import evaluate, file_stem
from evaluation.errors import InputError


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Evaluates predictions of four images in an empty folder, and gives the folder."""
    monkeypatch.chdir(tmp_path)
    truth = small_truth()
    Path("images").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    for image in truth["images"]:
        image["file_name"] = f"images/{image['id']} a.png"
        Image.fromarray(pixels).save(image["file_name"])
    Path("truth.json").write_text(json.dumps(truth))

    def run(predictions, overlays=2):
        Path("predictions.json").write_text(json.dumps(predictions))
        evaluate(
            *map(Path, ("predictions.json", "truth.json")),
            100,
            0.5,
            overlays,
            *map(Path, ("metrics.tsv", "per_class.tsv", "per_image.tsv", "curves.png", "overlays")),
        )
        return tmp_path

    return run


def test_perfect_predictions(run):
    folder = run(as_predictions(small_truth()["annotations"]))
    lines = (folder / "metrics.tsv").read_text().splitlines()
    assert lines == [
        "iou_type\tAP\tAP50\tAP75\tAPs\tAPm\tAPl\tAR1\tAR10\tARmax\tmax_detections",
        "bbox\t1.000000\t1.000000\t1.000000\t1.000000\t1.000000\t\t0.833333\t1.000000\t1.000000\t100",
        "segm\t1.000000\t1.000000\t1.000000\t1.000000\t1.000000\t\t0.833333\t1.000000\t1.000000\t100",
    ]
    per_class = pd.read_csv(folder / "per_class.tsv", sep="\t")
    assert per_class["iou_type"].tolist() == ["bbox", "bbox", "segm", "segm"]
    assert per_class["class"].tolist() == ["leaf", "ring"] * 2
    assert per_class["AP"].tolist() == [1, 1, 1, 1]
    assert pd.read_csv(folder / "per_image.tsv", sep="\t")["quality"].tolist() == [1, 1, 1, 1]
    assert sorted(path.name for path in (folder / "overlays").iterdir()) == [
        "best_1_11_a.png",
        "best_2_12_a.png",
        "worst_1_13_a.png",
    ]


def test_no_predictions_at_all(run):
    folder = run([])
    table = pd.read_csv(folder / "metrics.tsv", sep="\t")
    assert table["AP"].tolist() == table["ARmax"].tolist() == [0, 0]
    assert table["APl"].isna().all()
    assert (folder / "curves.png").stat().st_size > 0


def test_false_positives_in_images_without_objects_are_counted(run):
    wrong = [prediction(14, 2, 5, 5, 30, score) for score in (0.9, 0.6, 0.3)]
    table = pd.read_csv(run(wrong) / "per_class.tsv", sep="\t")
    assert table["false_positives_without_objects"].tolist() == [0, 2, 0, 2]


def test_overlays_can_be_left_out(run):
    assert list((run([], overlays=0) / "overlays").iterdir()) == []


def test_same_bytes_twice(run):
    predictions = as_predictions(small_truth()["annotations"])[1:]

    def written():
        folder = run(predictions)
        return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert written() == written()


def test_foreign_predictions_are_refused(run):
    with pytest.raises(InputError, match=r"predictions.json: entry 0 .*image_id 99"):
        run([prediction(99, 1, 5, 5, 30, 0.9)])


def test_file_stem():
    assert file_stem("a/b c:d.v2.png") == "b_c_d.v2"
    assert len(file_stem(f"{'x' * 64}.png")) == 40
