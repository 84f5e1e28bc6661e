"""From a number to the raw files, and what has changed on the way."""

import json
from pathlib import Path

import pytest

import environment
import provenance
import sidecars
from import_annotations import write_checksums
from record_new_images import what_it_is
from record_results import record_results
from trace_number import main

ROW = {"dataset": "d", "model": "m", "fold": "holdout", "run": "seed3", "split": "test"}
RUN = "results/d/models/m/holdout/seed3"


@pytest.fixture
def results(tmp_path, monkeypatch):
    """The files of a data set with one evaluation, and their records."""
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    images = []
    for name in "abcde":
        path = Path("photos", f"{name}.png")
        path.write_bytes(name.encode())
        images.append({"file_name": path.as_posix(), "sha256": provenance.digest(path)})
    source = {"format": "coco", "annotations": "photos/labels.json", "images": "photos"}
    Path("photos/labels.json").write_text("{}")
    Path("results/d").mkdir(parents=True)
    write_checksums([source], images, Path("results/d/annotations.sha256"))
    dataset = json.dumps({"images": images})
    training = dict.fromkeys(("weights_sha256", "fingerprint"), "0" * 64)
    training |= {"best_epoch": 2, "epochs": 3, "val_AP": 0.25, "backend": "tensorflow"}
    training |= {"device": "a fast one", "seed": 3} | environment.describe()
    files = {
        "predictions": (f"{RUN}/predictions/test.json", "[]"),
        "weights": (f"{RUN}/model.weights.h5", "weights"),
        "model": (f"{RUN}/model.json", json.dumps(training)),
        "split": ("results/d/splits/holdout/test.json", dataset),
        "dataset": ("results/d/dataset.json", dataset),
        "metrics": (f"{RUN}/evaluation/test/metrics.tsv", "iou_type\tAP\nsegm\t0.5\n"),
        "evaluation": (
            "results/d/evaluation.tsv",
            "model\tfold\trun\tsplit\tiou_type\tAP\nm\tholdout\tseed3\ttest\tsegm\t0.5\n"
            "n\tholdout\tseed3\ttest\tsegm\t0.4\n",
        ),
    }
    for path, content in files.values():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(content)
    paths = {name: path for name, (path, _) in files.items()}
    sidecar = Path(RUN, "evaluation/test/provenance.json")
    tables = {name: paths.pop(name) for name in ("metrics", "evaluation")}
    settings = {"sources": [source]}
    sidecars.write_of_training(sidecar, ROW, [tables["metrics"]], paths, settings)
    record_results(
        [tables["evaluation"]],
        {"dataset": paths["dataset"]},
        [sidecar.as_posix()],
        {"dataset": "d", "seed": 0, "sources": [source]},
        Path("results/d/provenance.json"),
    )
    return tmp_path


def test_records_follow_their_schema(results, check_schema):
    for path in Path("results").rglob("provenance.json"):
        check_schema(json.loads(path.read_text()), "provenance")
    one = json.loads(Path(RUN, "evaluation/test/provenance.json").read_text())
    assert one["seed"] == 3
    assert set(one["training"]) == set(sidecars.TRAINING)
    assert one["files"]["weights"]["sha256"] == provenance.digest(f"{RUN}/model.weights.h5")
    assert one["versions"]["keras"] and one["versions"]["numpy"]


