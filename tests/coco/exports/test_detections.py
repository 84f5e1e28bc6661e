"""Detections in the files of other tools, read back as these tools read them."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pycocotools.coco import COCO

from coco import masks
from coco.exports import detections

CATEGORIES = [{"id": 1, "name": "leaf"}, {"id": 2, "name": "ring"}]
IMAGES = [
    {"id": 7, "name": "a.png", "width": 60, "height": 40},
    {"id": 8, "name": "in/b.jpg", "width": 30, "height": 30},
    {"id": 9, "name": "in/b.png", "width": 30, "height": 30},
]


def found(image, category, score, x, y, width, height):
    mask = np.zeros((image["height"], image["width"]), bool)
    mask[y : y + height, x : x + width] = True
    box = [x - 0.4, y + 0.3, width + 0.7, height]  # of a detector: not quite the mask's
    one = {"image_id": image["id"], "category_id": category, "score": score}
    return one | {"segmentation": masks.encode(mask), "bbox": box}


RESULTS = [
    found(IMAGES[0], 1, 0.7, 10, 10, 20, 10),
    found(IMAGES[0], 2, 0.9, 12, 12, 4, 4),
    found(IMAGES[0], 1, 0.2, 40, 20, 5, 5),
    found(IMAGES[1], 1, 0.5, 0, 0, 3, 3),
]


@pytest.fixture
def folder(tmp_path):
    pixel = {"size": 0.5, "unit": "um"}
    detections.write(IMAGES, CATEGORIES, RESULTS, 0.5, tmp_path, pixel)
    return tmp_path


def test_results_load_in_pycocotools(folder):
    truth = COCO(folder / "instances.json")
    loaded = truth.loadRes(str(folder / "results.json"))
    assert len(loaded.anns) == 4
    assert loaded.anns[3]["bbox"] == [40, 20, 5, 5]


def test_instances_are_a_data_set_as_fiftyone_and_cvat_read_it(folder):
    """FiftyOne's COCODetectionDataset, CVAT's COCO 1.0: the keys that their documentation names."""
    content = json.loads((folder / "instances.json").read_text())
    assert set(content) == {"info", "licenses", "images", "annotations", "categories"}
    assert content["categories"] == CATEGORIES
    assert [one["file_name"] for one in content["images"]] == ["a.png", "in/b.jpg", "in/b.png"]
    assert all({"id", "width", "height"} <= set(one) for one in content["images"])
    assert [one["id"] for one in content["annotations"]] == [1, 2, 3]
    size = {one["id"]: [one["height"], one["width"]] for one in content["images"]}
    for one in content["annotations"]:
        assert one["iscrowd"] == 0 and one["score"] >= 0.5
        assert one["segmentation"]["size"] == size[one["image_id"]]
        assert one["area"] == masks.area(one["segmentation"])
        # FiftyOne cuts masks at their boxes: nothing may lie outside.
        x, y, width, height = one["bbox"]
        assert masks.decode(one["segmentation"])[y : y + height, x : x + width].sum() == one["area"]


def test_label_masks_and_table_say_the_same(folder):
    table = pd.read_csv(folder / "instances.csv")
    labels = np.array(Image.open(folder / "labels" / "a.png"))
    assert labels.shape == (40, 60)
    own = table[table["image"] == "a.png"].set_index("label")
    assert own["class"].tolist() == ["ring", "leaf"]
    assert own["score"].tolist() == [0.9, 0.7]
    assert np.count_nonzero(labels == 1) == own.loc[1, "area"] == 16
    assert np.count_nonzero(labels == 2) == own.loc[2, "area"] - 16  # the ring lies over it
    assert not np.array(Image.open(folder / "labels" / "in" / "b.png.png")).any()
    assert np.array(Image.open(folder / "labels" / "in" / "b.jpg.png")).sum() == 9


def test_table_has_pixels_and_units(folder):
    row = pd.read_csv(folder / "instances.csv").set_index("score").loc[0.7]
    assert row[["x", "y", "width", "height", "area"]].tolist() == [10, 10, 20, 10, 200]
    assert (row["centre_x"], row["centre_y"]) == (20, 15)
    assert row["diameter"] == pytest.approx(2 * math.sqrt(200 / math.pi), abs=0.01)
    assert (row["area_um2"], row["width_um"], row["height_um"]) == (50, 10, 5)
    assert row["diameter_um"] == pytest.approx(row["diameter"] / 2)


def test_without_a_pixel_size_there_are_no_units(tmp_path):
    detections.write(IMAGES, CATEGORIES, [], 0.5, tmp_path, {"size": None, "unit": "um"})
    table = pd.read_csv(tmp_path / "instances.csv")
    assert list(table) == ["image", "label", "class", "score", *detections.IN_PIXELS]
    assert len(table) == 0
    assert len(list((tmp_path / "labels").rglob("*.png"))) == 3


@pytest.mark.parametrize(
    ("names", "stems"),
    [
        (["a.png", "in/a.png"], ["a", "in/a"]),
        (["a.png", "A.jpg"], ["a.png", "A.jpg"]),
        (["a.tif", "a.jpg", "a.tif.png"], ["a.tif", "a.jpg", "a.tif.png"]),
        (["a.tif", "a.tif.png"], ["a", "a.tif.png"]),
    ],
)
def test_no_two_images_have_a_label_mask_of_one_name(names, stems):
    assert detections.stems(names) == stems
