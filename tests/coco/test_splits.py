from collections import Counter

import numpy as np
import pytest
from splitting import SETTINGS, dataset

from coco import splits
from coco.errors import InputError


def random_dataset(number=120, first=0):
    """Images with three classes of different frequency, and with several instances of them."""
    rng = np.random.default_rng(0)
    classes = [[c for c in (1, 2, 3) if rng.random() < 0.4 / c] for _ in range(first + number)]
    return dataset(*[found * int(rng.integers(1, 5)) for found in classes])


def split_of(content, settings=SETTINGS, seed=0, fold="holdout"):
    return splits.split(content, settings, seed, fold).split_of


def sizes(content, **changes):
    return Counter(split_of(content, SETTINGS | changes).values())


# By fractions


def test_fractions_of_images_and_instances():
    content = random_dataset(400)
    division = splits.split(content, SETTINGS, seed=0)
    for kind in ("images", "instances"):
        for label in {label for group in division.groups for k, label in group.counts if k == kind}:
            found = Counter()
            for group in division.groups:
                number = next(n for n, key in division.group_of.items() if key == group.key)
                found[division.split_of[number]] += group.counts.get((kind, label), 0)
            for name in splits.SPLITS:
                assert abs(found[name] / found.total() - SETTINGS[name]) < 0.025


def test_order_and_ids_do_not_matter_but_the_seed_does():
    content = random_dataset()
    first = split_of(content)
    rng = np.random.default_rng(1)
    shuffled = content | {
        key: [content[key][i] for i in rng.permutation(len(content[key]))]
        for key in ("images", "annotations")
    }
    assert split_of(shuffled) == first
    assert split_of(content, seed=1) != first


def test_copies_and_near_duplicates_stay_together():
    content = random_dataset()
    images = content["images"]
    for copy, original in ((5, 90), (7, 91), (8, 91)):
        images[copy]["sha256"] = images[original]["sha256"]
    for alike in (20, 21, 22):
        images[alike]["same_as"] = images[20]["sha256"]
    for seed in range(20):
        found = split_of(content, seed=seed)
        assert found[1005] == found[1090]
        assert found[1007] == found[1008] == found[1091]
        assert found[1020] == found[1021] == found[1022]


def test_near_duplicates_may_be_ignored():
    content = random_dataset()
    for image in content["images"]:
        image["same_as"] = content["images"][0]["sha256"]
    assert sizes(content, near_duplicates=False)["train"] > 80
    with pytest.raises(InputError, match="Found: 1, images in all: 120"):
        split_of(content)


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
    assert set(split_of(content).values()) == {"train", "val", "test"}


def test_without_test_split():
    found = sizes(random_dataset(), train=0.8, val=0.2, test=0.0)
    assert set(found) == {"train", "val"}
    assert found["train"] == pytest.approx(96, abs=4)


def test_too_few_images_are_refused():
    with pytest.raises(InputError, match=r"split into 3 .* Found: 2, images in all: 2"):
        split_of(dataset([1], [1]))
    copies = dataset([1], [1], [1], [1])
    for image in copies["images"]:
        image["sha256"] = "0" * 64
    with pytest.raises(InputError, match="Found: 1, images in all: 4"):
        split_of(copies)


def test_too_few_objects_are_refused():
    with pytest.raises(InputError, match="in val has an object: of 10 images, 1 have one, in 1 gr"):
        split_of(dataset([1], *[[]] * 9))


def test_crowds_are_no_objects():
    content = dataset([1], [1])
    content["annotations"][0]["iscrowd"] = 1
    groups = splits.counted(content, {1000: "a", 1001: "b"})
    assert [group.counts for group in groups] == [
        {("images", "all"): 1, ("images", splits.NO_OBJECTS): 1},
        {("images", "all"): 1, ("images", 1): 1, ("instances", 1): 1},
    ]


# What another image changes


