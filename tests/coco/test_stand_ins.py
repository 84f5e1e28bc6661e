"""What Git LFS or a failed download leaves in place of a file is called by its name."""

import pytest
from PIL import Image

from coco import images
from coco.errors import InputError
from coco.formats import coco_json, cvat, detection, label_maps, mask_folder, yolo
from coco.stand_ins import stand_in

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
PAGE = b"\n<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>"
CASES = [(POINTER, "this is a Git LFS pointer.*git lfs pull"), (PAGE, "this is a web page")]


@pytest.mark.parametrize(("data", "said"), CASES)
def test_of_annotations_and_images(tmp_path, image_settings, data, said):
    for name in ("a.json", "a.xml", "a.png"):
        (tmp_path / name).write_bytes(data)
    source = {"annotations": f"{tmp_path}/a.json", "images": str(tmp_path)}
    with pytest.raises(InputError, match=said):
        coco_json.read(source)
    with pytest.raises(InputError, match=said):
        cvat.read(source | {"annotations": f"{tmp_path}/a.xml"})
    with pytest.raises(InputError, match=r"no format fits \(.*a.json is a (Git LFS|web page)"):
        detection.detect(source)
    found = images.inspect(tmp_path / "a.png", image_settings)
    assert found.check == "unreadable_image"
    with pytest.raises(InputError, match=said):
        raise InputError(found.problem)


@pytest.mark.parametrize(("data", "said"), CASES)
def test_of_masks_and_labels(tmp_path, data, said):
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
        for name in "ab":
            Image.new("L", (20, 10), 1).save(tmp_path / folder / f"{name}.png")
    (tmp_path / "labels" / "a.png").write_bytes(data)
    (tmp_path / "labels" / "b.txt").write_bytes(data)
    (tmp_path / "classes.txt").write_text("leaf")
    folders = {folder: f"{tmp_path}/{folder}" for folder in ("images", "labels")}
    problems = [
        label_maps.read(folders | {"class": "leaf"})[1][0]["problem"],
        yolo.read({"folder": str(tmp_path)})[1][1]["problem"],
    ]
    with pytest.raises(InputError) as error:
        mask_folder.read_mask(tmp_path / "labels" / "a.png")
    problems.append(str(error.value).replace("the mask a.png is", "this is"))
    for problem in problems:
        with pytest.raises(InputError, match=said):
            raise InputError(problem)


def test_other_files_are_what_they_are():
    assert stand_in(b"\xef\xbb\xbf<html>").startswith("a web page")
    assert stand_in(b"PK\x03\x04rest") == "a ZIP archive; unpack it"
    for data in (b"", b"{}", b"<?xml version='1.0'?><annotations/>", b"\x89PNG", b"version 2"):
        assert stand_in(data) is None
