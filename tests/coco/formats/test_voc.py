import json

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

from coco import masks
from coco.errors import InputError
from coco.formats import coco_json, voc, voc_classes
from coco.voc_colours import colour

OBJECTS = np.zeros((10, 20), np.uint8)
OBJECTS[1:5, 1:7] = 1
OBJECTS[6:9, 10:14] = 2
CLASSES = np.zeros((10, 20), np.uint8)
CLASSES[1:5, 1:6] = 5
CLASSES[1:5, 6] = 9  # fewer pixels of this class in the first object
CLASSES[6:9, 10:14] = 15
PALETTE = sum((colour(index) for index in range(256)), ())


def save(values, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(values)
    image.putpalette(PALETTE)
    image.save(path)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "JPEGImages").mkdir()
    Image.new("RGB", (20, 10)).save(tmp_path / "JPEGImages" / "a.jpg")
    save(OBJECTS, tmp_path / "SegmentationObject" / "a.png")
    save(CLASSES, tmp_path / "SegmentationClass" / "a.png")
    return tmp_path


def read(folder, **more):
    return voc.read({"folder": str(folder)} | more)


def found(folder):
    categories, _, annotations = read(folder)
    name_of = {category["source_id"]: category["name"] for category in categories}
    return [
        (name_of.get(one["source_category_id"]), masks.box(one["segmentation"]))
        for one in annotations
        if "problem" not in one
    ]


def test_objects_have_the_class_of_most_of_their_pixels(folder):
    assert found(folder) == [("bottle", [1, 1, 6, 4]), ("person", [10, 6, 4, 3])]
    categories, (image,), annotations = read(folder)
    assert len(categories) == 20
    assert [one["source_id"] for one in annotations] == ["a:1", "a:2"]
    assert image["file_name"] == f"{folder}/JPEGImages/a.jpg"
    assert voc.declared_size(image, annotations) == (20, 10)


def test_colours_are_those_of_the_challenge():
    """The table in the development kit of VOC 2012."""
    expected = {1: (128, 0, 0), 2: (0, 128, 0), 7: (128, 128, 128), 15: (192, 128, 128)}
    assert {number: colour(number) for number in expected} == expected
    assert colour(255) == (224, 224, 192)
    assert len({colour(number) for number in range(1 << 16)}) == 1 << 16


def test_void_belongs_to_no_object(folder):
    objects = OBJECTS.copy()
    objects[1:5, 6] = 255
    save(objects, folder / "SegmentationObject" / "a.png")
    assert found(folder)[0] == ("bottle", [1, 1, 5, 4])


def test_a_palette_counted_anew_keeps_its_classes(folder):
    path = folder / "SegmentationClass" / "a.png"
    numbers, places = np.unique(CLASSES, return_inverse=True)
    image = Image.fromarray(places.reshape(CLASSES.shape).astype(np.uint8))
    image.putpalette(sum((colour(number) for number in numbers), ()))
    image.save(path)
    assert found(folder) == [("bottle", [1, 1, 6, 4]), ("person", [10, 6, 4, 3])]
    image = Image.fromarray(CLASSES)
    image.putpalette(bytes(range(256)) * 3)  # no colours of the challenge: the index counts
    image.save(path)
    assert found(folder) == [("bottle", [1, 1, 6, 4]), ("person", [10, 6, 4, 3])]


def test_cvat_writes_colours_and_names_them(folder):
    for name in ("SegmentationObject", "SegmentationClass"):
        path = folder / name / "a.png"
        Image.open(path).convert("RGB").save(path)
    assert sorted(name for name, _ in found(folder)) == ["bottle", "person"]
    rows = {"background": 0, "leaf": 15, "fruit": 5, "stem": 9}
    lines = [f"{name}:{','.join(map(str, colour(place)))}::" for name, place in rows.items()]
    (folder / "labelmap.txt").write_text("# label:color_rgb:parts:actions\n" + "\n".join(lines))
    assert sorted(found(folder)) == [("fruit", [1, 1, 6, 4]), ("leaf", [10, 6, 4, 3])]
    assert [category["name"] for category in read(folder)[0]] == ["leaf", "fruit", "stem"]
    (folder / "labelmap.txt").write_text("\n".join(lines[:-1]))
    assert "the colour #c00000, which no class has" in read(folder)[1][0]["problem"]


