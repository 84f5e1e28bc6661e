"""Predictions of a split for other tools, with the sources' own ids."""

import json
from pathlib import Path

import pandas as pd
from squares import prediction, small_truth

from export_predictions import export_predictions, read_threshold


def test_ids_and_names_are_the_sources_own(tmp_path):
    truth = small_truth()
    for image in truth["images"]:
        image |= {"source_id": 100 + image["id"], "file_name": f"photos/in/{image['id']}.png"}
    truth["images"][0]["file_name"] = str(Path("photos/11.png").absolute())
    for category in truth["categories"]:
        category["source_id"] = 10 * category["id"]
    splits = {}
    for name in ("train", "val", "test"):
        splits[name] = tmp_path / f"{name}.json"
        part = truth if name == "test" else truth | {"images": [], "annotations": []}
        splits[name].write_text(json.dumps(part))
    found = [prediction(11, 2, 5, 6, 20, 0.8), prediction(12, 1, 5, 6, 20, 0.3)]
    (tmp_path / "found.json").write_text(json.dumps(found))
    pixel = {"size": None, "unit": "um"}
    folder = tmp_path / "out"
    export_predictions(tmp_path / "found.json", splits, "test", 0.5, pixel, folder)

    results = json.loads((folder / "results.json").read_text())
    assert [(one["image_id"], one["category_id"]) for one in results] == [(111, 20), (112, 10)]
    content = json.loads((folder / "instances.json").read_text())
    names = {one["id"]: one["file_name"] for one in content["images"]}
    assert names == {111: "11.png", 112: "in/12.png", 113: "in/13.png", 114: "in/14.png"}
    assert [one["score"] for one in content["annotations"]] == [0.8]
    assert pd.read_csv(folder / "instances.csv")["class"].tolist() == ["ring"]
    assert (folder / "labels/in/14.png").exists()


def test_the_threshold_is_that_of_all_classes(tmp_path):
    path = tmp_path / "threshold.tsv"
    path.write_text("class\tthreshold\tF1\n(all)\t0.12345678901\t0.5\nleaf\t0.7\t0.5\n")
    assert read_threshold(path) == 0.12345678901
