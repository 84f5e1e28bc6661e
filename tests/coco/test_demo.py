import hashlib
import json
from collections import Counter

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy import ndimage

from coco import demo, images, masks, still_life
from coco.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

IMAGES = 150
CHANNELS = {
    "grey": lambda image: cv2.cvtColor(image, cv2.COLOR_RGB2GRAY),
    "red": lambda image: image[..., 0],
    "green": lambda image: image[..., 1],
    "blue": lambda image: image[..., 2],
    "hue": lambda image: cv2.cvtColor(image, cv2.COLOR_RGB2HSV)[..., 0],
    "saturation": lambda image: cv2.cvtColor(image, cv2.COLOR_RGB2HSV)[..., 1],
    "value": lambda image: cv2.cvtColor(image, cv2.COLOR_RGB2HSV)[..., 2],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    demo.write(folder, IMAGES, seed=0)
    return folder


@pytest.fixture(scope="module")
def dataset(folder):
    return json.loads((folder / "annotations.json").read_text())


def usable(dataset):
    return dataset["annotations"][:-2]


def digests(folder):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.*")
    }


def test_same_seed_makes_the_same_bytes(tmp_path):
    for name, seed in (("first", 0), ("again", 0), ("other", 1)):
        demo.write(tmp_path / name, 4, seed)
    assert digests(tmp_path / "first") == digests(tmp_path / "again")
    assert not set(digests(tmp_path / "first").items()) & set(digests(tmp_path / "other").items())


def test_more_images_leave_the_others_as_they_are(tmp_path, folder):
    demo.write(tmp_path, 4, seed=0)
    few, many = digests(tmp_path / "images"), digests(folder / "images")
    assert [name for name in few if few[name] != many[name]] == ["002.png"]  # the truncated one


def read(folder, image):
    return images.read_image(image | {"file_name": str(folder / "images" / image["file_name"])})


def test_images_are_as_the_annotations_say(folder, dataset):
    shapes = set()
    assert len(dataset["images"]) == IMAGES
    for image in dataset["images"]:
        if image["id"] == IMAGES // 2 + 1:
            continue
        shape = read(folder, image).shape
        assert shape == (image["height"], image["width"], 3)
        assert min(shape[:2]) >= 128
        assert max(shape[:2]) <= 192
        shapes.add(shape)
    assert len(shapes) > 100


def test_classes_are_imbalanced_but_none_is_scarce(dataset):
    names = {category["id"]: category["name"] for category in dataset["categories"]}
    count = Counter(names[annotation["category_id"]] for annotation in usable(dataset))
    assert set(count) == set(still_life.CLASSES)
    assert min(count.values()) >= 60
    assert max(count.values()) >= 2 * min(count.values())


def test_some_images_have_nothing_on_them(dataset):
    filled = {annotation["image_id"] for annotation in usable(dataset)}
    assert IMAGES - len(filled) == 6


def test_rings_have_a_hole_and_nothing_else_has(dataset):
    names = {category["id"]: category["name"] for category in dataset["categories"]}
    holes = Counter()
    for annotation in usable(dataset):
        mask = masks.decode(annotation["segmentation"])
        if (ndimage.binary_fill_holes(mask) & ~mask).sum() > 5:
            holes[names[annotation["category_id"]]] += 1
    assert holes["ring"] > 50
    assert holes["ring"] > 20 * (holes.total() - holes["ring"])


def test_objects_touch_the_border_and_hide_each_other(dataset):
    sizes = {image["id"]: (image["width"], image["height"]) for image in dataset["images"]}
    at_border = parts = 0
    for annotation in usable(dataset):
        x, y, width, height = annotation["bbox"]
        right, bottom = sizes[annotation["image_id"]]
        at_border += x == 0 or y == 0 or x + width == right or y + height == bottom
        parts += ndimage.label(masks.decode(annotation["segmentation"]), np.ones((3, 3)))[1] > 1
    assert at_border > 50
    assert parts > 0


def test_no_pixel_belongs_to_two_objects(dataset):
    for image in dataset["images"]:
        covers = [
            masks.decode(annotation["segmentation"]).astype(int)
            for annotation in usable(dataset)
            if annotation["image_id"] == image["id"]
        ]
        assert not covers or sum(covers).max() == 1


def test_every_object_can_be_recognised(dataset):
    for annotation in usable(dataset):
        assert annotation["area"] >= 30
        assert max(annotation["bbox"][2:]) >= 10


def test_planted_defects_are_there(folder, dataset):
    with pytest.raises(InputError, match="truncated"):
        read(folder, dataset["images"][IMAGES // 2])
    line, stray = dataset["annotations"][-2:]
    assert len(line["segmentation"][0]) == 4
    assert stray["image_id"] not in {image["id"] for image in dataset["images"]}
    assert len(dataset["info"]["planted_defects"]) == 3


@pytest.fixture(scope="module")
def truth(dataset):
    """The first images, as pycocotools takes them."""
    images = dataset["images"][:40]
    ids = {image["id"] for image in images}
    truth = COCO()
    truth.dataset = dataset | {
        "images": images,
        "annotations": [item for item in usable(dataset) if item["image_id"] in ids],
    }
    truth.createIndex()
    return truth


def overlap(a, b):
    return (a & b).sum() / (a | b).sum()


def components(folder, truth, channel, polarity):
    """The parts above Otsu's threshold, each with the class of the object that fits best."""
    for image in truth.dataset["images"]:
        values = channel(read(folder, image))
        _, binary = cv2.threshold(values.copy(), 0, 255, polarity | cv2.THRESH_OTSU)
        count, labels = cv2.connectedComponents(binary)
        objects = [
            (masks.decode(annotation["segmentation"]), annotation["category_id"])
            for annotation in truth.imgToAnns[image["id"]]
        ]
        for label in range(1, count):
            part = labels == label
            if part.sum() < 20 or not objects:
                continue
            best = max(objects, key=lambda item: overlap(part, item[0]))
            yield {
                "image_id": image["id"],
                "category_id": best[1],
                "segmentation": masks.encode(part),
                "score": float(part.sum()),
            }


@pytest.mark.parametrize("polarity", [cv2.THRESH_BINARY, cv2.THRESH_BINARY_INV])
@pytest.mark.parametrize("name", CHANNELS)
def test_a_threshold_does_not_solve_it(folder, truth, name, polarity):
    results = list(components(folder, truth, CHANNELS[name], polarity))
    evaluation = COCOeval(truth, truth.loadRes(results), "segm")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    assert evaluation.stats[1] < 0.3