def test_labelme_writes_arrays_too(folder):
    for name, values in (("Object", OBJECTS), ("Class", CLASSES)):
        array = np.where(values == 0, -1, values.astype(int))
        np.save(folder / f"Segmentation{name}" / "a.npy", array)
        (folder / f"Segmentation{name}" / "a.png").unlink()
    names = ["_background_", *(f"class {place}" for place in range(1, 20))]
    (folder / "class_names.txt").write_text("\n".join(names))
    assert [name for name, _ in found(folder)] == ["class 5", "class 15"]


XML = """<annotation><size><width>20</width><height>10</height></size>
<object><name>bottle</name><bndbox>
<xmin>2</xmin><ymin>2</ymin><xmax>7</xmax><ymax>5</ymax></bndbox></object>
<object><name>dog</name><bndbox>
<xmin>2</xmin><ymin>2</ymin><xmax>7</xmax><ymax>5</ymax></bndbox></object>
<object><name>cow</name></object>
</annotation>"""


def test_boxes_without_masks_are_problems(folder):
    (folder / "Annotations").mkdir()
    for name in ("a", "b", "c"):
        (folder / "Annotations" / f"{name}.xml").write_text(XML)
        Image.new("RGB", (20, 10)).save(folder / "JPEGImages" / f"{name}.jpg")
    (folder / "Annotations" / "c.xml").write_text("<annotation/>")  # no object in it
    _, images, annotations = read(folder)
    assert not any("problem" in image for image in images)
    assert images[1]["declared_width"] == 20
    problems = {one["source_id"]: one.get("problem") for one in annotations}
    assert [source_id for source_id, problem in problems.items() if problem] == [
        "a.xml:2",
        "a.xml:3",
        "b.xml:1",
        "b.xml:2",
        "b.xml:3",
    ]
    assert problems["b.xml:1"].startswith("no mask of its class touches the box")
    dog = next(one for one in annotations if one["source_id"] == "a.xml:2")
    assert dog["bbox"] == [1, 1, 6, 4]
    assert dog["source_category_id"] == 12
    assert voc.translate(dog, (20, 10))["segmentation"] is None


def test_lists_say_which_photos_count_and_where(folder):
    lists = folder / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    for name in ("b", "c d", "unlisted", "without photo"):
        if name != "without photo":
            Image.new("RGB", (20, 10)).save(folder / "JPEGImages" / f"{name}.jpg")
        save(OBJECTS, folder / "SegmentationObject" / f"{name}.png")
        save(CLASSES, folder / "SegmentationClass" / f"{name}.png")
    Image.new("RGB", (20, 10)).save(folder / "JPEGImages" / "other task.jpg")
    (lists / "train.txt").write_text("a\nc d\n")
    (lists / "val.txt").write_text("b\ngone\n")
    (lists / "trainval.txt").write_text("a.jpg\nb.jpg 1\nc d.jpg\n")
    images = {image["source_id"]: image for image in read(folder, split="own")[1]}
    assert {name: image.get("split") for name, image in images.items()} == {
        "a": "train",
        "b": "val",
        "c d": "train",
        "gone": "val",
        "unlisted": None,
        "without photo": None,
    }
    assert "problem" not in images["without photo"]
    assert images["unlisted"]["problem"].startswith("listed in none of train, val and test")
    assert images["gone"]["file_name"] == f"{folder}/JPEGImages/gone"
    assert not any("split" in image for image in read(folder)[1])


def test_unusable_photos_are_problems(folder):
    for name in ("no object", "no class", "sizes"):
        Image.new("RGB", (20, 10)).save(folder / "JPEGImages" / f"{name}.jpg")
    save(OBJECTS, folder / "SegmentationObject" / "no class.png")
    save(OBJECTS, folder / "SegmentationObject" / "sizes.png")
    save(CLASSES[:, :10], folder / "SegmentationClass" / "sizes.png")
    problems = {image["source_id"]: image.get("problem", "") for image in read(folder)[1]}
    assert problems["a"] == ""
    assert "SegmentationObject/no object.png: no such file" in problems["no object"]
    assert "SegmentationClass/no class.png: no such file" in problems["no class"]
    assert "has not the size" in problems["sizes"]


def test_parts_of_a_class_that_no_object_touches_are_named(folder):
    assert "remarks" not in read(folder)[1][0]
    save(np.where(OBJECTS == 1, 0, OBJECTS).astype(np.uint8), folder / "SegmentationObject/a.png")
    _, (image,), annotations = read(folder)
    assert len(annotations) == 1
    assert image["remarks"] == {"class_without_object": "without an object: 1 of bottle"}


