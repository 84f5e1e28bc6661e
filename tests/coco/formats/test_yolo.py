import re

import pytest
from PIL import Image

from coco import masks
from coco.errors import InputError
from coco.formats import yolo

SQUARE = "1 0.1 0.2 0.5 0.2 0.5 0.8 0.1 0.8\n"  # 2 to 10, 2 to 8 in an image of 20x10
DATA = "train: images/train\nval: images/val\nnames: [leaf, fruit]\n"


@pytest.fixture
def folder(tmp_path):
    for split, name in (("train", "a.b"), ("train", "c"), ("val", "d")):
        for part in ("images", "labels"):
            (tmp_path / part / split).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 10)).save(tmp_path / "images" / split / f"{name}.jpg")
    (tmp_path / "labels" / "train" / "a.b.txt").write_text(SQUARE + "\n" + SQUARE)
    (tmp_path / "data.yaml").write_text(DATA)
    return tmp_path


def read(folder, **more):
    return yolo.read({"folder": str(folder)} | more)


def test_a_polygon_per_line(folder):
    categories, images, annotations = read(folder)
    assert categories == [{"source_id": 0, "name": "leaf"}, {"source_id": 1, "name": "fruit"}]
    assert [image["source_id"] for image in images] == [
        "images/train/a.b.jpg",
        "images/train/c.jpg",  # no file of labels: no object
        "images/val/d.jpg",
    ]
    assert not any("problem" in image or "split" in image for image in images)
    ids = [one["source_id"] for one in annotations]
    assert ids == ["labels/train/a.b.txt:1", "labels/train/a.b.txt:3"]
    assert annotations[0]["source_category_id"] == 1
    translated = yolo.translate(annotations[0], (20, 10))
    assert masks.box(translated["segmentation"]) == [2, 2, 8, 6]
    assert masks.area(translated["segmentation"]) == 48
    assert translated["extent"] == pytest.approx([2, 2, 8, 6])
    assert yolo.translate(annotations[0], None)["segmentation"] is None


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("0 0.5 0.5 0.2 0.2", r"a box \(class x y width height\), expected a polygon"),
        ("0 40 50 300 50 300 90", "coordinates from 40 to 300, expected fractions"),
        ("0 -2 0 1 0 1 1", "coordinates from -2 to 1"),
        ("0 0.1 0.2 0.3 0.4 0.5", "5 coordinates"),
        ("0 0.1 0.2 0.3 x 0.5 0.6", "could not convert string to float: 'x'"),
        ("0 0.1 0.2 0.3 nan 0.5 0.6", "not finite"),
        ("0 0.1 0.2 0.3 0.4 0.5 0.6 0.9", "7 coordinates, .* such as a confidence"),
        ("0", "0 coordinates"),
    ],
)
def test_unusable_lines_are_problems(folder, line, problem):
    (folder / "labels" / "train" / "c.txt").write_text(SQUARE + line + "\n" + SQUARE)
    annotations = read(folder)[2]
    translated = [yolo.translate(one, (20, 10)) for one in annotations]
    assert [one["segmentation"] is None for one in translated] == [False, False, False, True, False]
    assert translated[3]["problem"].startswith("labels/train/c.txt, line 2: ")
    assert re.search(problem, translated[3]["problem"])


def test_a_polygon_that_leaves_the_photo_is_cut_off(folder):
    (folder / "labels" / "train" / "a.b.txt").write_text("0 -0.2 0 0.5 0 0.5 1.3 -0.2 1.3")
    translated = yolo.translate(read(folder)[2][0], (20, 10))
    assert masks.box(translated["segmentation"]) == [0, 0, 10, 10]
    assert translated["extent"] == pytest.approx([-4, 0, 14, 13])


@pytest.mark.parametrize("text", ["1", "1.0", "1.000000e+00"])
def test_a_class_may_be_written_as_a_fraction(folder, text):
    (folder / "labels" / "train" / "a.b.txt").write_text(SQUARE.replace("1", text, 1))
    assert read(folder)[2][0]["source_category_id"] == 1


