import shutil
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image
from splitting import SETTINGS, dataset

from coco import grouping
from coco.errors import InputError


def named(*names):
    images = dataset(*[[1]] * len(names))["images"]
    for image, name in zip(images, names, strict=True):
        image["file_name"] = name
    return images


def group_sizes(images, **group_by):
    settings = SETTINGS | {"group_by": group_by or None}
    found = grouping.members(grouping.groups(grouping.ties(images, settings)))
    return sorted(len(numbers) for numbers in found.values())


def test_without_ties_each_image_is_its_own_group():
    assert group_sizes(named("a.png", "b.png", "c.png")) == [1, 1, 1]


def test_pattern_of_the_file_name():
    images = named("x/p1_a.png", "y/p1_b.png", "x/p2_a.png")
    assert group_sizes(images, pattern="^(p[0-9]+)_") == [1, 2]
    for pattern in ("^(p1)_", "^(p1)?", "^(?:(p1)|p2)_"):  # also where the group stays empty
        with pytest.raises(InputError, match=r"finds no group in 1 file names: x/p2_a\.png"):
            group_sizes(images, pattern=pattern)


def test_folders():
    images = named("s/a/1.png", "s/a/2.png", "s/b/1.png", "t/a/1.png")
    assert group_sizes(images, folder=1) == [1, 1, 2]
    assert group_sizes(images, folder=2) == [1, 3]
    assert group_sizes(images, folder=9) == [4]


@pytest.mark.parametrize(("suffix", "separator"), [(".csv", ","), (".tsv", "\t")])
def test_column_of_a_table(tmp_path, suffix, separator):
    table = tmp_path / f"patients{suffix}"
    rows = ("image", "patient"), ("photos/0.png", "7"), ("1.png", "7"), ("2", "8"), ("old.png", "9")
    table.write_text("\n".join(map(separator.join, rows)))
    of = {"file": str(table), "images": "image", "column": "patient"}
    images = dataset([1], [1], [1])["images"]
    assert group_sizes(images, table=of) == [1, 2]
    with pytest.raises(InputError, match=r"has no patient for 1 images: photos/3\.png"):
        group_sizes(dataset([1], [1], [1], [1])["images"], table=of)
    with pytest.raises(InputError, match="has no column person, but image, patient"):
        group_sizes(images, table=of | {"column": "person"})
    table.write_text("image;patient\n0.png;7\n")
    separator = "commas" if suffix == ".csv" else "tabs"
    with pytest.raises(InputError, match=f"but image;patient; .* separated by {separator}"):
        group_sizes(images, table=of)


def test_a_table_that_contradicts_itself_is_refused(tmp_path):
    table = tmp_path / "patients.csv"
    table.write_text("image,patient\n0.png,7\n0.png ,7 \n1.png, 7\n")
    of = {"file": str(table), "images": "image", "column": "patient"}
    images = dataset([1], [1])["images"]
    assert group_sizes(images, table=of) == [2]
    table.write_text("image,patient\n0.png,7\n1.png,7\n0,8\n")
    with pytest.raises(InputError, match=r"patients\.csv: 0 has the patient 7 and 8, expected one"):
        group_sizes(images, table=of)


def test_a_table_with_a_column_twice_or_that_is_none_is_refused(tmp_path):
    table = tmp_path / "patients.csv"
    of = {"file": str(table), "images": "image", "column": "patient"}
    images = dataset([1], [1])["images"]
    table.write_text("image,patient,patient\n0.png,1,7\n1.png,2,7\n")
    with pytest.raises(InputError, match="has 2 columns patient, expected one"):
        group_sizes(images, table=of)
    table.write_text(1000 * '{"image" "patient"}')
    with pytest.raises(InputError, match="has no column image") as caught:
        group_sizes(images, table=of)
    assert len(str(caught.value)) < 300


