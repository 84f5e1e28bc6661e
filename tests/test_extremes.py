"""Data sets at the edges of what users have: each is used to its end, or refused with advice."""

import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import projects
import pytest

pytestmark = pytest.mark.exhaustive

SQUARE = 24, 20, 20  # left, top, side


def draw(folder: Path, images: list[dict[str, list]], sizes: list[tuple[int, int]]):
    """A COCO data set of bright squares, (left, top, side) of each class and image."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    classes = sorted({name for image in images for name in image})
    content = {
        "images": [],
        "annotations": [],
        "categories": [{"id": number, "name": name} for number, name in enumerate(classes, 1)],
    }
    for number, (image, (height, width)) in enumerate(zip(images, sizes, strict=True), 1):
        pixels = rng.integers(0, 90, (height, width, 3), np.uint8)
        for name, squares in image.items():
            category = classes.index(name) + 1
            for left, top, side in squares:
                right, bottom = left + side, top + side
                pixels[top:bottom, left:right] = 250 - 40 * category
                outline = [left, top, right, top, right, bottom, left, bottom]
                content["annotations"].append(
                    {
                        "id": len(content["annotations"]) + 1,
                        "image_id": number,
                        "category_id": category,
                        "bbox": [left, top, side, side],
                        "area": side * side,
                        "iscrowd": 0,
                        "segmentation": [outline],
                    }
                )
        cv2.imwrite(str(folder / f"{number}.png"), pixels)
        content["images"].append(
            {"id": number, "file_name": f"{number}.png", "height": height, "width": width}
        )
    (folder / "annotations.json").write_text(json.dumps(content))


def run(folder: Path, images: list[dict[str, list]], sizes=None, **changes) -> tuple[int, str]:
    projects.make(folder, epochs=1)
    draw(folder / "data", images, sizes or [(96, 96)] * len(images))
    own = {"format": "coco", "annotations": "data/annotations.json", "images": "data"}
    projects.edit(folder, sources=[own], prediction__jobs=1, shards=1, **changes)
    return projects.run(folder)


def counted(folder: Path) -> pd.DataFrame:
    """The rows per class of the evaluation."""
    found = folder.glob("results/tiny/models/tiny/holdout/*/evaluation/test/per_class.tsv")
    return pd.read_csv(next(found), sep="\t")


def test_one_class_ten_sizes_and_no_image_without_objects(tmp_path):
    folder = tmp_path / "project"
    sizes = [(80 + 16 * number, 200 - 11 * number) for number in range(10)]
    code, said = run(folder, [{"cell": [SQUARE, (60, 50, 15)]}] * 10, sizes)
    assert code == 0, said
    assert set(counted(folder)["class"]) == {"cell"}
    parts = [
        json.loads((folder / f"results/tiny/splits/holdout/{split}.json").read_text())["images"]
        for split in ("train", "val", "test")
    ]
    assert sorted((one["height"], one["width"]) for part in parts for one in part) == sorted(sizes)


def test_375_objects_in_each_image(tmp_path):
    folder = tmp_path / "project"
    rng = np.random.default_rng(1)
    images = [
        [(2 + 10 * (n % 20), 2 + 10 * (n // 20), int(rng.integers(4, 9))) for n in places]
        for places in (rng.permutation(400)[:375].tolist() for _ in range(8))
    ]
    room = {
        "inputs__tiny__size": 256,
        "models__tiny__architecture__max_objects": 400,
        "prediction__max_detections": 400,
    }
    code, said = run(folder, [{"cell": one} for one in images], [(210, 210)] * 8, **room)
    assert code == 0, said
    assert set(counted(folder)["instances"]) == {2 * 375}


def test_an_image_per_class(tmp_path):
    """It cannot be in each split: the run says so, class by class, and does the rest."""
    folder = tmp_path / "project"
    code, said = run(folder, [{name: [SQUARE]} for name in "abcd"])
    assert code == 0, said
    for name in "abcd":
        assert said.count(f" has no {name}: all of it is in 1 group") == 2


def test_a_single_image_is_refused(tmp_path):
    code, said = run(tmp_path / "project", [{"cell": [SQUARE]}])
    assert code != 0 and "Traceback" not in said
    assert "To split into 3 there must be as many groups of images" in said