def test_two_photos_with_one_file_of_labels_are_named(folder):
    Image.new("RGB", (20, 10)).save(folder / "images" / "train" / "a.b.png")
    Image.new("RGB", (20, 10)).save(folder / "images" / "train" / "c.png")  # without labels
    _, images, annotations = read(folder)
    problems = {image["source_id"].split("/")[-1]: image.get("problem") for image in images}
    said = f"a.b.jpg and a.b.png have one file of labels, {folder}/labels/train/a.b.txt; "
    assert problems["a.b.jpg"].startswith(said) and problems["a.b.png"] == problems["a.b.jpg"]
    assert problems["c.jpg"] is None and problems["c.png"] is None
    assert len(annotations) == 2


@pytest.mark.parametrize("name", ["c.TXT", "C.txt"])
def test_labels_may_be_written_in_other_capitals_than_their_photo(folder, name):
    (folder / "labels" / "train" / name).write_text(SQUARE)
    _, images, annotations = read(folder)
    assert annotations[-1]["source_image_id"] == "images/train/c.jpg"
    assert annotations[-1]["source_id"] == f"labels/train/{name}:1"
    assert len(images) == 3


def test_labels_of_one_photo_are_not_those_of_another_in_capitals(folder):
    Image.new("RGB", (20, 10)).save(folder / "images" / "train" / "A.B.jpg")
    _, images, annotations = read(folder)
    assert {one["source_image_id"] for one in annotations} == {"images/train/a.b.jpg"}
    assert not any("problem" in image for image in images)


def test_unknown_classes_stay_for_the_import_to_find(folder):
    (folder / "labels" / "val" / "d.txt").write_text(
        f"7 0 0 1 0 1 1\nleaf 0 0 1 0 1 1\n{5000 * '1'} 0 0 1 0 1 1\n1.5 0 0 1 0 1 1\n"
    )
    found = [one["source_category_id"] for one in read(folder)[2][2:]]
    assert found == [7, "leaf", 5000 * "1", "1.5"]
    assert "no_class" not in read(folder)[2][2]


@pytest.mark.parametrize("separator", [",", ";", ", "])
def test_a_line_without_spaces_is_told_in_few_words(folder, separator):
    line = separator.join(["0", *300 * ["0.123456"]])
    (folder / "labels" / "val" / "d.txt").write_text(line)
    found = read(folder)[2][2]["no_class"]
    assert "expected a number, and spaces between numbers" in found and len(found) < 100


def test_a_folder_without_labels_is_told(folder):
    remarks = [image.get("remarks") for image in read(folder)[1]]
    said = "no photo of images/val has a file of labels, such as labels/val/d.txt"
    assert remarks == [None, None, {"unlabelled_folder": said}]
    (folder / "labels" / "val" / "d.txt").touch()
    assert not any("remarks" in image for image in read(folder)[1])


def test_labels_without_a_photo_are_listed(folder):
    (folder / "labels" / "train" / "gone.1.txt").write_text(SQUARE)
    (folder / "labels" / "train" / "classes.txt").write_text("leaf")
    _, images, annotations = read(folder)
    assert images[-1]["file_name"] == f"{folder}/images/train/gone.1"
    assert annotations[-1]["source_image_id"] == "images/train/gone.1"
    assert len(images) == 4
    assert "problem" not in read(folder, split="own")[1][-1]  # than that there is no photo


@pytest.mark.parametrize("split", [{}, {"split": "own"}])
def test_photos_that_no_list_has_are_not_called_missing(folder, split):
    (folder / "data.yaml").write_text("train: train.txt\nnames: [leaf, fruit]\n")
    (folder / "train.txt").write_text("images/train/a.b.jpg\n")
    (folder / "labels" / "train" / "c.txt").write_text(SQUARE)
    _, images, annotations = read(folder, **split)
    assert [image["source_id"] for image in images] == [
        f"images/train/{x}.jpg" for x in ("a.b", "c")
    ]
    assert images[1]["problem"].startswith(f"{folder}/data.yaml does not list it; add it")
    assert len(annotations) == 3


def test_labels_that_are_no_text(folder):
    (folder / "labels" / "train" / "c.txt").write_bytes(b"\xff\xfe\x00")
    assert "not readable as a text" in read(folder)[1][1]["problem"]


