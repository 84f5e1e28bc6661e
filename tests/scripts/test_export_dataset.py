"""What is exported comes back by the import, pixel by pixel."""

import csv
import hashlib
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from PIL import Image
from pycocotools.coco import COCO

from coco import decoding, images, json_files, masks
from coco.errors import InputError
from coco.exports import label_maps, photos
from coco.formats import label_images
from coco.validation import validate
from export_dataset import export_dataset
from import_annotations import image_id, import_annotations

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

MASKS = ("SegmentationClass", "SegmentationObject")
PHOTOS = {"train": ["a/1.png", "b/1.png", "turned.jpg"], "val": ["2.bmp"], "test": []}


@pytest.fixture
def parts(tmp_path):
    """A split data set of 60x40 pixels: blobs with holes and many parts, and a crowd.

    Two images have the same name, one is stored turned, and one has no object.
    """
    rng = np.random.default_rng(3)
    categories = [
        {"id": 1, "name": "leaf", "source_id": 2},
        {"id": 2, "name": "Früchte, rot", "source_id": 4},
    ]
    parts = {}
    for split, names in PHOTOS.items():
        start = 10 * len(parts)
        photos = [
            photo(tmp_path / "photos" / name, number, rng)
            for number, name in enumerate(names, start)
        ]
        parts[split] = {"categories": categories, "images": photos, "annotations": []}
    for image in parts["train"]["images"]:
        for place in range(3):
            number = len(parts["train"]["annotations"]) + 1
            parts["train"]["annotations"].append(blob(number, image["id"], place, rng))
    parts["train"]["annotations"][2]["iscrowd"] = 1
    return parts


def photo(path, number, rng):
    turned = path.stem == "turned"
    image = Image.fromarray(rng.integers(0, 255, (60, 40, 3) if turned else (40, 60, 3), np.uint8))
    exif = image.getexif()
    exif[decoding.ORIENTATION_TAG] = 6
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **({"exif": exif} if turned else {}))
    return {
        "id": image_id(str(path)),
        "file_name": str(path),
        "width": 60,
        "height": 40,
        "orientation": 6 if turned else 1,
        "source_id": number,
    }


def blob(number, image, place, rng):
    """Noise in a third of the image."""
    mask = np.zeros((40, 60), bool)
    mask[:, 20 * place : 20 * place + 20] = rng.random((40, 20)) < 0.7
    rle = masks.encode(mask)
    return {
        "id": number,
        "image_id": image,
        "category_id": 1 + number % 2,
        "segmentation": rle,
        "bbox": masks.box(rle),
        "area": masks.area(rle),
        "iscrowd": 0,
        "source_id": 70 + number,
    }


@pytest.fixture
def exported(tmp_path, parts):
    """A function that exports the data set in a format, to a folder."""

    def run(name):
        paths = {split: tmp_path / f"{split}.json" for split in parts}
        for split, path in paths.items():
            json_files.write(path, parts[split])
        export_dataset(paths, name, tmp_path / name)
        return tmp_path / name

    return run


@pytest.fixture
def read_again(tmp_path, check_schema, image_settings):
    """A function that imports and validates sources, of which everything has to be usable."""

    def run(*sources):
        output, embedded = tmp_path / "again.json", tmp_path / "embedded"
        import_annotations(list(sources), image_settings, output, embedded)
        content = json.loads((tmp_path / "again.json").read_text())
        check_schema(content, "imported")
        result = validate(
            content, None, {"min_area": 1, "box_tolerance": 2, "min_images": 1, "policies": {}}
        )
        assert result.quarantine == {"images": [], "annotations": []}
        return result.dataset

    return run


def objects(*parts, crowds=False):
    """Sorted `(class, mask)` of each object, by what its image shows."""
    names = {one["id"]: one["name"] for one in parts[0]["categories"]}
    found, key_of = {}, {}
    for part in parts:
        for image in part["images"]:
            pixels = images.read_image(image)
            key_of[image["id"]] = hashlib.sha256(pixels.tobytes()).hexdigest()
            found[key_of[image["id"]]] = []
        for one in part["annotations"]:
            if bool(one["iscrowd"]) is crowds:
                record = names[one["category_id"]], one["segmentation"]["counts"]
                found[key_of[one["image_id"]]].append(record)
    return {key: sorted(own) for key, own in found.items()}