def test_a_number_is_followed_to_the_raw_files(results, capsys):
    assert main(["results/d/evaluation.tsv", "AP", "model=m", "iou_type=segm"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("AP = 0.5: model m, fold holdout, run seed3, split test, iou_type segm")
    for expected in (
        f"{RUN}/evaluation/test/metrics.tsv",
        f"{RUN}/model.weights.h5",
        "seed 3, epoch 2 of 3, validation AP 0.250, on a fast one",
        "photos/labels.json  sha256",
        "photos/a.png",
        "all 5 are as they were",
        "as it is now",
    ):
        assert expected in shown
    assert "CHANGED" not in shown


def test_tables_of_an_evaluation_are_traced_too(results, capsys):
    assert main([f"{RUN}/evaluation/test/metrics.tsv"]) == 0
    assert f"{RUN}/predictions/test.json" in capsys.readouterr().out


@pytest.mark.parametrize("path", ["photos/e.png", "photos/labels.json", f"{RUN}/model.weights.h5"])
def test_what_changed_is_said(path, results, capsys):
    Path(path).write_text("other")
    assert main(["results/d/evaluation.tsv", "AP", "model=m"]) == 1
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "CHANGED" in line]
    assert path in line


@pytest.fixture
def new_images(results):
    """A folder of two images, to which the run was applied."""
    folder = Path("results/d/new_images/may")
    folder.mkdir(parents=True)
    Path("may").mkdir()
    rows = ["image,instances,sha256"]
    for name in ("x.png", "y.png"):
        Path("may", name).write_text(name)
        rows.append(f"{name},1,{provenance.digest(Path('may', name))}")
    files = {
        "images": ("images.csv", "\n".join(rows)),
        "chosen": ("run.json", json.dumps(ROW | {"path": RUN})),
        "instances": ("instances.csv", "image,label,area\nx.png,1,35\ny.png,1,40\n"),
    }
    for name, content in files.values():
        (folder / name).write_text(content + "\n")
    paths = {key: str(folder / name) for key, (name, _) in files.items()}
    tables = [paths.pop("instances"), paths["images"]]
    paths |= {"model": f"{RUN}/model.json", "weights": f"{RUN}/model.weights.h5"}
    paths |= {"dataset": "results/d/dataset.json"}
    settings = {"folder": "may", "model": None}
    what = what_it_is("d", "may", Path(paths["chosen"]))
    sidecars.write_of_training(folder / sidecars.NAME, what, tables, paths, settings)
    return folder


def test_a_number_of_new_images_is_followed_to_image_and_training(new_images, check_schema, capsys):
    check_schema(json.loads((new_images / sidecars.NAME).read_text()), "provenance")
    assert main([str(new_images / "instances.csv"), "area", "image=x.png"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("area = 35: image x.png, label 1\n")
    for expected in (
        "from dataset d, folder may, model m, fold holdout, run seed3",
        f"{RUN}/model.weights.h5",
        "seed 3, epoch 2 of 3",
        "new image    may/y.png",
        "photos/labels.json",
    ):
        assert expected in shown
    Path("may/y.png").write_text("another")
    assert main([str(new_images / "images.csv"), "instances"]) == 1
    assert "may/y.png" in next(one for one in capsys.readouterr().out.splitlines() if "CHA" in one)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["results/d/nothing.tsv"], "No such file or directory; expected a table of results"),
        (["results/d/evaluation.tsv", "AR"], "no column AR, expected one of model, fold"),
        (["results/d/evaluation.tsv", "AP", "model=x"], "no row has model=x"),
        (["results/d/evaluation.tsv", "AP", "AP50"], "AP AP50: expected one column"),
        ([f"{RUN}/threshold.tsv"], "not in results/d/provenance.json, which has results/d/eval"),
        (["photos/e.png"], "photos/e.png: not a table"),
        (["photos/table.tsv"], "no provenance.json beside or above it; expected a table"),
    ],
)
def test_mistakes_are_named(arguments, message, results, capsys):
    Path("photos/e.png").write_bytes(b"\x89PNG")
    for path in (f"{RUN}/threshold.tsv", "photos/table.tsv"):
        Path(path).write_text("class\n(all)\n")
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_a_table_without_rows_is_traced(results, capsys):
    table, sidecar = Path("results/d/issues.tsv"), Path("results/d/provenance.json")
    table.write_text("file\tcheck\n")
    record = json.loads(sidecar.read_text())
    record["tables"] = {table.as_posix(): provenance.digest(table)}
    sidecar.write_text(json.dumps(record))
    assert main([table.as_posix(), "check"]) == 0
    assert "results/d/issues.tsv" in capsys.readouterr().out
