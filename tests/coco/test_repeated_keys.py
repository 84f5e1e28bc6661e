"""Keys that are there twice: the one that a parser drops is the user's work."""

import json

import pytest
import yaml

from coco.errors import InputError
from coco.formats import coco_json, via, yolo_description
from coco.given_splits import read_list
from coco.repeated_keys import in_yaml, refuse


def test_repeated_key_with_other_content_is_refused():
    text = '{"images": [{"id": 3, "file_name": "a.png", "file_name": "b.png"}]}'
    with pytest.raises(ValueError, match="'file_name' of the object with the id 3 is there twice"):
        json.loads(text, object_pairs_hook=refuse)


def test_repeated_key_with_the_same_content_loses_nothing():
    text = '{"a": [1, {"b": 2}], "a": [1, {"b": 2}], "c": null}'
    assert json.loads(text, object_pairs_hook=refuse) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a: 1\nb: {c: 1,\n  c: 2}\na: 2\n", ["line 4: the key a", "line 3: the key c"]),
        ("- {1: a, '1': b}\n- &x {k: 1}\n- {? [1] : 1, ? [1] : 2}\n- *x\n", []),
        ("&x {a: *x, b: [*x]}\n", []),
        ("", []),
    ],
)
def test_repeated_keys_of_yaml_have_their_lines(text, lines):
    found = list(in_yaml(yaml.compose(text)))
    assert [line.split(" stands")[0] for line in found] == lines


def test_aliases_of_aliases_take_no_time():
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
    assert not list(in_yaml(yaml.compose("\n".join(lines))))


def test_importers_refuse_what_would_be_lost(tmp_path):
    """Two files that were put together by hand."""
    two = tmp_path / "two.json"
    two.write_text('{"images": [], "annotations": [], "categories": [], "images": [{"id": 1}]}')
    with pytest.raises(InputError, match=r"two\.json: .*'images' is there twice"):
        coco_json.read({"annotations": str(two), "images": str(tmp_path)})
    photo = '"a.png9": {"filename": "a.png", "size": 9, "regions": %s}'
    drawn = "{" + photo % "[]" + ", " + photo % '[{"region_attributes": {}}]' + "}"
    two.write_text(drawn)
    with pytest.raises(InputError, match=r"two\.json: .*'a\.png9' is there twice"):
        via.load(two)
    (tmp_path / "data.yaml").write_text("train: x\nnames:\n  0: cell\n  0: dirt\n")
    with pytest.raises(InputError, match=r"data\.yaml, line 4: the key 0 stands in line 3 too"):
        yolo_description.describe(tmp_path)
    two.write_text('{"train": ["a.png"], "train": ["b.png"]}')
    with pytest.raises(InputError, match="'train' is there twice"):
        read_list(two, "train")