@pytest.mark.parametrize(("number", "most"), [(100, 0.04), (300, 0.03), (800, 0.02)])
def test_another_image_moves_few_others(number, most):
    content = random_dataset(number + 8)
    before, moved = split_of(pick(content, range(number))), []
    for new in range(number, number + 6):
        after = split_of(pick(content, [*range(number), new]))
        moved.append(sum(after[image] != name for image, name in before.items()) / number)
    assert np.mean(moved) <= 0.01
    assert max(moved) <= most


def test_kept_images_do_not_move_and_new_ones_fill_the_shares(tmp_path):
    content = random_dataset(300)
    before = splits.split(pick(content, range(200)), SETTINGS, seed=0)
    path = written(tmp_path, pick(content, range(200)), before)
    after = splits.split(content, SETTINGS | {"keep": path}, seed=7)
    assert before.split_of.items() <= after.split_of.items()
    found = Counter(after.split_of.values())
    for name in splits.SPLITS:
        assert found[name] == pytest.approx(300 * SETTINGS[name], abs=9)


def test_kept_image_is_known_by_its_content_too(tmp_path):
    content = random_dataset(60)
    before = splits.split(content, SETTINGS, seed=0)
    path = written(tmp_path, content, before)
    for image in content["images"]:
        image["file_name"] = image["file_name"].replace("photos", "elsewhere")
    assert split_of(content, SETTINGS | {"keep": path}, seed=7) == before.split_of


def test_new_image_follows_its_group(tmp_path):
    content = random_dataset(60)
    old_content = pick(content, range(59))
    path = written(tmp_path, old_content, splits.split(old_content, SETTINGS, 0))
    for old in range(59):
        content["images"][59]["sha256"] = content["images"][old]["sha256"]
        found = split_of(content, SETTINGS | {"keep": path})
        assert found[1059] == found[1000 + old]


def pick(content, places):
    images = [content["images"][place] for place in places]
    ids = {image["id"] for image in images}
    kept = [one for one in content["annotations"] if one["image_id"] in ids]
    return content | {"images": images, "annotations": kept}


def written(folder, content, division):
    rows = [splits.TABLE_COLUMNS]
    rows += [row.values() for row in splits.table(content, division)]
    path = folder / "kept.tsv"
    path.write_text("\n".join("\t".join(row) for row in rows))
    return str(path)


# Folds


def test_each_image_is_tested_in_one_fold():
    content = random_dataset(150)
    for copy in range(0, 150, 3):
        content["images"][copy]["sha256"] = content["images"][copy + 1]["sha256"]
    settings = SETTINGS | {"folds": 5}
    folds = [splits.split(content, settings, 0, f"fold{number}") for number in range(5)]
    tested = [n for fold in folds for n, name in fold.split_of.items() if name == "test"]
    assert sorted(tested) == [image["id"] for image in content["images"]]
    for fold in folds:
        found = Counter(fold.split_of.values())
        assert found["test"] == pytest.approx(30, abs=5)
        assert found["val"] == pytest.approx(22.5, abs=5)
        assert fold.targets == pytest.approx({"train": 0.65, "test": 0.2, "val": 0.15})
        for copy in range(0, 150, 3):
            assert fold.split_of[1000 + copy] == fold.split_of[1001 + copy]


def test_folds_are_kept(tmp_path):
    content = random_dataset(120)
    settings, before = kept_folds(tmp_path, pick(content, range(100)))
    after = {name: splits.split(content, settings, 9, name).split_of for name in before}
    for name in before:
        assert before[name].split_of.items() <= after[name].items()
    tested = [n for found in after.values() for n, part in found.items() if part == "test"]
    assert sorted(tested) == [image["id"] for image in content["images"]]


def test_images_of_several_folds_that_a_new_one_ties_move_as_their_table_says(tmp_path):
    content = random_dataset(60)
    settings, before = kept_folds(tmp_path, pick(content, range(59)))
    first, second = (
        next(n for n, name in before[fold].split_of.items() if name == "test")
        for fold in ("fold0", "fold1")
    )
    for image in content["images"]:
        if image["id"] in (first, second, 1059):
            image["same_as"] = "1"
    names = {image["file_name"]: image["id"] for image in content["images"]}
    with pytest.raises(InputError, match="a near-duplicate in test"):
        splits.split(content, settings, 0, "fold0")
    for fold, division in before.items():
        after = splits.split(content, settings | {"leaks": "move"}, 0, fold)
        moved = {n for n, name in division.split_of.items() if after.split_of[n] != name}
        assert {names[row["file"]] for row in after.leaks} == moved
        assert all(after.split_of[names[row["file"]]] == row["to"] for row in after.leaks)
        assert moved == {"fold0": {second}, "fold1": {second}, "fold2": set()}[fold]


