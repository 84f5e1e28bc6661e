import base64
import hashlib
import io
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from coco import checksums, masks
from coco.errors import InputError
from coco.validation import validate
from import_annotations import image_id, import_annotations, write_checksums

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
def imported(tmp_path, image_settings, check_schema):
    def run(*sources, **settings):
        settings = image_settings | settings
        output, embedded = tmp_path / "imported.json", tmp_path / "embedded"
        import_annotations(list(sources), settings, output, embedded)
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


def test_checksums_are_those_of_sha256sum(tmp_path, image_settings):
    """Of every file that is no image of the data set: here the masks."""
    for name in ("a/images/a.png", "a/masks/1.png", "a/masks/2.png", "a/masks/.hidden"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), 255).save(path, "PNG")
    (tmp_path / "data/a/masks/nowhere").symlink_to("gone")
    odd = os.fsdecode(b"\xff \x0b.txt")  # no UTF-8, and a line break to Python alone
    (tmp_path / "data" / odd).touch()
    source = {"format": "masks", "folder": str(tmp_path / "data"), "class": "leaf"}
    output = tmp_path / "annotations.sha256"
    found = import_annotations(
        [source], image_settings, tmp_path / "imported.json", tmp_path / "embedded"
    )
    write_checksums([source], found, output)
    assert [Path(path).name for path in checksums.read(output)] == ["1.png", "2.png", odd]
    check = ["sha256sum", "--check", "--quiet", output]
    assert subprocess.run(check).returncode == 0
    (tmp_path / "data/a/masks/2.png").write_bytes(b"other")
    assert subprocess.run(check).returncode == 1


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


def test_a_bad_record_stops_no_other(source, imported, image_settings):
    """In = used + quarantined, for images and annotations, with a reason for each."""
    source.content["images"][1]["file_name"] = None
    source.content["images"].append(7)
    source.content["categories"].append({"id": 5, "name": None})
    source.content["annotations"] += [
        {"id": 13, "image_id": 1, "category_id": 4, "segmentation": SQUARE},
        {"id": 14, "image_id": 2, "category_id": 5, "segmentation": SQUARE},
        [],
    ]
    settings = {"policies": {}, "min_area": 4, "box_tolerance": 2, "min_images": 1}
    result = validate(imported(source.config()), None, settings)
    totals = [
        (total["in"], total["used"], total["quarantined"]) for total in result.totals.values()
    ]
    assert totals == [(4, 1, 3), (5, 1, 4)]
    found = {(row["check"], row["id"]): row["found"] for row in result.issues}
    assert found["invalid_record", 1] == "images[1] has the file_name None, expected a text"
    assert found["invalid_record", "images[3]"] == "images[3] is no object but 7"
    assert found["invalid_category", 5] == "categories[1] has the name None, expected a text"
    assert found["unknown_category", 14] == found["invalid_category", 5]
    assert found["unknown_image", "annotations[4]"] == "annotations[4] is no object but []"
    assert found["image_quarantined", 13]


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (None, "it has no class"),
        (7, "its class is 7, expected one text"),
        (True, "its class is True, expected one text"),
        (["a", "b"], "its class is ['a', 'b'], expected one text"),
    ],
)
def test_what_is_no_class_is_told(tmp_path, imported, label, said):
    Image.new("RGB", (20, 10)).save(tmp_path / "a.png")
    square = [[2, 2], [6, 2], [6, 6], [2, 6]]
    shapes = [{"label": "leaf", "points": square}, {"label": label, "points": square}]
    (tmp_path / "a.json").write_text(json.dumps({"imagePath": "a.png", "shapes": shapes}))
    found = imported({"format": "labelme", "folder": str(tmp_path)})["annotations"]
    assert [one.get("problem") for one in found] == [None, said]


def test_a_category_id_that_is_none_is_told(source, imported):
    source.content["annotations"][0]["category_id"] = True
    problem = imported(source.config())["annotations"][0]["problem"]
    assert problem == "its category_id is True, expected a number or a text"


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


@pytest.mark.parametrize(
    ("declared", "exif", "policy", "said"),
    [
        (None, 6, "auto", "turned"),
        ((20, 10), 3, "auto", "turned"),
        ((10, 20), 6, "auto", None),
        (None, 1, "auto", None),
        (None, 6, "apply", None),
        (None, 6, "ignore", None),
    ],
)
def test_a_guessed_orientation_is_a_remark(
    tmp_path, source, imported, declared, exif, policy, said
):
    tag = Image.Exif()
    tag[0x0112] = exif
    for number in (0, 1):  # the second has no annotation that could lie beside its object
        Image.new("RGB", (20, 10)).save(tmp_path / "photos" / f"{number}.png", exif=tag)
        size = dict(zip(("width", "height"), declared or (None, None), strict=True))
        source.content["images"][number] |= size
    content = imported(source.config(), exif=policy)
    found = [image.get("remarks", {}).get("orientation_guessed") for image in content["images"]]
    text = f"EXIF orientation {exif}, and no size tells if the annotations have it; {said}"
    assert found == [text if said else None, None, None]


