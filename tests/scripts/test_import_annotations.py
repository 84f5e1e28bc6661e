import json

import pytest
from PIL import Image

from coco import masks
from coco.errors import InputError
from import_annotations import image_id, import_annotations

SQUARE = [[2, 2, 6, 2, 6, 6, 2, 6]]


@pytest.fixture
def source(tmp_path):
    """Three images, the first with two objects."""
    (tmp_path / "photos").mkdir()
    for number in range(3):
        image = Image.new("RGB", (20, 10), (number, 0, 0))
        image.save(tmp_path / "photos" / f"{number}.png")
    content = {
        "images": [{"id": n, "file_name": f"{n}.png", "width": 20, "height": 10} for n in range(3)],
        "annotations": [
            {"id": 11, "image_id": 0, "category_id": 4, "segmentation": SQUARE},
            {"id": 12, "image_id": 0, "category_id": 4, "segmentation": [[15, 5, 30, 5, 30, 9]]},
        ],
        "categories": [{"id": 4, "name": "leaf"}],
    }
    return Source(tmp_path, content)


class Source:
    """A COCO file and its images, to be damaged and imported."""

    def __init__(self, folder, content):
        self.folder, self.content = folder, content

    def config(self, **more):
        path = self.folder / "instances.json"
        path.write_text(json.dumps(self.content))
        images = str(self.folder / "photos")
        return {"format": "coco", "annotations": str(path), "images": images} | more


@pytest.fixture
def imported(tmp_path, check_schema):
    def run(*sources):
        import_annotations(list(sources), tmp_path / "imported.json")
        content = json.loads((tmp_path / "imported.json").read_text())
        check_schema(content, "imported")
        return content

    return run


def test_every_record_arrives(tmp_path, source, imported):
    content = imported(source.config(split="train"))
    assert content["categories"] == [{"id": 1, "name": "leaf", "source": 0, "source_id": 4}]
    assert [image["source_id"] for image in content["images"]] == [0, 1, 2]
    assert content["images"][0]["split"] == "train"
    first, second = content["annotations"]
    assert (first["id"], second["id"]) == (1, 2)
    assert first["image_id"] == content["images"][0]["id"]
    assert masks.box(first["segmentation"]) == [2, 2, 4, 4]
    assert second["extent"] == [15, 5, 15, 4]
    assert masks.box(second["segmentation"])[2] <= 5


def test_adding_an_image_changes_no_other_id(tmp_path, source, imported):
    before = {i["file_name"]: i["id"] for i in imported(source.config())["images"]}
    Image.new("RGB", (20, 10)).save(tmp_path / "photos" / "new.png")
    source.content["images"].insert(0, {"id": 99, "file_name": "new.png"})
    after = {i["file_name"]: i["id"] for i in imported(source.config())["images"]}
    assert before.items() <= after.items()
    assert len(after) == 4


def test_image_id_fits_into_52_bits():
    assert image_id("a.png") == 2234693551916539 < 2**52


def test_same_bytes_again(tmp_path, source, imported):
    imported(source.config())
    first = (tmp_path / "imported.json").read_bytes()
    imported(source.config())
    assert (tmp_path / "imported.json").read_bytes() == first


def test_what_cannot_be_translated_says_why(tmp_path, source, imported):
    (tmp_path / "photos" / "1.png").unlink()
    data = (tmp_path / "photos" / "2.png").read_bytes()
    (tmp_path / "photos" / "2.png").write_bytes(data[: len(data) // 2])
    source.content["annotations"] += [
        {"id": 13, "image_id": 7, "category_id": 4, "segmentation": SQUARE},
        {"id": 14, "image_id": 0, "category_id": 9, "segmentation": SQUARE},
        {"id": 15, "image_id": 0, "category_id": 4, "bbox": [1, 2, 3, 4]},
        {"id": 16, "image_id": [0], "category_id": 4, "segmentation": SQUARE},
    ]
    content = imported(source.config())
    assert content["images"][1]["problem"] == "the file does not exist"
    assert "copy it again" in content["images"][2]["problem"]
    problems = [annotation.get("problem") for annotation in content["annotations"]]
    assert problems == [
        None,
        None,
        "no image has the id 7",
        "no category has the id 9",
        "a box without a segmentation",
        "no image has the id None",
    ]
    assert content["annotations"][4]["check"] == "box_without_mask"


def test_clashing_ids_are_visible(tmp_path, source, imported):
    source.content["images"] += [
        {"id": 9, "file_name": "0.png"},  # a file twice
        {"id": 2, "file_name": "1.png"},  # an id for two files
    ]
    source.content["annotations"].append(
        {"id": 13, "image_id": 2, "category_id": 4, "segmentation": SQUARE}
    )
    content = imported(source.config())
    ids = [image["id"] for image in content["images"]]
    assert ids[3] == ids[0]
    assert ids[4] == ids[1]
    assert content["annotations"][2]["image_id"] is None
    assert "several images have the id 2" in content["annotations"][2]["problem"]


@pytest.mark.parametrize(("declared", "orientation"), [((10, 20), 6), ((20, 10), 1), (None, 6)])
def test_photos_are_turned_as_the_annotations_were(
    tmp_path, source, imported, declared, orientation
):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (20, 10)).save(tmp_path / "photos" / "0.png", exif=exif)
    record = source.content["images"][0]
    record |= dict(zip(("width", "height"), declared or (None, None), strict=True))
    content = imported(source.config())
    image, annotation = content["images"][0], content["annotations"][0]
    assert image["orientation"] == orientation
    assert [image["height"], image["width"]] == annotation["segmentation"]["size"]
    assert (image["width"], image["height"]) == (declared or (10, 20))


def test_wrong_image_folder_is_refused(tmp_path, source):
    (tmp_path / "other").mkdir()
    config = source.config(images=str(tmp_path / "other"))
    with pytest.raises(InputError, match=r"none of its 3 images .*other/0.png.*Set `images`"):
        import_annotations([config], tmp_path / "imported.json")


def test_sources_of_both_formats_make_one_data_set(tmp_path, source, imported):
    folder = tmp_path / "cells" / "a"
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    Image.new("RGB", (30, 20)).save(folder / "images" / "a.png")
    Image.new("L", (30, 20), 255).save(folder / "masks" / "1.png")
    cells = {"format": "masks", "folder": str(tmp_path / "cells"), "class": "cell"}
    content = imported(source.config(), cells)
    assert [one["id"] for one in content["categories"]] == [1, 2]
    assert [one["id"] for one in content["annotations"]] == [1, 2, 3]
    last = content["annotations"][2]
    assert (last["source"], last["category_id"]) == (1, 2)
    assert masks.area(last["segmentation"]) == 600