@pytest.mark.parametrize("wrong", ["two tests", "no test", "no row"])
def test_kept_tables_of_different_folds_are_refused(tmp_path, wrong):
    content = random_dataset(60)
    settings, _ = kept_folds(tmp_path, content)
    first, second = (tmp_path / name / "kept.tsv" for name in ("fold0", "fold1"))
    if wrong == "two tests":
        second.write_text(first.read_text())
    elif wrong == "no test":
        first.write_text(first.read_text().replace("\ttest\t", "\ttrain\t"))
    else:
        first.write_text("\n".join(first.read_text().splitlines()[:-1]))
    with pytest.raises(InputError, match=r"in the test of one\. \d+ are not: photos/.*folds: 3"):
        splits.split(content, settings, 0, "fold2")


def kept_folds(folder, content):
    """Settings that keep three folds of a data set, and its division in each."""
    settings, divisions = SETTINGS | {"folds": 3}, {}
    for name in ("fold0", "fold1", "fold2"):
        divisions[name] = splits.split(content, settings, 0, name)
        (folder / name).mkdir()
        written(folder / name, content, divisions[name])
    return settings | {"keep": str(folder / "{fold}" / "kept.tsv")}, divisions


# The user's own split


def test_split_of_the_sources():
    content = dataset([1], [1], [1])
    for image, name in zip(content["images"], ("train", "val", "test"), strict=True):
        image["split"] = name
    division = splits.split(content, SETTINGS, 0)
    assert division.split_of == {1000: "train", 1001: "val", 1002: "test"}
    assert division.targets == dict.fromkeys(splits.SPLITS, 1 / 3)
    del content["images"][2]["split"]
    with pytest.raises(InputError, match=r"photos/2.png: its source has no split"):
        split_of(content)


def test_lists_decide(tmp_path):
    paths = {name: tmp_path / f"{name}.txt" for name in ("train", "val")}
    paths["train"].write_text("0\n2")
    paths["val"].write_text("1\n3")
    settings = SETTINGS | {"lists": {name: str(path) for name, path in paths.items()}}
    content = dataset([1], [1], [1], [1])
    given = {1000: "train", 1001: "val", 1002: "train", 1003: "val"}
    assert split_of(content, settings) == given
    content["images"][2]["sha256"] = content["images"][1]["sha256"]
    with pytest.raises(InputError, match=r"photos/1.png in val, photos/2.png in train"):
        split_of(content, settings)
    moved = splits.split(content, settings | {"leaks": "move"}, 0)
    assert moved.split_of == given | {1001: "train"}
    assert [row["file"] for row in moved.leaks] == ["photos/1.png"]


# What is written


def test_subsets_make_up_the_data_set():
    content = random_dataset()
    found = split_of(content)
    parts = [splits.subset(content, found, name) for name in splits.SPLITS]
    for key in ("images", "annotations"):
        records = [record for part in parts for record in part[key]]
        assert sorted(records, key=lambda r: r["id"]) == content[key]
    assert all(part["categories"] == content["categories"] for part in parts)


def test_table_says_how_an_image_came_to_its_split():
    content = dataset([1], [1], [1], [1])
    for image, name in zip(content["images"], ("train", "val", "val", "test"), strict=True):
        image["split"] = name
    content["images"][3]["sha256"] = content["images"][0]["sha256"]
    division = splits.split(content, SETTINGS | {"leaks": "move"}, 0)
    rows = splits.table(content, division)
    assert [row["how"] for row in rows] == ["given", "given", "given", "moved"]
    assert [row["split"] for row in rows] == ["train", "val", "val", "train"]
    assert rows[0]["group"] == rows[3]["group"]