def test_splits_are_taken_if_asked_for(folder):
    images = read(folder, split="own")[1]
    assert [image["split"] for image in images] == ["train", "train", "val"]
    assert not any("split" in image for image in read(folder, split="test")[1])
    (folder / "data.yaml").write_text(DATA.replace("images/val", "images/train"))
    for image in read(folder, split="own")[1]:
        assert image["problem"].startswith("listed in train and val, expected one")


@pytest.mark.parametrize(
    "data",
    [
        "path: .\ntrain: images/train\nval: [images/val]\nnames: {0: leaf, 1: fruit}\n",
        "path: /on/another/machine\ntrain: images/train\nval: images/val\nnames: [leaf, fruit]\n",
        "train: ../images/train\nval: ../images/val\nnames: [leaf, fruit]\nnc: 2\n",  # Roboflow
        "train: train.txt\nval: val.txt\nnames: [leaf, fruit]\n",
        "train: images\\train\nval: ..\\images\\val\nnames: [leaf, fruit]\n",  # Windows
    ],
)
def test_ways_to_name_the_photos(folder, data):
    (folder / "data.yaml").write_text(data)
    (folder / "train.txt").write_text("./images/train/a.b.jpg\n\nimages/train/c.jpg\n")
    (folder / "val.txt").write_text("data/images/val/d.jpg\n")  # as CVAT writes it
    _, images, annotations = read(folder, split="own")
    assert [image["split"] for image in images] == ["train", "train", "val"]
    assert len(annotations) == 2


def test_names_without_data_yaml(folder):
    (folder / "data.yaml").unlink()
    (folder / "classes.txt").write_text("leaf\nfruit\n")
    categories, images, _ = read(folder)
    assert [category["name"] for category in categories] == ["leaf", "fruit"]
    assert len(images) == 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("names: [a\ntrain: x", "line 2"),
        ("train: images/train\n", "its data.yaml has no names"),
        ("[1, 2]", "its data.yaml has no names"),
        ("names: [a, yes]\ntrain: images/train", "class 1 has the name True"),
        ("names: {x: a}\ntrain: images/train", "class 'x'"),
        ("names: 7\ntrain: images/train", "names is 7"),
        ("names: []\ntrain: images/train", r"names is \{\}"),
        ("names: [a]\nnc: 2\ntrain: images/train", "nc is 2, but names has 1"),
        ("names: [a]\nkpt_shape: [3, 2]\ntrain: images/train", "kpt_shape says .* key points"),
        ("names: [a]", "has neither train nor val nor test"),
        ("names: [a]\ntrain: 7", "train is 7, expected a path"),
        ("names: [a]\ntrain: images/train\ntest: nowhere", "test: nowhere does not exist"),
        ("names: [a]\ntrain: images/val", "none of its 1 photos has a file of labels"),
        (
            "names: [a]\ntrain: far.txt",
            "labels/train/c.txt, and there is no /far/images/train/c.jpg",
        ),
        ("names: [a]\ntrain: images/train/c.jpg", "not readable as a text"),
        (b"names: [\xff]", "not readable as YAML"),
        ("names: [a]\ndate: 2001-99-99", "not readable as YAML"),
        ("names: [a]\ntrain: " + 300 * "x", "xxx does not exist"),
        ('names: [a]\ntrain: "a\\0"', "does not exist"),
    ],
)
def test_unusable_descriptions_are_refused(folder, data, message):
    (folder / "data.yaml").write_bytes(data if isinstance(data, bytes) else data.encode())
    (folder / "far.txt").write_text("/far/images/train/c.jpg")
    with pytest.raises(InputError, match=message):
        read(folder)


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        read(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="it has neither; expected data"):
        read(tmp_path)


def test_recognised_by_its_description(folder):
    assert yolo.recognise({"folder": str(folder)}) == f"{folder}/data.yaml names 2 classes"
    assert yolo.recognise({"images": "x"}) is None
    (folder / "data.yaml").write_text("x: 1")
    assert yolo.recognise({"folder": str(folder)}) is None


@pytest.mark.parametrize("name", ["labels", "strict"])
def test_boxes_of_a_real_detection_data_set_are_reported(shared, name):
    _, images, annotations = read(shared / "data" / "formats" / "yolo_dataset" / name)
    assert images
    assert len(annotations) == 2 * len(images)
    assert all("expected a polygon" in one["problem"] for one in annotations)
