"""What a dry run says of a change names the key, the file, the old and the new."""

import reasons


def said(before, **now):
    return list(reasons.params([reasons.value(repr(one)) for one in before], now))


def test_a_value_is_named_by_its_keys():
    training = {"epochs": 9, "learning_rate": 0.002}
    assert said([training], training=training | {"learning_rate": 0.003}) == [
        "training.learning_rate: 0.002 -> 0.003"
    ]
    assert said([0], seed=1) == ["seed: 0 -> 1"]
    assert said([{"a": {"b": [1, 2]}}], input={"a": {"b": [2, 1]}}) == [
        "input.a.b: [1, 2] -> [2, 1]"
    ]


def test_swapped_values_are_both_named():
    assert said([{"low": 1, "high": 2}], scale={"low": 2, "high": 1}) == [
        "scale.low: 1 -> 2",
        "scale.high: 2 -> 1",
    ]


def test_sections_are_told_apart_by_their_keys():
    before = [{"alpha": 1.0, "weights": None}, {"epochs": 9, "patience": 5}]
    now = {
        "architecture": {"alpha": 0.5, "weights": None},
        "training": {"epochs": 3, "patience": 5},
    }
    assert said(before, **now) == ["architecture.alpha: 1.0 -> 0.5", "training.epochs: 9 -> 3"]


def test_code_is_named_by_its_file():
    before = {"train.py": "a", "coco/masks.py": "b"}
    assert said([before], code={"train.py": "a", "coco/masks.py": "c", "coco/new.py": "d"}) == [
        "Changed code: workflow/scripts/coco/masks.py, workflow/scripts/coco/new.py"
    ]


def test_what_is_new_or_another_kind_of_value():
    assert said([], classes=["leaf"]) == ["classes: now ['leaf']"]
    assert said([None], classes=["leaf"]) == ["classes: None -> ['leaf']"]


def test_files_are_named_and_many_are_counted():
    now = [f"{number}.png" for number in range(6)]
    assert list(reasons.files(["0.png", "x.png"], now)) == [
        "New: 1.png, 2.png, 3.png and 2 more",
        "No longer there: x.png",
    ]
