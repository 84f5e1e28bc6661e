import os

import numpy as np
import pytest
import tifffile
from PIL import Image

from coco import masks
from coco.errors import InputError
from coco.formats import mask_folder


def example(folder, name, objects=2):
    """An image of 20x10 with small squares, and a mask of each."""
    for part in ("images", "masks"):
        (folder / name / part).mkdir(parents=True)
    Image.new("RGB", (20, 10)).save(folder / name / "images" / f"{name}.png")
    for number in range(objects):
        mask = np.zeros((10, 20), np.uint8)
        mask[2:6, 5 * number : 5 * number + 3] = 255
        Image.fromarray(mask).save(folder / name / "masks" / f"{number}.png")


def read(folder):
    return mask_folder.read({"folder": str(folder), "class": "nucleus"})


def test_one_image_and_its_masks(tmp_path):
    example(tmp_path, "b")
    example(tmp_path, "a", objects=0)
    (tmp_path / "b" / "masks" / ".DS_Store").touch()
    (tmp_path / "b" / "masks" / "Thumbs.db").touch()
    categories, images, annotations = read(tmp_path)
    assert categories == [{"source_id": None, "name": "nucleus"}]
    assert [image["source_id"] for image in images] == ["a", "b"]
    assert images[1]["file_name"] == f"{tmp_path}/b/images/b.png"
    assert not any("problem" in image for image in images)
    assert [one["source_id"] for one in annotations] == ["b/masks/0.png", "b/masks/1.png"]
    assert mask_folder.declared_size(images[1], annotations) == (20, 10)
    assert mask_folder.declared_size(images[0], []) is None
    rle = mask_folder.translate(annotations[1], None)["segmentation"]
    assert masks.box(rle) == [5, 2, 3, 4]


def test_every_folder_is_a_record(tmp_path):
    example(tmp_path, "good")
    example(tmp_path, "two")
    Image.new("RGB", (20, 10)).save(tmp_path / "two" / "images" / "b.png")
    (tmp_path / "none" / "masks").mkdir(parents=True)
    (tmp_path / "unannotated" / "images").mkdir(parents=True)
    Image.new("RGB", (20, 10)).save(tmp_path / "unannotated" / "images" / "a.png")
    problems = {image["source_id"]: image.get("problem") for image in read(tmp_path)[1]}
    assert problems["good"] is None
    assert problems["none"] == "0 images in this folder, expected one"
    assert problems["two"] == "2 images in this folder, expected one"
    assert problems["unannotated"].startswith("no folder masks")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_masks_of_any_mode(tmp_path, mode):
    image = Image.new("L", (20, 10))
    image.paste(255, (5, 2, 8, 6))
    image.convert(mode).save(tmp_path / "mask.png")
    assert mask_folder.read_mask(tmp_path / "mask.png").sum() == 12


def test_unusable_masks_are_problems(tmp_path):
    soft = np.arange(200, dtype=np.uint8).reshape(10, 20)
    Image.fromarray(soft).save(tmp_path / "soft.png")
    (tmp_path / "broken.png").write_bytes(b"no image")
    for name, problem in (("soft.png", "200 grey levels"), ("broken.png", "not readable")):
        translated = mask_folder.translate({"file": tmp_path / name}, None)
        assert translated["segmentation"] is None
        assert problem in translated["problem"]


def test_a_palette_is_read_by_its_colours(tmp_path):
    for first, second in ((0, 255), (255, 0)):
        mask = np.full((10, 20), int(first > 0), np.uint8)
        mask[2:6, 5:8] ^= 1
        image = Image.fromarray(mask)
        image.putpalette((first,) * 3 + (second,) * 3)
        image.save(tmp_path / "mask.png")
        assert mask_folder.read_mask(tmp_path / "mask.png").sum() == 12


@pytest.mark.parametrize("kind", ["bool", "u1", "i1", ">u2", "i4", "u8", "f4", "f8"])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_tiffs_are_read_by_their_numbers(tmp_path, kind, photometric):
    mask = np.zeros((10, 20), kind)
    mask[2:6, 5:8] = 1
    tifffile.imwrite(tmp_path / "mask.tif", mask, photometric=photometric)
    assert mask_folder.read_mask(tmp_path / "mask.tif").sum() == 12


def test_a_fax_is_read_as_it_looks(tmp_path):
    mask = Image.new("1", (20, 10))
    mask.paste(1, (5, 2, 8, 6))
    mask.save(tmp_path / "mask.tif", compression="group4")
    assert mask_folder.read_mask(tmp_path / "mask.tif").sum() == 12


def test_dark_colours_are_seen(tmp_path):
    image = Image.new("RGB", (20, 10))
    image.paste((0, 0, 1), (5, 2, 8, 6))
    image.save(tmp_path / "mask.png")
    assert mask_folder.read_mask(tmp_path / "mask.png").sum() == 12


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@pytest.mark.parametrize("colour", ["white", "black"])
def test_an_object_in_the_transparency_is_refused(tmp_path, mode, colour):
    image = Image.new("RGB", (20, 10), colour).convert(mode)
    image.putalpha(Image.new("L", (20, 10)))
    image.paste(Image.new("RGB", (3, 4), colour).convert(mode), (5, 2))
    image.save(tmp_path / "mask.png")
    with pytest.raises(InputError, match=r"mask\.png has its object in the transparency"):
        mask_folder.read_mask(tmp_path / "mask.png")


def test_several_pages_are_refused(tmp_path):
    pages = [Image.new("L", (20, 10), level) for level in (0, 255)]
    for name in ("mask.tif", "mask.gif"):
        pages[0].save(tmp_path / name, save_all=True, append_images=pages[1:])
        with pytest.raises(InputError, match="pages"):
            mask_folder.read_mask(tmp_path / name)


def test_masks_that_would_be_overlooked_are_named(tmp_path):
    for name in ("folder", "array"):
        example(tmp_path, name)
    (tmp_path / "folder" / "masks" / "cells").mkdir()
    for path in (tmp_path / "array" / "masks").iterdir():
        path.rename(path.with_suffix(".npy"))
    problems = {image["source_id"]: image["problem"] for image in read(tmp_path)[1]}
    assert "its folder masks has cells, expected one image per object" in problems["folder"]
    assert "its folder masks has 0.npy, expected one image per object" in problems["array"]


def test_a_link_out_of_the_folder_is_no_mask(tmp_path):
    example(tmp_path / "data", "a")
    example(tmp_path / "elsewhere", "b")
    mask = tmp_path / "data/a/masks/0.png"
    mask.unlink()
    mask.symlink_to(tmp_path / "elsewhere/b/masks/0.png")
    outside, inside = [mask_folder.translate(one, None) for one in read(tmp_path / "data")[2]]
    assert "leads out of the folder" in outside["problem"] and outside["segmentation"] is None
    assert inside["segmentation"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read all folders")
@pytest.mark.parametrize("closed", ["a", "a/images", "a/masks"])
def test_a_folder_that_may_not_be_read_is_named(tmp_path, closed):
    for name in "ab":
        example(tmp_path, name)
    (tmp_path / closed).chmod(0)
    with pytest.raises(InputError, match=r"/a.*: Permission denied; expected a folder that can be"):
        read(tmp_path)


def test_other_layouts_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        read(tmp_path / "elsewhere")
    (tmp_path / "photos").mkdir()
    with pytest.raises(InputError, match=r"<folder>/<id>/images"):
        read(tmp_path)
