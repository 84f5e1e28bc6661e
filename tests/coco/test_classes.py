import pytest

from coco.classes import class_map
from coco.errors import InputError

CATEGORIES = [
    {"id": 1, "name": "leaf", "source": 0, "source_id": 7},
    {"id": 2, "name": "stem", "source": 0, "source_id": 3},
    {"id": 3, "name": "leaf", "source": 1, "source_id": 9},
    {"id": 4, "name": "root", "source": 2, "source_id": None},
    {"id": 5, "name": "bud", "source": 3, "source_id": None},
]


def names(classes):
    return [one["name"] for one in classes]


def test_all_classes_by_source_id_then_name():
    classes, class_of = class_map(CATEGORIES, None)
    assert names(classes) == ["stem", "leaf", "bud", "root"]
    assert [one["id"] for one in classes] == [1, 2, 3, 4]
    assert [one["source_id"] for one in classes] == [3, 7, None, None]
    assert class_of == {1: 2, 2: 1, 3: 2, 4: 4, 5: 3}


def test_select_rename_merge_and_order():
    wanted = ["root", {"name": "shoot", "from": ["stem", "leaf"]}]
    classes, class_of = class_map(CATEGORIES, wanted)
    assert names(classes) == ["root", "shoot"]
    assert class_of == {4: 1, 2: 2, 1: 2, 3: 2}


def test_the_order_of_sources_changes_nothing():
    assert class_map(CATEGORIES[::-1], None) == class_map(CATEGORIES, None)


@pytest.mark.parametrize("wanted", [["flower"], [{"name": "x", "from": ["leaf", "flower"]}]])
def test_unknown_class_is_refused_with_those_there_are(wanted):
    with pytest.raises(InputError, match=r"no class flower, .*stem, leaf, bud, root"):
        class_map(CATEGORIES, wanted)


@pytest.mark.parametrize("wanted", [["leaf", "leaf"], ["leaf", {"name": "x", "from": ["leaf"]}]])
def test_class_asked_for_twice_is_refused(wanted):
    with pytest.raises(InputError, match="leaf stands there twice"):
        class_map(CATEGORIES, wanted)


def test_a_space_behind_a_name_is_seen():
    with pytest.raises(InputError, match=r"no class leaf, expected some of: 'leaf '$"):
        class_map([CATEGORIES[0] | {"name": "leaf "}], ["leaf"])


def test_names_of_rows_that_are_no_class_are_refused_and_can_be_replaced():
    categories = [CATEGORIES[0] | {"name": "(all)"}]
    with pytest.raises(InputError, match=r"\(all\) is a row of tables"):
        class_map(categories, None)
    classes, _ = class_map(categories, [{"name": "every", "from": ["(all)"]}])
    assert names(classes) == ["every"]
