import json

import pandas as pd
import pytest

from coco import json_files, masks, splits
from split_dataset import split_dataset, summary

FRACTIONS = {"train": 0.7, "val": 0.15, "test": 0.15, "lists": None}


@pytest.fixture
def dataset(image_settings):
    """Twenty images with one object each; every fourth is a rare one."""
    rle = masks.from_polygons([[1, 1, 5, 1, 5, 5, 1, 5]], 8, 8)
    images = [
        {
            "id": n,
            "file_name": f"photos/{n}.png",
            "width": 8,
            "height": 8,
            "sha256": f"{n:064x}",
            "orientation": 1,
            "channels": 3,
            "source": 0,
            "source_id": n,
        }
        for n in range(20)
    ]
    annotations = [
        {
            "id": n + 1,
            "image_id": n,
            "category_id": 1 + (n % 4 == 0),
            "segmentation": rle,
            "area": 16,
            "bbox": [1, 1, 4, 4],
            "iscrowd": 0,
            "source_id": n,
        }
        for n in range(20)
    ]
    return {
        "info": {"description": "Test", "images": image_settings, "quarantined": []},
        "categories": [
            {"id": 1, "name": "leaf", "source_id": 1},
            {"id": 2, "name": "bud", "source_id": 2},
        ],
        "images": images,
        "annotations": annotations,
    }


def run(folder, dataset, seed=0):
    json_files.write(folder / "dataset.json", dataset)
    parts = {name: folder / f"{name}.json" for name in ("train", "val", "test")}
    split_dataset(folder / "dataset.json", FRACTIONS, seed, parts, folder / "balance.tsv")
    return {name: json.loads(path.read_text()) for name, path in parts.items()}


def test_each_part_is_a_complete_coco_file(tmp_path, dataset, check_schema):
    parts = run(tmp_path, dataset)
    for part in parts.values():
        check_schema(part, "dataset")
        assert part["categories"] == dataset["categories"]
        shown = {image["id"] for image in part["images"]}
        assert {one["image_id"] for one in part["annotations"]} == shown
    assert [len(part["images"]) for part in parts.values()] == [14, 3, 3]


def test_same_bytes_again_and_in_any_order(tmp_path, dataset):
    names = ("train.json", "val.json", "test.json", "balance.tsv")
    run(tmp_path, dataset)
    first = [(tmp_path / name).read_bytes() for name in names]
    run(tmp_path, dataset)
    assert [(tmp_path / name).read_bytes() for name in names] == first
    other = run(tmp_path, dataset | {"images": dataset["images"][::-1]})
    ids = {name: {image["id"] for image in part["images"]} for name, part in other.items()}
    for name, content in zip(("train", "val", "test"), first, strict=False):
        assert {image["id"] for image in json.loads(content)["images"]} == ids[name]


def test_balance(tmp_path, dataset):
    run(tmp_path, dataset)
    balance = pd.read_csv(tmp_path / "balance.tsv", sep="\t").set_index(["class", "split"])
    assert list(balance.columns) == ["images", "instances", "image_share", "target_share"]
    assert balance.loc[("(all)", "train"), "images"] == 14
    assert balance.loc["bud", "images"].tolist() == [3, 1, 1]
    assert balance.loc["leaf", "image_share"].sum() == pytest.approx(1, abs=1e-3)
    assert balance.loc[("(no objects)", "val"), "images"] == 0
    assert pd.isna(balance.loc[("(no objects)", "val"), "image_share"])


def test_missing_class_is_said(dataset):
    for annotation in dataset["annotations"]:
        annotation["category_id"] = 1 + (annotation["image_id"] == 0)
    split_of = {n: ("train", "val", "test")[n % 3] for n in range(20)}
    assert summary(splits.balance(dataset, split_of, FRACTIONS)) == [
        "images: 7 train, 7 val, 6 test",
        "val has no bud: more images of them are needed",
        "test has no bud: more images of them are needed",
    ]
