import json

import pytest
from PIL import Image

from coco.errors import InputError
from coco.formats import FORMATS, detection

LABELME = {"shapes": [], "imagePath": "a.jpg", "imageData": None}
VIA = {"a.jpg1": {"filename": "a.jpg", "size": 1, "regions": []}}
COCO = {"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [], "categories": []}

EXAMPLES = {
    "coco": ("a.json", COCO),
    "cvat": ("a.xml", '<?xml version="1.0"?>\n<!-- ours -->\n<annotations><image/></annotations>'),
    "via": ("a.json", VIA),
}


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


@pytest.mark.parametrize("name", EXAMPLES)
def test_files_tell_their_format(tmp_path, name):
    file, content = EXAMPLES[name]
    source = {"annotations": write(tmp_path / file, content), "images": str(tmp_path)}
    assert detection.detect(source) == name


def test_a_project_of_via_is_recognised(tmp_path):
    path = write(tmp_path / "a.json", {"_via_settings": {}, "_via_img_metadata": VIA})
    assert detection.detect({"annotations": path, "images": "."}) == "via"


@pytest.mark.parametrize(
    ("name", "file", "content"),
    [
        ("labelme", "sub/a.json", LABELME),
        ("masks", "cell/masks/1.png", ""),
        ("coco", "train/_annotations.coco.json", COCO),
        ("coco", "annotations/instances_default.json", COCO),
    ],
)
def test_folders_tell_their_format(tmp_path, name, file, content):
    write(tmp_path / file, content)
    write(tmp_path / "cell/images/1.png", "")
    assert detection.detect({"folder": str(tmp_path)}) == name


def test_several_that_fit_are_listed_with_what_speaks_for_them(tmp_path):
    write(tmp_path / "a.json", LABELME)
    write(tmp_path / "train/_annotations.coco.json", COCO)
    with pytest.raises(InputError, match=r"coco \(.*coco.json is there\), labelme \(.*a.json has"):
        detection.detect({"folder": str(tmp_path)})


def test_none_that_fits_says_what_is_there(tmp_path):
    for name in "abcd":
        write(tmp_path / f"{name}.json", "{}")
    with pytest.raises(InputError, match=r"has a.json, b.json, c.json, \.\.\.\); .* coco, colour"):
        detection.detect({"folder": str(tmp_path)})
    with pytest.raises(InputError, match=r"a\.json is a file"):
        detection.detect({"annotations": f"{tmp_path}/a.json", "images": str(tmp_path)})


@pytest.mark.parametrize("content", ["", "\x00\xff", "{" * 9999, '{"a": 1', "[1]", "<a>"])
def test_nothing_is_recognised_in_rubbish(tmp_path, content):
    path = write(tmp_path / "a.json", content)
    for source in ({"folder": str(tmp_path)}, {"annotations": path, "images": str(tmp_path)}):
        assert not any(reader.recognise(source) for reader in FORMATS.values())


def test_real_data_are_recognised(shared):
    data = shared / "data"
    cvat = data / "formats" / "cvat_dataset" / "for_images" / "export_task"
    for name, source in (
        ("labelme", {"folder": data / "nuts_labelme"}),
        ("coco", {"annotations": data / "nuts_coco" / "trainval.json", "images": data}),
        ("coco", {"folder": data / "formats" / "coco_dataset" / "coco_roboflow"}),
        ("coco", {"folder": data / "formats" / "coco_dataset" / "mmdet_coco"}),
        ("cvat", {"annotations": cvat / "train.xml", "images": cvat / "images"}),
    ):
        assert detection.detect({key: str(path) for key, path in source.items()}) == name


@pytest.mark.parametrize(
    ("name", "colour"), [("label_maps", (3, 3, 3)), ("colour_masks", (255, 0, 0))]
)
def test_label_images_tell_their_format(tmp_path, name, colour):
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
        Image.new("RGB", (4, 3), colour).save(tmp_path / folder / "a.png")
    source = {"images": str(tmp_path / "images"), "labels": str(tmp_path / "labels")}
    assert detection.detect(source) == name


def test_label_images_that_make_no_pairs_say_why(tmp_path):
    for name in ("images/a.png", "images/a.jpg", "labels/a.png"):
        write(tmp_path / name, "")
    with pytest.raises(InputError, match=r"no format fits .*a\.jpg and a\.png: two files of one n"):
        detection.detect({key: f"{tmp_path}/{key}" for key in ("images", "labels")})
