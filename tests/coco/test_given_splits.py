import json

import pytest
from splitting import dataset

from coco.errors import InputError
from coco.given_splits import by_lists, by_table


def with_lists(tmp_path, suffix=".txt", **lists):
    paths = {}
    for name, entries in lists.items():
        text = entries if isinstance(entries, str) else "\n".join(entries)
        paths[name] = str(tmp_path / f"{name}{suffix}")
        (tmp_path / f"{name}{suffix}").write_text(text)
    return paths


def test_lists_of_names_stems_paths_and_ids(tmp_path):
    content = dataset([1], [1], [1], [1])
    content["images"][3]["source_id"] = "sample four"
    lists = with_lists(
        tmp_path, train=["0.png", "", " photos/1.png "], val=["2"], test=["sample four"]
    )
    found = by_lists(content, lists)
    assert found == {1000: "train", 1001: "train", 1002: "val", 1003: "test"}


def test_lists_in_json(tmp_path):
    content = dataset([1], [1], [1])
    lists = with_lists(
        tmp_path,
        suffix=".json",
        train=json.dumps({"train": ["0", "1"], "val": ["2"]}),
        val=json.dumps(["2.png"]),
    )
    assert by_lists(content, lists) == {1000: "train", 1001: "train", 1002: "val"}


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
        by_lists(dataset([1], [1], [1]), with_lists(tmp_path, **lists))


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"training": []}', "no key train, but training"), ("[1]", "names"), ("[", "not a list of")],
)
def test_faulty_json_lists_are_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        by_lists(dataset([1]), with_lists(tmp_path, suffix=".json", train=text))


def test_quarantined_images_may_stay_in_a_list(tmp_path):
    content = dataset([1], [1])
    content["info"]["quarantined"] = [{"file_name": "photos/bad.png", "source_id": 7}]
    lists = with_lists(tmp_path, train=["0", "bad"], val=["1"])
    assert by_lists(content, lists) == {1000: "train", 1001: "val"}


def test_name_of_two_images_needs_its_path(tmp_path):
    content = dataset([1], [1], [1])
    content["images"][1]["file_name"] = "other/0.png"
    with pytest.raises(InputError, match=r"0 may be photos/0\.png, other/0\.png"):
        by_lists(content, with_lists(tmp_path, train=["0"], val=["2"]))
    lists = with_lists(tmp_path, train=["photos/0.png", "other/0.png"], val=["2"])
    assert len(by_lists(content, lists)) == 3


def test_folders_of_a_path_may_be_left_out(tmp_path):
    content = dataset([1], [1], [1], [1])
    names = "data/d0/0.png", "data/d1/0.png", "data/d1/1.png", "d1/1.png"
    for image, name in zip(content["images"], names, strict=True):
        image["file_name"] = name
    train, val = ["d0/0.png", "./data/d1/1.png"], ["d1/0", "d1/1.png"]
    assert by_lists(content, with_lists(tmp_path, train=train, val=val)) == {
        1000: "train",
        1001: "val",
        1002: "train",
        1003: "val",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "file\tsha256\tsplit\nphotos/0.png\t0\ttest\nphotos/0.png\t0\ttrain",
            r"photos/0.png is in train, but in test by another row",
        ),
        ("file\tsha256\tsplit\n/far/0.png\t0\ttest", r"none of its images, .* as photos/0.png"),
        ("file\tsha256\tsplit\n", "none of its images"),
        ("file\tsplit\na\ttrain", "has no column sha256, but file, split"),
        ("file\tsha256\tsplit\nphotos/0.png\t0\tdev", r"photos/0.png is in dev, expected train"),
    ],
)
def test_faulty_assignments_are_refused(tmp_path, text, message):
    path = tmp_path / "splits.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        by_table(dataset([1])["images"], str(path))


def test_missing_assignment_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read as a table"):
        by_table(dataset([1])["images"], str(tmp_path / "splits.tsv"))
