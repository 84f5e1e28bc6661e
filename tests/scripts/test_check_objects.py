import csv
import json

import numpy as np

from check_objects import check_objects, issues
from coco import windows
from coco.checks import objects

WINDOWS = {"scale": 1.0, "overlap": 0, "min_visible": 0.1}
MODEL = {"input": "small", "mode": "resize", "size": 100, "max_objects": 2, **WINDOWS}


def dataset(sides, size=(200, 100)):
    """One image with squares of these sides."""
    annotations = [
        {"image_id": 1, "bbox": [0, 0, side, side], "area": side**2, "iscrowd": 0} for side in sides
    ]
    return {"images": [{"id": 1, "width": size[0], "height": size[1]}], "annotations": annotations}


def test_objects_below_the_least_pixels_are_lost():
    """At half the size, 3x3 px become 2.25: less than the 4 that training needs."""
    found = objects.tiny_objects.find(MODEL, dataset([3, 10, 40, 40]))
    assert "1 of 4 objects are lost" in found and "1 are hard to find" in found
    assert objects.tiny_objects.find(MODEL, dataset([40, 40])) is None
    assert objects.tiny_objects.find(MODEL | {"mode": "crop"}, dataset([10])) is None


def test_objects_of_the_fullest_window_count():
    found = objects.too_many_objects.find(2, MODEL, dataset([40] * 3))
    assert "up to 3; 1 objects too many" in found
    assert objects.too_many_objects.find(3, MODEL, dataset([40] * 3)) is None
    crop = MODEL | {"mode": "crop"}
    apart = dataset([40] * 3)
    apart["annotations"][0]["bbox"] = [150, 50, 40, 40]
    assert objects.too_many_objects.find(2, crop, apart) is None
    assert objects.too_many_objects.find(1, crop, apart)


def test_count_in_windows_is_that_of_the_pixels():
    rng = np.random.default_rng(0)
    image = {"width": 90, "height": 70}
    recipe = {"mode": "crop", "size": 64, **WINDOWS}
    boxes = np.concatenate([rng.integers(0, 50, (20, 2)), rng.integers(5, 20, (20, 2))], axis=1)
    counts = []
    for y, x in windows.grid(70, 90, 64):
        shown = 0
        for left, top, width, height in boxes:
            mask = np.zeros((200, 200), bool)
            mask[top : top + height, left : left + width] = True
            shown += mask[y : y + 64, x : x + 64].sum() >= 0.1 * mask.sum()
        counts.append(shown)
    assert objects.most_in_a_window(boxes, image, recipe) == max(counts)


def test_inputs_are_asked_once_and_models_each(tmp_path):
    models = {"a": MODEL, "b": MODEL | {"max_objects": 9}}
    rows = list(issues(dataset([2] * 3), models))
    assert [(row["record"], row["id"]) for row in rows] == [("input", "small"), ("model", "a")]
    (tmp_path / "dataset.json").write_text(json.dumps(dataset([2] * 3)))
    check_objects(tmp_path / "dataset.json", models, tmp_path / "objects.tsv")
    with (tmp_path / "objects.tsv").open() as file:
        assert len(list(csv.DictReader(file, delimiter="\t"))) == 2
