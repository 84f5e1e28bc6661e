import json
import re

import pandas as pd
import pytest
from splitting import SETTINGS

from coco import balance, json_files, masks, splits
from split_dataset import split_dataset, summary


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


def run(folder, dataset, **changes):
    json_files.write(folder / "dataset.json", dataset)
    parts = {name: folder / f"{name}.json" for name in ("train", "val", "test")}
    tables = {name: folder / f"{name}.tsv" for name in ("splits", "leaks", "balance")}
    split_dataset(folder / "dataset.json", SETTINGS | changes, 0, "holdout", parts, tables)
    return {name: json.loads(path.read_text()) for name, path in parts.items()}


def test_each_part_is_a_complete_coco_file(tmp_path, dataset, check_schema):
    parts = run(tmp_path, dataset)
    for part in parts.values():
        check_schema(part, "dataset")
        assert part["categories"] == dataset["categories"]
        shown = {image["id"] for image in part["images"]}
        assert {one["image_id"] for one in part["annotations"]} == shown
    sizes = [len(part["images"]) for part in parts.values()]
    assert sizes == pytest.approx([14, 3, 3], abs=1)


def test_same_bytes_again_and_in_any_order(tmp_path, dataset):
    names = ("train.json", "val.json", "test.json", "splits.tsv", "leaks.tsv", "balance.tsv")
    run(tmp_path, dataset)
    first = [(tmp_path / name).read_bytes() for name in names]
    run(tmp_path, dataset)
    assert [(tmp_path / name).read_bytes() for name in names] == first
    other = run(tmp_path, dataset | {"images": dataset["images"][::-1]})
    ids = {name: {image["id"] for image in part["images"]} for name, part in other.items()}
    for name, content in zip(("train", "val", "test"), first, strict=False):
        assert {image["id"] for image in json.loads(content)["images"]} == ids[name]


def test_balance(tmp_path, dataset):
    parts = run(tmp_path, dataset)
    table = pd.read_csv(tmp_path / "balance.tsv", sep="\t").set_index(["class", "split"])
    assert table.loc[("(all)", "train"), "images"] == len(parts["train"]["images"])
    assert table.loc["bud", "images"].min() >= 1
    assert table.loc["leaf", "image_share"].sum() == pytest.approx(1, abs=1e-3)
    assert table.loc[("(no objects)", "val"), "images"] == 0
    assert pd.isna(table.loc[("(no objects)", "val"), "image_share"])
    assert table.loc["(mean)", ["distance", "distance_random"]].notna().all(axis=None)


def test_table_of_splits_says_where_each_image_is(tmp_path, dataset):
    parts = run(tmp_path, dataset)
    table = pd.read_csv(tmp_path / "splits.tsv", sep="\t")
    for name, part in parts.items():
        files = table.loc[table["split"] == name, "file"]
        assert sorted(files) == sorted(image["file_name"] for image in part["images"])


def test_written_assignment_is_kept(tmp_path, dataset):
    first = run(tmp_path, dataset)
    kept = (tmp_path / "splits.tsv").rename(tmp_path / "kept.tsv")
    assert run(tmp_path, dataset, keep=str(kept)) == first


def test_moved_images_have_a_row(tmp_path, dataset):
    for image in dataset["images"]:
        image["split"] = ("train", "val", "test")[image["id"] % 3]
    dataset["images"][2]["sha256"] = dataset["images"][0]["sha256"]
    run(tmp_path, dataset, leaks="move")
    assert (tmp_path / "leaks.tsv").read_text().splitlines() == [
        "file\tfrom\tto\tbecause\tof",
        "photos/2.png\ttest\ttrain\tthe same content\tphotos/0.png",
    ]


def test_missing_class_is_said(dataset):
    for annotation in dataset["annotations"]:
        annotation["category_id"] = 1 + (annotation["image_id"] == 0)
    division = splits.split(dataset, SETTINGS, seed=0)
    lines = summary(division, balance.balance(dataset["categories"], division, seed=0))
    assert lines[0].startswith("images: ")
    missing = [line for line in lines if " has no bud: all of it is in 1 group of " in line]
    assert len(missing) == 2
    assert lines[-1].startswith("distance from the target shares, mean of all classes: here ")


@pytest.mark.parametrize(
    ("group_by", "why"),
    [
        ({"pattern": "^(.)"}, "the same pattern: 1"),
        (None, "copies or near-duplicates, see issues.tsv; .* split.near_duplicates: false"),
    ],
)
def test_what_binds_a_large_group_is_said(dataset, group_by, why):
    for image in dataset["images"][10:]:
        image["same_as"] = dataset["images"][10]["sha256"]
    division = splits.split(dataset, SETTINGS | {"group_by": group_by}, seed=0)
    lines = summary(division, balance.balance(dataset["categories"], division, seed=0))
    assert any(
        re.search(f"1[01] of 20 images belong together, all in train: {why}", line)
        for line in lines
    )