def test_groups_by_folder_keep_their_keys_when_the_data_move():
    settings = SETTINGS | {"group_by": {"folder": 1}}
    names = "p1/a.png", "p1/b.png", "p2/a.png"
    here, there = (named(*[f"{root}/{name}" for name in names]) for root in ("data", "/mnt/other"))
    keys = grouping.groups(grouping.ties(here, settings))
    assert list(keys.values()) == list(grouping.groups(grouping.ties(there, settings)).values())
    more = named(*[image["file_name"] for image in here], "more/p2/a.png", "more/a.png")
    found = list(grouping.by_folder(more, 1).values())
    assert found == ["p1", "p1", "data/p2", "more/p2", "more"]


def test_several_kinds_bind_what_any_of_them_binds():
    images = named("s/p1.png", "s/p2.png", "t/p2.png", "u/p3.png")
    assert group_sizes(images, folder=1, pattern="(p.)") == [1, 3]


def test_group_keeps_its_key_when_an_image_joins():
    images = named("p1_a.png", "p1_b.png", "p2_a.png")
    settings = SETTINGS | {"group_by": {"pattern": "^(p.)"}}
    before = grouping.groups(grouping.ties(images[1:], settings))
    after = grouping.groups(grouping.ties(images, settings))
    assert before.items() <= after.items()


def test_exif_of_photos(tmp_path):
    images = named(*[str(tmp_path / f"{number}.jpg") for number in range(5)])
    for number, image in enumerate(images):
        exif = Image.Exif()
        if number < 4:
            exif[grouping.MAKE], exif[grouping.MODEL] = "Maker", f"Model {number // 2}"
            exif[grouping.DATE_TIME] = f"2024:05:0{1 + number % 2} 12:00:0{number}"
        Image.new("RGB", (8, 8)).save(image["file_name"], exif=exif)
    assert group_sizes(images, exif="camera") == [1, 2, 2]
    assert group_sizes(images, exif="date") == [1, 2, 2]
    assert group_sizes(images, exif="date", pattern="^([0-9])") == [1, 2, 2]
    with pytest.raises(InputError, match="no image has the date in its EXIF"):
        group_sizes(images[4:], exif="date")


@pytest.mark.parametrize("unset", ["0000:00:00 00:00:00", "    :  :     :  :  "])
def test_exif_of_cameras_that_know_neither_date_nor_name(tmp_path, unset):
    images = named(*[str(tmp_path / f"{number}.jpg") for number in range(4)])
    for number, image in enumerate(images):
        exif = Image.Exif()
        exif[grouping.MAKE] = exif[grouping.MODEL] = "Maker" if number < 2 else "  "
        exif.get_ifd(grouping.EXIF)[grouping.TAKEN] = unset
        if number < 2:
            exif[grouping.DATE_TIME] = "2024:05:01 12:00:00"
        Image.new("RGB", (8, 8)).save(image["file_name"], exif=exif)
    assert group_sizes(images, exif="camera") == [1, 1, 2]
    assert group_sizes(images, exif="date") == [1, 1, 2]


def test_no_exif_of_images_that_only_tifffile_reads(tmp_path):
    images = named(*[str(tmp_path / f"{number}.tif") for number in range(2)])
    for image in images:
        tifffile.imwrite(image["file_name"], np.zeros((8, 8, 3), np.float32), photometric="rgb")
    for what in ("date", "camera"):
        with pytest.raises(InputError, match=f"no image has the {what} in its EXIF"):
            group_sizes(images, exif=what)


def test_exif_of_a_very_large_image(tmp_path):
    exif = Image.Exif()
    exif[grouping.DATE_TIME] = "2024:05:01 12:00:00"
    Image.new("1", (8, 8)).save(tmp_path / "small.png", exif=exif)
    data = (tmp_path / "small.png").read_bytes()
    header = struct.pack(">4sII", b"IHDR", 20000, 20000) + data[24:29]
    path = tmp_path / "large.png"
    path.write_bytes(data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:])
    assert grouping.date(str(path)) == "2024:05:01"


def test_real_photos_without_exif_cannot_be_grouped_by_it(tmp_path, shared):
    paths = sorted((shared / "data" / "nuts_coco" / "images").glob("*.jpg"))[:3]
    copies = [shutil.copy(path, tmp_path / path.name) for path in paths]
    with pytest.raises(InputError, match="no image has the camera in its EXIF"):
        group_sizes(named(*map(str, copies)), exif="camera")
