"""The whole way, by the command that a user types, on a small demo."""

import json
import re
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pandas as pd
import projects
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A project that has run once."""
    return projects.finished(tmp_path_factory.getbasetemp(), 0)


@pytest.fixture
def project(finished, tmp_path):
    """A copy to change, results and their dates included."""
    return shutil.copytree(finished, tmp_path / "project", symlinks=True)


@pytest.fixture(scope="module")
def results(finished):
    return finished / "results" / "tiny"


def test_every_file_between_stages_is_there_and_opens(results):
    run = results / "models/tiny/holdout/seed0"
    for path in (results / "dataset.json", *(results / "splits/holdout").glob("*.json")):
        COCO(path)
    assert (run / "model.weights.h5").stat().st_size > 1000
    assert json.loads((run / "model.json").read_text())["classes"][0] == "leaf"
    history = pd.read_csv(run / "history.tsv", sep="\t")
    assert len(history) == 2 and np.isfinite(history.loss).all()
    table = pd.read_csv(results / "evaluation.tsv", sep="\t")
    assert list(table.iou_type) == ["bbox", "segm"]
    assert not (table.select_dtypes("number") < 0).any().any()
    assert list(pd.read_csv(results / "leaderboard.tsv", sep="\t").chosen) == ["yes", "yes"]
    assert (run / "threshold.tsv").exists()
    assert (results / "report.zip").stat().st_size > 100_000


def test_images_and_annotations_are_used_or_quarantined(results):
    read = {
        name: json.loads((results / f"{name}.json").read_text())
        for name in ("imported", "dataset", "quarantine")
    }
    for kind in ("images", "annotations"):
        count = {name: len(content[kind]) for name, content in read.items()}
        assert count["imported"] == count["dataset"] + count["quarantine"], kind
        assert count["quarantine"] > 0, "the demo's planted defects are found"
    split = [
        image["id"]
        for name in ("train", "val", "test")
        for image in json.loads((results / f"splits/holdout/{name}.json").read_text())["images"]
    ]
    assert sorted(split) == sorted(image["id"] for image in read["dataset"]["images"])


def test_predictions_are_masks_of_the_whole_image(results):
    run = results / "models/tiny/holdout/seed0"
    truth = json.loads((results / "splits/holdout/test.json").read_text())
    sizes = {image["id"]: [image["height"], image["width"]] for image in truth["images"]}
    for prediction in json.loads((run / "predictions/test.json").read_text()):
        assert prediction["segmentation"]["size"] == sizes[prediction["image_id"]]
        assert coco_mask.area(prediction["segmentation"]) > 0
        assert 0 < prediction["score"] <= 1


def test_the_reports_texts_name_the_settings(results):
    with zipfile.ZipFile(results / "report.zip") as report:
        html = report.read("report/report.html").decode()
    text = re.sub(r"<[^>]*>|\\n", " ", html)
    assert re.search(r"with 1, 10 and 100\s+detections per image and class", text)
    assert re.search(r"best F1 on the\s+validation images \( *threshold.tsv *\)", text)


def test_the_report_opens_in_a_browser(results, tmp_path):
    pytest.importorskip("playwright", reason="needs playwright: uv sync --group browser")
    import browser

    if not browser.chromium():
        pytest.skip("needs a Chromium, such as Debian's package chromium")
    texts, complaints = browser.click_through(results / "report.zip", tmp_path)
    assert complaints == []
    assert {name.partition("/")[0] for name in texts} == {
        "",
        "1 Data",
        "2 Training",
        "3 Results",
        "4 Mistakes",
        "5 Images",
    }
    assert not [name for name, text in texts.items() if "System Message" in text]
    for title in ("Data", "Model", "Result", "Where it fails", "What to try next"):
        assert f"\n{title}\n" in texts[""]
    table = pd.read_csv(results / "evaluation.tsv", sep="\t").set_index("iou_type")
    assert f"{table.loc['segm', 'AP']:.3f}" in texts[""]


def test_the_same_command_again_does_nothing(project):
    code, output = projects.run(project)
    assert code == 0
    assert "Nothing to be done" in output


def test_more_epochs_continue_the_training(project):
    projects.edit(project, models__tiny__training__epochs=3)
    code, output = projects.run(project, "results/tiny/models/tiny/holdout/seed0/history.tsv")
    assert code == 0, output
    name = "results/tiny/models/tiny/holdout/seed0/history.tsv"
    history = pd.read_csv(project / name, sep="\t")
    assert list(history.epoch) == [1, 2, 3]
    log = (project / "results/logs/train/tiny/tiny/holdout/seed0.log").read_text()
    assert "epoch 3:" in log and "epoch 2:" not in log


@pytest.mark.parametrize(
    ("last", "others"),
    [
        ("models/tiny/holdout/seed0/evaluation/test/metrics.tsv", ["overlays", "*.png", "*.tsv"]),
        ("splits/holdout/train.json", ["splits.tsv", "leaks.tsv", "balance.tsv"]),
        ("splits/holdout/dataset.png", ["sizes.*"]),
        ("models/tiny/holdout/seed0/learning_curves.png", ["learning_curves.svg"]),
        ("issues.sha256", ["issues"]),
    ],
)
def test_what_other_rules_take_is_written_last(results, last, others):
    """Behind a checkpoint Snakemake overlooks half a job, unless what it needs is missing."""
    last = results / last
    for other in (path for pattern in others for path in last.parent.glob(pattern)):
        assert other.stat().st_mtime_ns <= last.stat().st_mtime_ns, other.name


def test_the_same_seed_gives_the_same_bytes(finished, tmp_path_factory):
    again = projects.finished(tmp_path_factory.getbasetemp(), 1)
    results = finished / "results" / "tiny"
    same = [
        *(results / f"{name}.json" for name in ("imported", "dataset", "quarantine")),
        *results.glob("splits/holdout/*.json"),
        *results.glob("shards/**/*.tfrecord"),
        results / "evaluation.tsv",
        *results.glob("models/**/model.weights.h5"),
        *results.glob("models/**/predictions/*.json"),
    ]
    assert len(same) > 10
    for path in same:
        assert path.read_bytes() == (again / path.relative_to(finished)).read_bytes(), path.name


def test_too_many_objects_is_refused_before_training(project):
    projects.edit(project, models__tiny__architecture__max_objects=2)
    code, output = projects.run(project)
    assert code != 0
    assert re.search(r"shows \d+ objects, but the model takes 2", output)
    assert "Traceback" not in output and "epoch 1/" not in output


def test_a_sweep_is_planned_with_paths_named_by_its_values(project):
    projects.edit(project, models__tiny__sweep={"training.clip_norm": [1.0, 2.0]})
    code, output = projects.run(project, "--dry-run", "results/tiny/leaderboard.tsv")
    assert code == 0, output
    for value in ("1.0", "2.0"):
        assert f"models/tiny-clip_norm~{value}/holdout/seed0/model.weights.h5" in output
    assert not re.search(r"^rule (import_annotations|make_shard):", output, re.M)


def test_every_number_is_followed_to_the_raw_files(finished):
    command = [sys.executable, "workflow/scripts/trace_number.py", "results/tiny/leaderboard.tsv"]
    done = subprocess.run(
        [*command, "AP", "iou_type=segm"], cwd=finished, text=True, capture_output=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for file in ("model.weights.h5", "dataset.json", "demo/images/", "metrics.tsv"):
        assert file in done.stdout
    assert "CHANGED" not in done.stdout and "MISSING" not in done.stdout
    results = finished / "results" / "tiny"
    tables = {
        path.relative_to(finished).as_posix()
        for path in [*results.glob("*.tsv"), *results.glob("**/evaluation/**/*.tsv")]
    }
    recorded = [json.loads(path.read_text())["tables"] for path in results.rglob("provenance.json")]
    assert tables <= {name for table in recorded for name in table}


def test_new_images_are_predicted_in_jobs(project):
    folder = project / "new"
    (folder / "in").mkdir(parents=True)
    images = sorted((project / "results/tiny/demo/images").glob("*.png"))
    for path in images[:2]:
        shutil.copy(path, folder)
    shutil.copy(images[2], folder / "in")
    (folder / "broken.png").write_bytes(b"no image")
    asked = {"folder": "new", "jobs": 2, "pixel_size": 0.5}
    # The tiny model believes nothing.
    projects.edit(project, new_images=asked, evaluation__min_score=0.05)
    code, output = projects.run(project, "predict_folder")
    assert code == 0, output
    found = project / "results/tiny/new_images/new"
    assert len([path for path in (found / "parts").iterdir() if path.is_dir()]) == 2
    content = json.loads((found / "instances.json").read_text())
    assert len(content["images"]) == 3
    results = json.loads((found / "results.json").read_text())
    table = pd.read_csv(found / "instances.csv")
    assert len(table) == len(content["annotations"]) == len(results) > 0
    assert table["area_um2"].tolist() == pytest.approx((table["area"] * 0.25).tolist(), rel=1e-5)
    for kind, suffix in (("labels", "png"), ("overlays", "jpg")):
        assert len(list((found / kind).rglob(f"*.{suffix}"))) == 3
    assert pd.read_csv(found / "issues.csv")["file"].tolist() == ["broken.png"]
    assert pd.read_csv(found / "to_label.csv")["rank"].tolist() == [1, 2, 3]
    trace = [sys.executable, "workflow/scripts/trace_number.py", found / "instances.csv", "area"]
    done = subprocess.run(trace, cwd=project, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    for file in ("new/in/", "chosen/model.weights.h5", "data/images/"):
        assert file in done.stdout
    projects.touch_everything(project)
    code, output = projects.run(project, "--dry-run", "predict_folder")
    assert "Nothing to be done" in output, output
    shutil.copy(images[3], folder)
    code, output = projects.run(project, "--dry-run", "predict_folder")
    assert len(re.findall(r"^rule predict_new_images:", output, re.M)) == 1
    shutil.copytree(folder, project / "other/new")
    asked = "new_images={folder: other/new, jobs: 2}"
    code, output = projects.run(project, "predict_folder", "--config", asked)
    assert code != 0
    assert "are the results of another folder, new; remove them, or give these a name" in output


def test_new_images_need_a_folder(project):
    code, output = projects.run(project, "--dry-run", "predict_folder")
    assert code != 0
    assert "new_images: missing, expected --config new_images=FOLDER" in output
    assert "Traceback" not in output
    code, output = projects.run(project, "--dry-run", "predict_folder", "--config", "new_images=no")
    assert code != 0
    assert "new_images.folder: no does not exist, expected a folder" in output