@pytest.mark.parametrize(("policy", "orientation"), [("apply", 6), ("ignore", 1)])
def test_policy_decides_about_orientation(tmp_path, source, imported, policy, orientation):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (20, 10)).save(tmp_path / "photos" / "0.png", exif=exif)
    content = imported(source.config(), exif=policy)
    assert content["images"][0]["orientation"] == orientation
    assert content["info"]["images"]["exif"] == policy


def save_deep(path, low, high):
    """A ramp of 16 bits."""
    Image.fromarray(np.linspace(low, high, 200).reshape(10, 20).astype(np.uint16)).save(path)


def mapping(settings, **changes):
    return settings["intensity"] | changes


def test_intensity_of_each_image(tmp_path, source, imported, image_settings):
    save_deep(tmp_path / "photos" / "0.png", 100, 300)
    save_deep(tmp_path / "photos" / "1.png", 0, 4000)
    changes = {"intensity": mapping(image_settings, percentiles=[0, 100])}
    content = imported(source.config(), **changes)
    found = [image.get("intensity") for image in content["images"]]
    assert found == [[[100, 300]], [[0, 4000]], None]
    assert content["info"]["images"]["intensity"]["range"] is None


def test_intensity_of_the_data_set(tmp_path, source, imported, image_settings):
    save_deep(tmp_path / "photos" / "0.png", 100, 300)
    save_deep(tmp_path / "photos" / "1.png", 200, 4000)
    changes = {"intensity": mapping(image_settings, percentiles=[0, 100], per="dataset")}
    content = imported(source.config(), **changes)
    found = [image.get("intensity") for image in content["images"]]
    assert found == [[[100, 4000]], [[100, 4000]], None]
    assert content["info"]["images"]["intensity"]["range"] == [[100, 4000]]


def test_intensity_of_a_data_set_of_8_bits(source, imported, image_settings):
    content = imported(source.config(), intensity=mapping(image_settings, per="dataset"))
    assert content["info"]["images"]["intensity"]["range"] is None
    assert not any("intensity" in image for image in content["images"])


@pytest.mark.parametrize("per", ["image", "dataset"])
def test_given_range_is_used(tmp_path, source, imported, image_settings, per):
    save_deep(tmp_path / "photos" / "0.png", 100, 300)
    changes = {"intensity": mapping(image_settings, range=[0, 5000], per=per)}
    content = imported(source.config(), **changes)
    assert content["images"][0]["intensity"] == [[0, 5000]]
    assert content["info"]["images"]["intensity"]["range"] == [[0, 5000]]


def test_files_outside_of_the_folder_are_named_and_not_read(tmp_path, source, imported):
    photos = tmp_path / "photos"
    (photos / "1.png").rename(tmp_path / "secret.png")
    (photos / "1.png").symlink_to(tmp_path / "secret.png")  # a link that leaves the folder
    (photos / "2.png").rename(photos / "other.png")
    (photos / "2.png").symlink_to(photos / "other.png")  # and one that stays
    (photos / "loop.png").symlink_to("loop.png")
    (photos / "empty.png").touch()
    names = ["../secret.png", "..\\secret.png", str(tmp_path / "secret.png"), "loop.png"]
    names += ["empty.png", "x" * 300, "../photos/other.png"]
    source.content["images"] += [{"id": 10 + n, "file_name": name} for n, name in enumerate(names)]
    content = imported(source.config())
    checks = [image.get("check") for image in content["images"]]
    assert checks == [None, "outside_folder", None] + 3 * ["outside_folder"] + [
        "missing_image",
        "empty_file",
        "unreadable_image",
        None,
    ]
    for image in content["images"]:
        if image.get("check") == "outside_folder":
            assert image["sha256"] is None
            assert str(tmp_path / "secret.png") in image["problem"]


@pytest.mark.parametrize("name", ["../pictures/1.png", "/elsewhere/1.png", "D:\\pictures\\1.png"])
def test_a_path_of_another_machine_is_told_with_the_file_that_may_be_meant(
    tmp_path, source, imported, name
):
    source.content["images"][1]["file_name"] = name
    problem = imported(source.config())["images"][1]["problem"]
    assert f"{tmp_path}/photos/1.png" in problem and "put the file" not in problem


def test_folder_may_itself_be_a_link(tmp_path, source, imported):
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    content = imported(source.config(images=str(tmp_path / "link")))
    assert not any("problem" in image for image in content["images"])