def test_coco_comes_back_with_the_source_s_ids(parts, exported, read_again):
    folder = exported("coco")
    sources = [
        {
            "format": "coco",
            "annotations": f"{folder}/annotations/instances_{split}.json",
            "images": f"{folder}/images",
            "split": split,
        }
        for split in ("train", "val", "test")
    ]
    again = read_again(*sources)
    assert objects(again) == objects(*parts.values())
    assert objects(again, crowds=True) == objects(*parts.values(), crowds=True)
    assert [category["name"] for category in again["categories"]] == ["leaf", "Früchte, rot"]
    assert [image["split"] for image in again["images"]].count("train") == 3
    train = COCO(str(folder / "annotations" / "instances_train.json"))
    assert sorted(train.getCatIds()) == [2, 4]
    assert sorted(train.getAnnIds()) == list(range(71, 80))
    assert 0 in train.getImgIds()


def test_coco_keeps_its_own_ids_where_the_source_s_are_no_numbers(parts, exported):
    parts["train"]["images"][0]["source_id"] = "a/1"
    parts["train"]["annotations"][0]["source_id"] = 0  # pycocotools takes it for no match
    content = json.loads((exported("coco") / "annotations/instances_train.json").read_text())
    ours = [image["id"] for image in parts["train"]["images"]]
    assert [image["id"] for image in content["images"]] == ours
    assert [one["id"] for one in content["annotations"]] == list(range(1, 10))
    assert [one["id"] for one in content["categories"]] == [2, 4]


def test_yolo_comes_back_without_crowds(parts, exported, read_again):
    folder = exported("yolo")
    again = read_again({"format": "yolo", "folder": str(folder), "split": "own"})
    assert objects(again) == objects(*parts.values())
    assert sorted(image["split"] for image in again["images"]) == ["train"] * 3 + ["val"]
    assert yaml.safe_load((folder / "data.yaml").read_text()) == {
        "train": "images/train",
        "val": "images/val",
        "names": {0: "leaf", 1: "Früchte, rot"},
    }
    assert (folder / "labels" / "val" / "2.txt").read_text() == ""


def test_yolo_read_by_a_program_that_draws_outlines(parts, exported):
    """Ultralytics fills polygons with cv2.fillPoly, which draws their outline as well.

    Bridges and the rims of holes then cost a little.
    """
    disc = np.hypot(*(np.indices((400, 400)) - 200)) < 150
    ring = disc & (np.hypot(*(np.indices((400, 400)) - 200)) > 60)
    two = disc & (abs(np.indices((400, 400))[1] - 200) > 40)
    part = parts["train"]
    part["images"] = part["images"][:1]
    part["images"][0] |= {"width": 400, "height": 400}
    rles = [masks.encode(mask) for mask in (disc, ring, two)]
    part["annotations"] = [
        one | {"segmentation": rle, "image_id": part["images"][0]["id"], "iscrowd": 0}
        for one, rle in zip(part["annotations"], rles, strict=False)
    ]
    (path,) = (exported("yolo") / "labels" / "train").iterdir()
    for line, mask in zip(path.read_text().splitlines(), (disc, ring, two), strict=True):
        points = np.array(line.split()[1:], float).reshape(-1, 2) * 400
        drawn = cv2.fillPoly(np.zeros((400, 400), np.uint8), [points.astype(np.int32)], 1) > 0
        assert (drawn & mask).sum() / (drawn | mask).sum() > 0.97


@pytest.mark.parametrize("name", ["voc", "label_maps"])
def test_label_images_come_back(parts, exported, read_again, name):
    folder = exported(name)
    source = {
        "voc": {"folder": str(folder), "split": "own"},
        "label_maps": {
            "images": f"{folder}/images",
            "labels": f"{folder}/labels",
            "classes_csv": f"{folder}/classes.csv",
        },
    }[name]
    again = read_again({"format": name} | source)
    assert objects(again) == objects(*parts.values())
    if name == "voc":
        assert [category["name"] for category in again["categories"]] == ["leaf", "Früchte, rot"]
        assert sorted(image["split"] for image in again["images"]) == ["train"] * 3 + ["val"]
    else:
        assert (folder / "train.txt").read_text().split() == [*trained(parts), "turned.png"]


def trained(parts):
    """Names of the two images that would both be 1.png."""
    return [f"1-{image['id']}.png" for image in parts["train"]["images"][:2]]


def test_voc_marks_crowds_as_void(parts, exported):
    folder = exported("voc")
    crowd = masks.decode(parts["train"]["annotations"][2]["segmentation"])
    for kind in ("Object", "Class"):
        path = folder / f"Segmentation{kind}" / trained(parts)[0]
        np.testing.assert_array_equal(label_images.numbers(path) == 255, crowd)