def test_an_object_without_class_is_a_problem(folder):
    save(np.where(OBJECTS == 1, 0, CLASSES).astype(np.uint8), folder / "SegmentationClass/a.png")
    first, second = read(folder)[2]
    assert first["problem"] == "no class in SegmentationClass"
    assert "problem" not in second


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("labelmap.txt", "# x\nbackground:0,0,0::\nleaf\n", "line 3: 'leaf'"),
        ("labelmap.txt", "leaf:1,2,300::\n", "line 1"),
        ("labelmap.txt", "a:1,2,3::\nb:1,2,3::\n", "line 2: b has the colour"),
        ("labelmap.txt", b"\xff:1,2,3::\n", "not readable as a text"),
        ("class_names.txt", "leaf\nfruit\n", "line 1: leaf, expected _background_"),
    ],
)
def test_unusable_names_are_refused(folder, file, text, message):
    (folder / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=message):
        read(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<annotation>\n<object>", "line 2, column 9: not XML"),
        ("<html/>", "holds html"),
        ("", "not XML"),
    ],
)
def test_unusable_xml_is_a_problem(folder, text, message):
    (folder / "Annotations").mkdir()
    (folder / "Annotations" / "a.xml").write_text(text)
    assert message in read(folder)[1][0]["problem"]


@pytest.mark.parametrize("value", ["", "x", "nan", "inf"])
def test_incomplete_boxes_have_none(folder, value):
    (folder / "Annotations").mkdir()
    (folder / "Annotations" / "a.xml").write_text(XML.replace(">7<", f">{value}<"))
    (folder / "Annotations" / "b.xml").write_text(XML.replace(">20<", f">{value}<"))
    _, images, annotations = read(folder)
    boxes = {one["source_id"]: one["bbox"] for one in annotations}
    assert boxes["a.xml:2"] is None
    assert images[1]["declared_width"] is None


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="has no folder JPEGImages"):
        read(tmp_path)
    (tmp_path / "JPEGImages").mkdir()
    with pytest.raises(InputError, match="has no SegmentationObject"):
        read(tmp_path)
    (tmp_path / "SegmentationObject").mkdir()
    Image.new("L", (20, 10)).save(tmp_path / "SegmentationObject" / "a.jpg")
    with pytest.raises(InputError, match="JPEG and WebP change pixel values"):
        read(tmp_path)


def test_recognised_by_its_folders(folder, tmp_path):
    assert voc.recognise({"folder": str(folder)}).endswith("has JPEGImages and SegmentationObject")
    assert voc.recognise({"images": "x"}) is None
    assert voc.recognise({"folder": str(folder / "JPEGImages")}) is None


def test_labelme_s_own_voc_and_coco_agree(shared):
    """Two exports of the same polygons, drawn by different programs."""
    data = shared / "data" / "formats" / "labelme_voc_coco"
    path = data / "data_dataset_coco" / "annotations.json"
    source = {"annotations": str(path), "images": str(path.parent)}
    name_of = {one["id"]: one["name"] for one in json.loads(path.read_text())["categories"]}
    size_of = {image["source_id"]: image for image in coco_json.read(source)[1]}
    expected = {}
    for one in coco_json.read(source)[2]:
        image = size_of[one["source_image_id"]]
        size = image["declared_width"], image["declared_height"]
        name = image["file_name"].split("/")[-1].removesuffix(".jpg")
        mask = coco_json.translate(one, size)["segmentation"]
        expected.setdefault(name, []).append((name_of[one["source_category_id"]], mask))
    categories, _, annotations = read(data / "data_dataset_voc")
    names = {category["source_id"]: category["name"] for category in categories}
    assert len(annotations) == sum(map(len, expected.values())) == 12
    for one in annotations:
        others = expected[one["source_image_id"]]
        overlaps = coco_mask.iou(
            [one["segmentation"]], [rle for _, rle in others], [0] * len(others)
        )[0]
        assert overlaps.max() > 0.93
        assert names[one["source_category_id"]] == others[overlaps.argmax()][0]


def test_real_cvat_export(shared):
    folder = shared / "data" / "formats" / "voc_dataset" / "voc_dataset1"
    _, images, annotations = read(folder, split="own")
    assert [image.get("split") for image in images] == ["train", "test"]
    assert masks.area(annotations[0]["segmentation"]) == 20 * 10
    assert voc_classes.read_classes(folder).names[annotations[0]["source_category_id"]] == "bicycle"
