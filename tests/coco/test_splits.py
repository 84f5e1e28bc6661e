import json
from collections import Counter

import numpy as np
import pytest

from coco import splits
from coco.errors import InputError

FRACTIONS = {"train": 0.7, "val": 0.15, "test": 0.15, "lists": None}


def dataset(*classes_of_images, categories=3):
    """A data set whose image number i shows the classes at place i."""
    images = [
        {"id": 1000 + i, "file_name": f"photos/{i}.png", "sha256": f"{i:064x}", "source_id": i}
        for i in range(len(classes_of_images))
    ]
    pairs = [(1000 + i, c) for i, classes in enumerate(classes_of_images) for c in classes]
    annotations = [
        {"id": n, "image_id": image, "category_id": category, "iscrowd": 0}
        for n, (image, category) in enumerate(pairs, start=1)
    ]
    return {
        "info": {"description": "Test", "images": {"channels": 3}, "quarantined": []},
        "categories": [{"id": n, "name": f"class {n}"} for n in range(1, categories + 1)],
        "images": images,
        "annotations": annotations,
    }


def random_dataset(number=120):
    rng = np.random.default_rng(0)
    return dataset(*[[c for c in (1, 2, 3) if rng.random() < 0.4 / c] for _ in range(number)])


def sizes(split_of):
    return Counter(split_of.values())


def test_fractions_of_images_and_classes():
    content = random_dataset()
    split_of = splits.split(content, FRACTIONS, seed=0)
    assert sizes(split_of) == {"train": 84, "val": 18, "test": 18}
    for row in splits.balance(content, split_of, FRACTIONS):
        total = row["images"] / row["image_share"]
        assert abs(row["images"] - row["target_share"] * total) <= 2


def test_order_and_ids_do_not_matter_but_the_seed_does():
    content = random_dataset()
    split_of = splits.split(content, FRACTIONS, seed=0)
    rng = np.random.default_rng(1)
    shuffled = content | {
        key: [content[key][i] for i in rng.permutation(len(content[key]))]
        for key in ("images", "annotations")
    }
    assert splits.split(shuffled, FRACTIONS, seed=0) == split_of
    assert splits.split(content, FRACTIONS, seed=1) != split_of


def test_copies_stay_together():
    content = random_dataset()
    for copy, original in ((5, 90), (7, 91), (8, 91)):
        content["images"][copy]["sha256"] = content["images"][original]["sha256"]
    for seed in range(20):
        split_of = splits.split(content, FRACTIONS, seed)
        assert split_of[1005] == split_of[1090]
        assert split_of[1007] == split_of[1008] == split_of[1091]


@pytest.mark.parametrize(
    "content",
    [
        dataset([1], [1], [1]),
        dataset([1], [1], [1], [1], []),
        dataset([1], [2], [3]),  # a single image per class
        dataset(*[[n] for n in range(1, 11)], categories=10),
        dataset(*[[1] * 375] * 10),  # many objects, no image without
        dataset([1, 2], [1, 2], [1, 2], [3], [1], [], []),
    ],
)
def test_small_data_sets_work(content):
    split_of = splits.split(content, FRACTIONS, seed=0)
    assert set(split_of.values()) == {"train", "val", "test"}


def test_without_test_split():
    settings = {"train": 0.8, "val": 0.2, "test": 0.0, "lists": None}
    assert sizes(splits.split(random_dataset(), settings, seed=0)) == {"train": 96, "val": 24}


def test_too_few_images_are_refused():
    with pytest.raises(InputError, match="2 different images cannot be split"):
        splits.split(dataset([1], [1]), FRACTIONS, seed=0)
    copies = dataset([1], [1], [1], [1])
    for image in copies["images"]:
        image["sha256"] = "0" * 64
    with pytest.raises(InputError, match="1 different images"):
        splits.split(copies, FRACTIONS, seed=0)


def test_too_few_objects_are_refused():
    with pytest.raises(InputError, match="no image in val has an object: of 10 images, 1 have"):
        splits.split(dataset([1], *[[]] * 9), FRACTIONS, seed=0)


def test_crowds_are_no_objects():
    content = dataset([1], [1])
    content["annotations"][0]["iscrowd"] = 1
    assert splits.labels_of_images(content) == {1000: {splits.NO_OBJECTS}, 1001: {1}}


# The user's own split


def with_lists(tmp_path, suffix=".txt", **lists):
    paths = {}
    for name, entries in lists.items():
        text = entries if isinstance(entries, str) else "\n".join(entries)
        paths[name] = str(tmp_path / f"{name}{suffix}")
        (tmp_path / f"{name}{suffix}").write_text(text)
    return FRACTIONS | {"lists": paths}


