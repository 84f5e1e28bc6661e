import csv
import json

import numpy as np
import pytest

from check_objects import check_objects, issues
from coco import instances, masks, windows
from coco.checks import objects

WINDOWS = {"scale": 1.0, "overlap": 0, "min_visible": 0.1, "cut_objects": "drop"}
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


@pytest.mark.parametrize("cut_objects", ["drop", "crowd"])
@pytest.mark.parametrize("min_visible", [0, 0.1, 0.6])
def test_count_in_windows_is_that_of_the_pixels(min_visible, cut_objects):
    rng = np.random.default_rng(0)
    image = {"width": 90, "height": 70}
    rule = {"min_visible": min_visible, "cut_objects": cut_objects}
    boxes = np.concatenate([rng.integers(0, 50, (40, 2)), rng.integers(1, 20, (40, 2))], axis=1)
    shapes = np.zeros((40, 70, 90), bool)
    for shape, (left, top, width, height) in zip(shapes, boxes, strict=True):
        shape[top : top + height, left : left + width] = True
    objects_of = [
        {"segmentation": masks.encode(shape), "category_id": 1, "iscrowd": 0}
        | {"bbox": masks.box(masks.encode(shape)), "area": int(shape.sum())}
        for shape in shapes
    ]
    known = instances.instances_of(objects_of)
    counts = [
        len(instances.see(known, windows.shift(-x, -y), 64, **rule))
        for y, x in windows.grid(70, 90, 64)
    ]
    recipe = {"mode": "crop", "size": 64, **WINDOWS, **rule}
    assert objects.most_in_a_window(objects_of, image, recipe) == max(counts)


def test_what_is_lost_takes_no_place():
    assert objects.too_many_objects.find(2, MODEL, dataset([3] * 9 + [40] * 2)) is None


def test_inputs_are_asked_once_and_models_each(tmp_path):
    models = {"a": MODEL, "b": MODEL | {"max_objects": 9}}
    rows = list(issues(dataset([6] * 3), models))
    assert [(row["record"], row["id"]) for row in rows] == [("input", "small"), ("model", "a")]
    (tmp_path / "dataset.json").write_text(json.dumps(dataset([6] * 3)))
    check_objects(tmp_path / "dataset.json", models, tmp_path / "objects.tsv")
    with (tmp_path / "objects.tsv").open() as file:
        assert len(list(csv.DictReader(file, delimiter="\t"))) == 2
