"""The parts of a folder, and what the jobs found, put together."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import new_images
from choose_run import FILES, choose_run
from coco import masks
from coco.exports import detections
from gather_new_images import gather_new_images, no_images
from new_image_results import name_of, taken
from new_images import IMAGES, ISSUES
from predict_new_images import inspect

CATEGORIES = [{"id": 1, "name": "leaf"}]


@pytest.fixture
def folder(tmp_path):
    for number in range(40):
        path = tmp_path / "new" / ("in" if number % 3 else ".") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((20, 30, 3), number, np.uint8)).save(path)
    Image.new("L", (9, 9)).save(tmp_path / "new" / "1.jpg")
    (tmp_path / "new" / "readme.txt").write_text("what is here")
    return str(tmp_path / "new")


def test_each_image_is_in_one_part(folder):
    parts = new_images.parts({"folder": folder, "jobs": 4})
    assert parts == ["1-of-4", "2-of-4", "3-of-4", "4-of-4"]
    dealt = [new_images.part(folder, part) for part in parts]
    assert sorted(path for part in dealt for path in part) == sorted(new_images.images(folder))
    assert max(map(len, dealt)) < 20
    many = new_images.parts({"folder": folder, "jobs": 100})
    assert sum(len(new_images.part(folder, part)) for part in many) == 41
    assert all(new_images.part(folder, part) for part in many)


@pytest.mark.parametrize("jobs", [4, 100])
def test_a_new_image_changes_one_part(folder, jobs):
    def dealt() -> dict[str, list[str]]:
        parts = new_images.parts({"folder": folder, "jobs": jobs})
        return {part: new_images.part(folder, part) for part in parts}

    before = dealt()
    Image.new("L", (9, 9)).save(Path(folder, "more.png"))
    after = dealt()
    assert before.keys() <= after.keys()
    assert len([part for part in after if after[part] != before.get(part)]) == 1


def test_images_of_one_name_are_in_one_part():
    names = ("in/a.b.tif", "in/a.b.jpg", "in/A.B.TIF.png")
    assert len({new_images.dealt(name) for name in names}) == 1
    assert new_images.dealt("in/a.png") != new_images.dealt(names[0])


def test_unreadable_images_are_named(folder, image_settings):
    Path(folder, "3.png").write_bytes(b"no image")
    usable, issues = inspect(folder, ["0.png", "3.png", "1.jpg"], image_settings)
    assert [one["name"] for one in usable] == ["0.png", "1.jpg"]
    assert [one["file"] for one in issues] == ["3.png"]
    assert issues[0]["check"] == "unreadable_image"


def test_names_and_links_that_snakemake_does_not_know_are_issues(folder, image_settings):
    odd = ["ol\udce9.png", "two\nlines.png", "gone.png", "{brace}.png"]
    for name in (odd[0], odd[1], odd[3]):
        shutil.copy(Path(folder, "0.png"), Path(folder, name))
    Path(folder, "gone.png").symlink_to("nowhere")
    paths = new_images.part(folder, "1-of-1")
    assert {*odd} < {*paths}
    watched = new_images.watched(folder, paths)
    assert {Path(path).name for path in watched} == {Path(path).name for path in paths} - {*odd}
    usable, issues = inspect(folder, odd, image_settings)
    assert [one["name"] for one in usable] == ["{brace}.png"]
    assert [one["file"] for one in issues] == ["ol\\udce9.png", "two\\nlines.png", "gone.png"]
    assert "rename the file" in issues[0]["found"]


def test_results_of_another_folder_are_not_taken_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for plate in ("plate1", "plate2"):
        Path(plate, "images").mkdir(parents=True)
    one, other = ({"folder": f"{plate}/images", "name": None} for plate in ("plate1", "plate2"))
    results = Path("results", name_of(one))
    assert results == Path("results", name_of(other)) == Path("results/images")
    assert not taken(results, one["folder"])
    results.mkdir(parents=True)
    (results / "provenance.json").write_text(json.dumps({"what": {"folder": "plate1/images"}}))
    assert not taken(results, str(Path("plate1/images").resolve()))
    (problem,) = taken(results, other["folder"])
    assert "results/images are the results of another folder, plate1/images" in problem
    assert "{folder: plate2/images, name: plate2_images}" in problem
    assert name_of(other | {"name": "plate2"}) == "plate2"


def test_a_folder_that_a_link_leads_back_to_is_read_once(folder):
    Path(folder, "in", "back").symlink_to("..")
    Path(folder, "ol\udce9.txt").touch()
    files = [issue["file"] for issue in no_images(folder)]
    assert files == ["ol\\udce9.txt", "readme.txt"]


@pytest.fixture
def gathered(folder, tmp_path):
    """A folder as two jobs left it, each with an instance in every image, put together."""
    parts = []
    for item in ("1-of-2", "2-of-2"):
        part = tmp_path / item
        (part / "overlays").mkdir(parents=True)
        names = new_images.part(folder, item)
        ids = [100 if name == "1.jpg" else int(Path(name).stem) for name in names]
        images = [
            {"id": number, "name": name, "width": 30, "height": 20}
            for number, name in zip(ids, names, strict=True)
        ]
        mask = np.zeros((20, 30), bool)
        mask[2:6, 3:8] = True
        results = [
            {"image_id": image["id"], "category_id": 1, "score": score}
            | {"segmentation": masks.encode(mask), "bbox": [3, 2, 5, 4]}
            for image in images
            for score in (0.9, 0.1)
        ]
        detections.write(images, CATEGORIES, results, 0.5, part)
        rows = [
            [image["name"], 30, 20, 1, image["id"] / 100, image["id"] / 50, "0" * 64]
            for image in images
        ]
        for name, header, lines in (("images", IMAGES, rows), ("issues", ISSUES, [])):
            with (part / f"{name}.csv").open("w", newline="") as file:
                csv.writer(file).writerows([header, *lines])
        parts.append(part)
    names = ("results.json", "instances.json", "instances.csv", "images.csv", "issues.csv")
    keys = ("results", "coco", "instances", "images", "issues", "to_label", "labels", "overlays")
    output = [*names, "to_label.csv", "labels", "overlays"]
    paths = {key: tmp_path / "out" / name for key, name in zip(keys, output, strict=True)}
    (tmp_path / "out").mkdir()
    gather_new_images(parts, folder, {"size": 2, "unit": "mm"}, paths)
    return tmp_path / "out"


def test_everything_is_there_once(gathered, folder):
    count = len(new_images.images(folder))
    assert len(json.loads((gathered / "results.json").read_text())) == 2 * count
    content = json.loads((gathered / "instances.json").read_text())
    assert [one["id"] for one in content["annotations"]] == list(range(1, count + 1))
    assert len(content["images"]) == count
    table = pd.read_csv(gathered / "instances.csv")
    assert len(table) == count
    assert set(table["area"]) == {20} and set(table["area_mm2"]) == {80}
    assert len(list((gathered / "labels").rglob("*.png"))) == count


def test_detections_are_in_the_order_of_the_images(gathered):
    content = json.loads((gathered / "instances.json").read_text())
    images = [image["id"] for image in content["images"]]
    assert [one["image_id"] for one in content["annotations"]] == images
    results = json.loads((gathered / "results.json").read_text())
    assert [one["image_id"] for one in results][::2] == images


def test_files_that_are_no_images_are_listed(gathered):
    issues = pd.read_csv(gathered / "issues.csv")
    assert issues["file"].tolist() == ["readme.txt"]


def test_images_to_label_are_ranked(gathered):
    table = pd.read_csv(gathered / "to_label.csv")
    assert table["rank"].tolist() == list(range(1, len(table) + 1))
    assert table["unlikeness"].is_monotonic_decreasing
    assert table.loc[0, "image"] == "1.jpg"


@pytest.mark.parametrize(("model", "best"), [(None, "b/1"), ("a", "a/0")])
def test_the_run_is_chosen_on_validation(model, best, tmp_path, capfd):
    rows, files = [], {name: [] for name in FILES}
    for name, values in {"a": [0.6, 0.1], "b": [0.4, 0.5]}.items():
        for number, value in enumerate(values):
            run = tmp_path / name / str(number)
            run.mkdir(parents=True)
            rows.append({"model": name, "fold": "holdout", "run": f"seed{number}"})
            for key in FILES:
                files[key].append(run / key)
                (run / key).write_text(f"class\tAP\n(all)\t{value}\n")
    output = {name: tmp_path / f"{name}.out" for name in (*FILES, "about")}
    choose_run(files, rows, model, output)
    about = json.loads(output["about"].read_text())
    assert about["path"] == (tmp_path / best).as_posix()
    assert output["weights"].read_text() == (tmp_path / best / "weights").read_text()