def test_lists_of_names_stems_paths_and_ids(tmp_path):
    content = dataset([1], [1], [1], [1])
    content["images"][3]["source_id"] = "sample four"
    settings = with_lists(
        tmp_path, train=["0.png", "", " photos/1.png "], val=["2"], test=["sample four"]
    )
    split_of = splits.split(content, settings, seed=0)
    assert split_of == {1000: "train", 1001: "train", 1002: "val", 1003: "test"}
    targets = {r["split"]: r["target_share"] for r in splits.balance(content, split_of, settings)}
    assert targets == {"train": 0.5, "val": 0.25, "test": 0.25}


def test_lists_in_json(tmp_path):
    content = dataset([1], [1], [1])
    settings = with_lists(
        tmp_path,
        suffix=".json",
        train=json.dumps({"train": ["0", "1"], "val": ["2"]}),
        val=json.dumps(["2.png"]),
    )
    assert splits.split(content, settings, 0) == {1000: "train", 1001: "train", 1002: "val"}


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ({"train": ["0", "1"], "val": ["2", "9.png"]}, r"val.txt: .* not have 1 .*: 9.png"),
        ({"train": ["0", "1"], "val": ["2", "1.png"]}, r"1.png is in .*train.txt \(train\) too"),
        ({"train": ["0"], "val": ["2"]}, "1 images are in none of the lists: photos/1.png"),
        ({"train": ["0", "1", "2"], "val": [" "]}, "val.txt: lists no image"),
    ],
)
def test_faulty_lists_are_refused(tmp_path, lists, message):
    with pytest.raises(InputError, match=message):
        splits.split(dataset([1], [1], [1]), with_lists(tmp_path, **lists), seed=0)


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"training": []}', "no key train, but training"), ("[1]", "names"), ("[", "not a list of")],
)
def test_faulty_json_lists_are_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        splits.split(dataset([1]), with_lists(tmp_path, suffix=".json", train=text), seed=0)


def test_quarantined_images_may_stay_in_a_list(tmp_path):
    content = dataset([1], [1])
    content["info"]["quarantined"] = [{"file_name": "photos/bad.png", "source_id": 7}]
    settings = with_lists(tmp_path, train=["0", "bad"], val=["1"])
    assert splits.split(content, settings, seed=0) == {1000: "train", 1001: "val"}


def test_name_of_two_images_needs_its_path(tmp_path):
    content = dataset([1], [1], [1])
    content["images"][1]["file_name"] = "other/0.png"
    with pytest.raises(InputError, match=r"0 may be photos/0\.png, other/0\.png"):
        splits.split(content, with_lists(tmp_path, train=["0"], val=["2"]), seed=0)
    settings = with_lists(tmp_path, train=["photos/0.png", "other/0.png"], val=["2"])
    assert len(splits.split(content, settings, seed=0)) == 3


def test_split_of_the_sources():
    content = dataset([1], [1], [1])
    for image, name in zip(content["images"], ("train", "val", "test"), strict=True):
        image["split"] = name
    assert splits.split(content, FRACTIONS, 0) == {1000: "train", 1001: "val", 1002: "test"}
    del content["images"][2]["split"]
    with pytest.raises(InputError, match=r"photos/2.png: its source has no split"):
        splits.split(content, FRACTIONS, seed=0)


def test_leak_is_refused():
    content = dataset([1], [1], [1])
    for image, name in zip(content["images"], ("train", "val", "test"), strict=True):
        image["split"] = name
    content["images"][2]["sha256"] = content["images"][0]["sha256"]
    with pytest.raises(InputError, match=r"photos/0.png in train, photos/2.png in test"):
        splits.split(content, FRACTIONS, seed=0)


# What is written


def test_subsets_make_up_the_data_set():
    content = random_dataset()
    split_of = splits.split(content, FRACTIONS, seed=0)
    parts = [splits.subset(content, split_of, name) for name in splits.SPLITS]
    for key in ("images", "annotations"):
        records = [record for part in parts for record in part[key]]
        assert sorted(records, key=lambda r: r["id"]) == content[key]
    assert all(part["categories"] == content["categories"] for part in parts)


def test_balance_counts_images_and_instances():
    content = dataset([1, 1], [1], [2], [])
    split_of = {1000: "train", 1001: "val", 1002: "train", 1003: "train"}
    rows = {(r["class"], r["split"]): r for r in splits.balance(content, split_of, FRACTIONS)}
    assert rows["class 1", "train"] == {
        "class": "class 1",
        "split": "train",
        "images": 1,
        "instances": 2,
        "image_share": 0.5,
        "target_share": 0.7,
    }
    assert rows["class 3", "test"]["image_share"] is None
    assert rows["(no objects)", "train"]["images"] == 1
    assert rows["(all)", "train"]["images"] == 3
    assert rows["(all)", "train"]["instances"] == 3
