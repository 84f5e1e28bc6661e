import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from squares import SIZE, as_predictions, prediction, small_truth

from choose_threshold import choose_threshold
from coco.errors import InputError as UnreadableImageError
from draw_galleries import file_stem
from evaluate import OUTPUTS, evaluate
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

    def run(predictions, overlays=2, min_score=0.5):
        Path("predictions.json").write_text(json.dumps(predictions))
        files = [Path(name) for name in ("predictions.json", "truth.json", "threshold.tsv")]
        choose_threshold(*files[:2], 100, files[2])
        output = {name: Path(file) for name, file in OUTPUTS.items()}
        evaluate(*files, output, 100, min_score, overlays)
        return tmp_path

    return run


def test_perfect_predictions(run):
    folder = run(as_predictions(small_truth()["annotations"]))
    lines = (folder / "metrics.tsv").read_text().splitlines()
    assert lines[0].replace("\t", " ") == (
        "iou_type AP AP50 AP75 APs APm APl AR1 AR10 ARmax max_detections "
        "AP_low AP_high AP50_low AP50_high AP75_low AP75_high mean_image_AP50"
    )
    ones = "1.000000\t1.000000\t1.000000\t1.000000\t1.000000\t\t0.833333\t1.000000\t1.000000\t100"
    for line, iou_type in zip(lines[1:], ("bbox", "segm"), strict=True):
        assert line == f"{iou_type}\t{ones}" + "\t1.000000" * 7
    per_class = pd.read_csv(folder / "per_class.tsv", sep="\t")
    assert per_class["iou_type"].tolist() == ["bbox", "bbox", "segm", "segm"]
    assert per_class["class"].tolist() == ["leaf", "ring"] * 2
    assert per_class["AP"].tolist() == [1, 1, 1, 1]
    assert pd.read_csv(folder / "per_image.tsv", sep="\t")["quality"].tolist() == [1, 1, 1, 1]
    drawn = sorted(path.name for path in (folder / "overlays").iterdir())
    assert [name for name in drawn if not name.startswith("random")] == [
        "best_1_11_a.png",
        "best_2_12_a.png",
        "worst_1_13_a.png",
    ]
    assert len(drawn) == 5


def test_no_predictions_at_all(run):
    folder = run([])
    table = pd.read_csv(folder / "metrics.tsv", sep="\t")
    assert table["AP"].tolist() == table["ARmax"].tolist() == [0, 0]
    assert table["APl"].isna().all()
    for name in OUTPUTS.values():
        assert (folder / name).stat().st_size > 0, name


def test_false_positives_in_images_without_objects_are_counted(run):
    wrong = [prediction(14, 2, 5, 5, 30, score) for score in (0.9, 0.6, 0.3)]
    table = pd.read_csv(run(wrong) / "operating_point.tsv", sep="\t")
    assert table["class"].tolist() == ["(all)", "leaf", "ring"]
    assert table["false_positives_per_empty_image"].tolist() == [2, 0, 2]


def test_the_threshold_is_the_one_of_the_validation_images(run):
    predictions = as_predictions(small_truth()["annotations"])
    predictions += [prediction(14, 2, 5, 5, 30, 0.5)]
    folder = run(predictions, min_score=None)
    best = min(item["score"] for item in predictions[:-1])
    chosen = pd.read_csv(folder / "threshold.tsv", sep="\t").set_index("class")
    assert chosen.loc["(all)", ["threshold", "F1", "AP50"]].tolist() == [best, 1, 1]
    table = pd.read_csv(folder / "operating_point.tsv", sep="\t")
    assert table["threshold"].tolist() == [best] * 3
    assert table["false_positives"].tolist() == [0, 0, 0]


def test_every_size_class_and_draw_has_its_rows(run):
    folder = run(as_predictions(small_truth()["annotations"]))
    tables = {path.stem: pd.read_csv(path, sep="\t") for path in folder.glob("*.tsv")}
    thirds = ["smallest third", "middle third", "largest third"]
    assert tables["per_size"]["size"].tolist() == ["all", "small", "medium", "large", *thirds] * 2
    assert len(tables["per_iou"]) == 2 * 3 * 10
    assert len(tables["precision_recall"]) == 2 * 2 * 101
    assert len(tables["draws"]) == 2 * 1200
    assert set(tables["errors"]["group"]) == {"all", "class", "size"}
    assert tables["counting"]["mean_error"].tolist() == [0, 0, 0]
    assert tables["confusion"].to_numpy().tolist() == [["leaf", "leaf", 3], ["ring", "ring", 2]]


def test_overlays_can_be_left_out(run):
    assert list((run([], overlays=0) / "overlays").iterdir()) == []


def test_same_bytes_twice(run):
    predictions = as_predictions(small_truth()["annotations"])[1:]

    def written():
        folder = run(predictions)
        return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert written() == written()


def test_no_table_is_written_before_all_pictures_are(run):
    """A job that was killed half-way runs again because its tables are missing."""
    Path("images/11 a.png").unlink()
    with pytest.raises(UnreadableImageError):
        run(as_predictions(small_truth()["annotations"]))
    assert not Path("metrics.tsv").exists()


def test_foreign_predictions_are_refused(run):
    with pytest.raises(InputError, match=r"predictions.json: entry 0 .*image_id 99"):
        run([prediction(99, 1, 5, 5, 30, 0.9)])


def test_file_stem():
    assert file_stem("a/b c:d.v2.png") == "b_c_d.v2"
    assert len(file_stem(f"{'x' * 64}.png")) == 40
