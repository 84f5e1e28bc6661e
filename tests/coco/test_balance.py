import numpy as np
import pytest
from splitting import SETTINGS, dataset

from coco import splits
from coco.balance import COLUMNS, balance


def rows_of(content, **changes):
    division = splits.split(content, SETTINGS | changes, seed=0)
    rows = balance(content["categories"], division, seed=0)
    return {(row["class"], row["split"]): row for row in rows}


def random_dataset(number, seed=0):
    """Five classes, from every second image to every fiftieth; up to eight instances in each."""
    rng = np.random.default_rng(seed)
    frequencies = dict(enumerate((0.5, 0.3, 0.1, 0.05, 0.02), start=1))
    return dataset(
        *[
            [c for c, f in frequencies.items() if rng.random() < f] * int(rng.integers(1, 9))
            for _ in range(number)
        ],
        categories=5,
    )


def test_counts_and_shares():
    content = dataset([1, 1, 1], [1], [2], [])
    for image, name in zip(content["images"], ("train", "val", "train", "test"), strict=True):
        image["split"] = name
    rows = rows_of(content)
    row = rows["class 1", "train"]
    assert tuple(row) == COLUMNS
    assert (row["images"], row["instances"]) == (1, 3)
    assert (row["image_share"], row["instance_share"], row["target_share"]) == (0.5, 0.75, 0.5)
    assert row["distance"] == pytest.approx((0 + 0.25) / 2)
    assert np.isnan(rows["class 3", "test"]["image_share"])
    assert rows["(no objects)", "test"]["images"] == 1
    assert (rows["(all)", "train"]["images"], rows["(all)", "train"]["instances"]) == (2, 4)


@pytest.mark.parametrize("number", [200, 2000])
def test_nearer_to_the_target_than_others(number):
    rows = rows_of(random_dataset(number))
    for key, factor in (("distance_random", 0.6), ("distance_scikit_learn", 1.2)):
        ours, others = (
            sum(rows["(mean)", name][column] for name in splits.SPLITS)
            for column in ("distance", key)
        )
        assert ours < others * factor


@pytest.mark.parametrize("number", [100, 300])
def test_a_single_class_is_nearer_to_the_target_than_at_random(number):
    """On average: now and then a random split is even by luck."""
    ours = others = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        content = dataset(*[[1] * rng.poisson(10) for _ in range(number)])
        division = splits.split(content, SETTINGS, seed)
        for row in balance(content["categories"], division, seed):
            if row["class"] == "(mean)":
                ours += row["distance"]
                others += row["distance_random"]
    assert ours < 0.9 * others


def test_class_that_cannot_reach_every_split_is_explained():
    content = dataset(*[[1]] * 20, [1, 2], [1, 2])
    rows = rows_of(content)
    missing = [name for name in splits.SPLITS if not rows["class 2", name]["images"]]
    assert missing
    for name in missing:
        assert rows["class 2", name]["note"] == (
            "all of it is in 2 groups of images that belong together, and there are 3 splits; "
            "add images"
        )
    assert rows["class 3", "val"]["note"] == "the data set has none"
    assert rows["class 1", "val"]["note"] == ""


@pytest.mark.parametrize("seed", range(5))
def test_every_class_of_three_groups_reaches_every_split(seed):
    rng = np.random.default_rng(seed)
    shown = [[1] for _ in range(60)]
    for label in range(2, 12):
        for place in rng.choice(60, 3, replace=False):
            shown[place].append(label)
    rows = rows_of(dataset(*shown, categories=11))
    assert [row["class"] for row in rows.values() if row["note"]] == ["(no objects)"] * 3


def test_split_without_images_is_no_target():
    rows = rows_of(random_dataset(100), train=0.8, val=0.2, test=0.0)
    assert rows["class 1", "test"]["images"] == 0
    assert rows["class 1", "test"]["note"] == ""