def many(part, count):
    """The first image with so many objects of two pixels, side by side."""
    part["images"] = part["images"][:1]
    height, width = 400, 2 * count // 400 + 2
    Image.new("RGB", (width, height)).save(part["images"][0]["file_name"])
    part["images"][0] |= {"width": width, "height": height}
    one = part["annotations"][0] | {"category_id": 1, "area": 2}
    columns, rows = np.divmod(np.arange(count), 400)
    labels = np.zeros((height, width), int)
    labels[rows, 2 * columns] = labels[rows, 2 * columns + 1] = np.arange(1, count + 1)
    part["annotations"] = [
        one | {"id": value, "segmentation": rle} for value, rle in masks.from_labels(labels).items()
    ]


def test_voc_goes_on_to_colours_beyond_254_objects(parts, exported, read_again):
    many(parts["train"], 600)
    folder = exported("voc")
    assert Image.open(folder / "SegmentationObject" / "1.png").mode == "RGB"
    assert Image.open(folder / "SegmentationClass" / "1.png").mode == "P"
    again = read_again({"format": "voc", "folder": str(folder)})
    assert objects(again) == objects(*parts.values())


def test_overlaps_are_given_to_the_smaller_object(parts, tmp_path):
    """Only RLE and polygons have a pixel in two objects."""
    big = masks.from_polygons([[0, 0, 40, 0, 40, 40, 0, 40]], 40, 60)
    small = masks.from_polygons([[10, 10, 20, 10, 20, 20, 10, 20]], 40, 60)
    part = parts["train"]
    part["annotations"] = [
        one | {"segmentation": rle, "area": masks.area(rle), "iscrowd": 0}
        for one, rle in zip(part["annotations"], (small, big, small), strict=False)
    ]
    assert label_maps.write(parts, tmp_path) == [
        "1 objects lose pixels to smaller ones over them",
        "1 objects are lost: smaller ones hide them wholly",
    ]
    labels = label_images.numbers(tmp_path / "labels" / trained(parts)[0])
    assert np.bincount(labels.ravel()).tolist() == [800, 0, 1500, 100]
    rows = list(csv.reader((tmp_path / "classes.csv").open()))
    assert [row[1] for row in rows] == ["value", "2", "3"]


@pytest.mark.parametrize("name", ["coco", "yolo", "voc", "label_maps"])
def test_images_are_copies_with_names_of_their_own(parts, exported, name):
    before = digests(parts)
    folder = exported(name)
    suffixes = {".bmp", ".jpg", ".png"}
    copies = {
        path
        for path in folder.rglob("*")
        if path.suffix in suffixes and not {"labels", *MASKS} & set(path.parts)
    }
    assert {path.name for path in copies} == {*trained(parts), "turned.png", "2.bmp"}
    assert not any(path.is_symlink() or path.stat().st_nlink > 1 for path in copies)
    shown = {np.asarray(Image.open(path).convert("RGB")).tobytes() for path in copies}
    assert shown == {images.read_image(image).tobytes() for image in all_of(parts)}
    assert before == digests(parts)


def digests(parts):
    return [
        hashlib.sha256(Path(image["file_name"]).read_bytes()).hexdigest() for image in all_of(parts)
    ]


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("LA", 2), ("RGBA", 4)])
def test_an_image_stored_turned_keeps_its_channels(tmp_path, mode, channels):
    path = tmp_path / "turned.png"
    picture = Image.new(mode, (4, 3), (9, 7, 5, 3)[:channels] if channels > 1 else 9)
    exif = picture.getexif()
    exif[decoding.ORIENTATION_TAG] = 6
    picture.save(path, exif=exif)
    size = {"width": 3, "height": 4, "orientation": 6, "channels": channels}
    copy = photos.copy({"file_name": str(path)} | size, tmp_path / "copies", "turned")
    assert np.array_equal(Image.open(copy), picture.transpose(Image.Transpose.ROTATE_270))


def all_of(parts):
    return [image for part in parts.values() for image in part["images"]]


@pytest.mark.parametrize("name", ["leaf: green", "#1", "two\nlines", " leaf", "background", "void"])
def test_a_class_that_labelmap_cannot_name_is_refused(parts, exported, name):
    parts["train"]["categories"][0]["name"] = name
    with pytest.raises(InputError, match=re.escape(f"the class {name!r} cannot stand in labelmap")):
        exported("voc")