def test_names_that_differ_in_case_alone_are_a_remark(tmp_path, source, imported):
    for number, name in enumerate(("a.png", "A.PNG", "ä.png")):
        Image.new("RGB", (20, 10)).save(tmp_path / "photos" / name)
        source.content["images"].append({"id": 10 + number, "file_name": name})
    remarks = [image.get("remarks", {}) for image in imported(source.config())["images"]]
    assert ["name_clash" in found for found in remarks] == [False] * 3 + [True, True, False]
    assert "A.PNG" in remarks[3]["name_clash"]


def test_wrong_image_folder_is_refused(tmp_path, source, image_settings):
    (tmp_path / "other").mkdir()
    config = source.config(images=str(tmp_path / "other"))
    output, embedded = tmp_path / "imported.json", tmp_path / "embedded"
    with pytest.raises(InputError, match=r"none of its 3 images .*other/0.png.*Set `images`"):
        import_annotations([config], image_settings, output, embedded)


def test_images_that_all_have_other_capitals_are_told(tmp_path, source, image_settings):
    for path in (tmp_path / "photos").iterdir():
        path.rename(path.with_suffix(".PNG"))
    output, embedded = tmp_path / "imported.json", tmp_path / "embedded"
    with pytest.raises(InputError, match=r"0.png: .* but 0.PNG does\. .* or correct the names"):
        import_annotations([source.config()], image_settings, output, embedded)


def test_embedded_image_is_imported_from_its_file(tmp_path, imported):
    (tmp_path / "json").mkdir()
    data = io.BytesIO()
    Image.new("RGB", (20, 10)).save(data, "JPEG")
    content = {"shapes": [{"label": "leaf", "points": [[2, 2], [2, 6], [6, 6], [6, 2]]}]}
    content |= {"imagePath": "a.jpg", "imageData": base64.b64encode(data.getvalue()).decode()}
    (tmp_path / "json" / "a.json").write_text(json.dumps(content))
    content = imported({"format": "labelme", "folder": str(tmp_path / "json")})
    (image,), (annotation,) = content["images"], content["annotations"]
    assert image["file_name"] == f"{tmp_path}/embedded/0/a.jpg"
    assert image["sha256"] == hashlib.sha256(data.getvalue()).hexdigest()
    assert masks.box(annotation["segmentation"]) == [2, 2, 4, 4]


def test_name_of_a_group_is_kept_with_its_problem(source, imported):
    group = {"id": 0, "name": "plants"}
    source.content["categories"] = [group, {"id": 4, "name": "leaf", "supercategory": "plants"}]
    categories = imported(source.config())["categories"]
    assert [one["name"] for one in categories if "problem" not in one] == ["leaf"]


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


def test_photos_that_no_file_lists_are_told(source, imported, capsys):
    imported(source.config(images=f"{source.folder}/photos/../photos"))
    assert "not used" not in capsys.readouterr().err
    Image.new("RGB", (20, 10)).save(source.folder / "photos" / "more.png")
    imported(source.config())
    assert "and that are not used: 1, such as" in (said := capsys.readouterr().err), said
    assert "more.png" in said


def test_photos_that_no_split_of_yolo_has_are_told(tmp_path, imported, capsys):
    for place in ("images/train/a.png", "images/val/b.png", "labels/train/a.txt"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (20, 10)).save(tmp_path / "images/train/a.png")
    (tmp_path / "labels/train/a.txt").write_text("0 0.1 0.1 0.5 0.1 0.5 0.9")
    (tmp_path / "data.yaml").write_text("path: ../nowhere/..\ntrain: images/train\nnames: [leaf]")
    source = {"format": "yolo", "folder": str(tmp_path)}
    imported(source)
    assert "not used" not in capsys.readouterr().err
    Image.new("RGB", (20, 10)).save(tmp_path / "images/val/b.png")
    imported(source)
    assert f"not used: 1, such as {tmp_path}/images/val/b.png" in capsys.readouterr().err


def test_a_name_that_is_no_utf_8_is_spelt_out(tmp_path, imported):
    for folder in ("photos", "labels"):
        (tmp_path / folder).mkdir()
        for name in (b"a.png", b"gr\xfcn.png"):
            file = tmp_path / folder / os.fsdecode(name)
            Image.fromarray(np.eye(10, dtype=np.uint8)).save(file)
    source = {"format": "label_maps", "class": "cell"}
    source |= {"images": str(tmp_path / "photos"), "labels": str(tmp_path / "labels")}
    content = imported(source)
    _, image = content["images"]
    assert image["file_name"].endswith("gr\\udcfcn.png") and "not UTF-8" in image["problem"]
    assert content["annotations"][1]["image_id"] == image["id"]
