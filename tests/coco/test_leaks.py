import pytest
from splitting import SETTINGS, dataset

from coco import grouping, leaks
from coco.errors import InputError

GIVEN = {1000: "train", 1001: "train", 1002: "test", 1003: "val", 1004: "test"}


def mend(images, policy, group_by=None):
    tied = grouping.ties(images, SETTINGS | {"group_by": group_by})
    return leaks.mend(images, GIVEN, grouping.groups(tied), tied, policy)


@pytest.fixture
def images():
    """Image 2, in test, is a copy of 0; 3, in val, is a near-duplicate of 1: both in train."""
    images = dataset(*[[1]] * 5)["images"]
    images[2]["sha256"] = images[0]["sha256"]
    images[3]["same_as"] = images[1]["same_as"] = images[1]["sha256"]
    return images


def test_clean_splits_stay():
    images = dataset(*[[1]] * 5)["images"]
    assert mend(images, "stop") == (GIVEN, [])


def test_moves_are_recorded(images):
    mended, rows = mend(images, "move")
    assert mended == GIVEN | {1002: "train", 1003: "train"}
    assert [tuple(row.values()) for row in rows] == [
        ("photos/2.png", "test", "train", "the same content", "photos/0.png"),
        ("photos/3.png", "val", "train", "a near-duplicate", "photos/1.png"),
    ]


def test_a_group_moves_to_its_majority(images):
    images = dataset(*[[1]] * 5)["images"]
    for place in (0, 2, 4):
        images[place]["sha256"] = images[0]["sha256"]
    mended, rows = mend(images, "move")
    assert mended == GIVEN | {1000: "test"}
    assert rows[0]["of"] == "photos/2.png"


def test_leaks_stop_the_run(images):
    with pytest.raises(InputError) as error:
        mend(images, "stop")
    message = str(error.value)
    assert "2 images are in another split" in message
    assert "1 in test, the same content in train: photos/2.png in test, photos/0.png in" in message
    assert "split.leaks: move" in message
    assert "split.near_duplicates: false" in message
