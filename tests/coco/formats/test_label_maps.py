import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image
from scipy.spatial import cKDTree

from coco import masks, pixel_limit
from coco.errors import InputError
from coco.formats import label_maps

LABELS = np.zeros((10, 20), int)
LABELS[2:6, 5:8] = 3
LABELS[7:9, 1:4] = LABELS[0, 18:] = 40_000  # two parts


@pytest.fixture
def source(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    Image.new("RGB", (20, 10)).save(tmp_path / "images" / "a.jpg")
    return {
        "format": "label_maps",
        "images": f"{tmp_path}/images",
        "labels": f"{tmp_path}/labels",
        "class": "nucleus",
    }


def write(labels, path):
    if path.suffix == ".png":
        Image.fromarray(labels.astype(np.uint16)).save(path)
    elif path.suffix == ".npy":
        np.save(path, labels)
    else:
        tifffile.imwrite(path, labels)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.TIFF", "a.npy"])
def test_each_value_is_an_object(tmp_path, source, name):
    write(LABELS, tmp_path / "labels" / name)
    categories, (image,), annotations = label_maps.read(source)
    assert categories == [{"source_id": None, "name": "nucleus"}]
    assert image["source_id"] == "a"
    assert image["file_name"] == f"{tmp_path}/images/a.jpg"
    assert label_maps.declared_size(image, annotations) == (20, 10)
    assert [one["source_id"] for one in annotations] == [
        f"{tmp_path}/labels/{name}:3",
        f"{tmp_path}/labels/{name}:40000",
    ]
    for one, value in zip(annotations, (3, 40_000), strict=True):
        mask = masks.decode(label_maps.translate(one, None)["segmentation"])
        np.testing.assert_array_equal(mask, np.equal(LABELS, value))


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_as_many_pixels_as_the_images_may_have(tmp_path, source, monkeypatch, name):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 99)
    write(LABELS, tmp_path / "labels" / name)
    assert "more pixels than images.max_pixels" in label_maps.read(source)[1][0]["problem"]
    pixel_limit.allow(200)
    assert "problem" not in label_maps.read(source)[1][0]


@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "i4", "i8", "f4", ">u2"])
@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
def test_tiffs_of_any_integer_type(tmp_path, source, kind, compression):
    labels = np.minimum(LABELS, 200).astype(kind)
    tifffile.imwrite(tmp_path / "labels" / "a.tif", labels, compression=compression)
    assert [masks.area(one["segmentation"]) for one in label_maps.read(source)[2]] == [12, 8]


def test_a_single_object_of_one_bit(tmp_path, source):
    Image.fromarray(LABELS == 3).save(tmp_path / "labels" / "a.png")
    assert [masks.area(one["segmentation"]) for one in label_maps.read(source)[2]] == [12]


def test_grey_stored_as_rgb(tmp_path, source):
    image = Image.fromarray(np.minimum(LABELS, 200).astype(np.uint8)).convert("RGB")
    image.save(tmp_path / "labels" / "a.png")
    assert len(label_maps.read(source)[2]) == 2


def test_unusable_label_maps_are_problems_of_their_photos(tmp_path, source):
    bad = {
        "colours": np.full((10, 20, 3), (0, 0, 200), np.uint8),
        "negative": LABELS.astype(np.int16) - 1,
        "fractions": LABELS.astype(np.float32) / 7,
        "infinite": np.where(LABELS, np.inf, 0).astype(np.float32),
        "stack": np.zeros((2, 10, 20), np.uint8),
    }
    for name, labels in bad.items():
        tifffile.imwrite(tmp_path / "labels" / f"{name}.tif", labels)
    np.save(tmp_path / "labels" / "empty.npy", np.zeros((0, 0)))
    (tmp_path / "labels" / "broken.png").write_bytes(b"no image")
    whole = (tmp_path / "labels" / "stack.tif").read_bytes()
    (tmp_path / "labels" / "cut off.tif").write_bytes(whole[:4] + b"\xff\xff\0\0" + whole[8:])
    for name, stored_as in (("jpeg.png", "JPEG"), ("webp.png", "WEBP")):
        Image.new("L", (20, 10)).save(tmp_path / "labels" / name, format=stored_as)
    Image.new("L", (20, 10)).save(tmp_path / "labels" / "jpeg within.tif", compression="jpeg")
    for number in range(2):
        tifffile.imwrite(tmp_path / "labels" / "pages.tif", LABELS.astype("u2"), append=number > 0)
    frames = [Image.new("L", (20, 10), number) for number in range(2)]
    frames[0].save(tmp_path / "labels" / "frames.gif", save_all=True, append_images=frames[1:])
    cv2.imwrite(str(tmp_path / "labels" / "deep.png"), np.full((10, 20, 3), 7, np.uint16))
    more = "empty", "broken", "cut off", "jpeg", "webp", "jpeg within", "pages", "frames", "deep"
    for name in (*bad, *more, "absent"):
        Image.new("RGB", (20, 10)).save(tmp_path / "images" / f"{name}.jpg")
    write(LABELS, tmp_path / "labels" / "a.png")
    problems = {image["source_id"]: image.get("problem") for image in label_maps.read(source)[1]}
    assert problems.pop("a") is None
    for name, part in {
        "colours": "has colours, expected one whole number per pixel",
        "negative": "values below 0",
        "fractions": "no whole numbers",
        "infinite": "no whole numbers",
        "empty": "has no pixel",
        "stack": "has several pages or channels, expected one whole number per pixel",
        "broken": "not readable as an image",
        "cut off": "not readable as an image",
        "jpeg": "JPEG and WebP change pixel values",
        "webp": "JPEG and WebP change pixel values",
        "jpeg within": "JPEG and WebP change pixel values",
        "pages": "has 2 pages or frames, expected one image",
        "frames": "has 2 pages or frames, expected one image",
        "deep": "has colours of 16 bits, expected 8, or one number per pixel",
        "absent": "absent.png: no such file, nor with another suffix; if the photo shows no object",
    }.items():
        assert part in problems[name]
        assert str(tmp_path / "labels" / name) in problems[name]


def test_label_map_without_photo_is_listed(tmp_path, source):
    write(LABELS, tmp_path / "labels" / "a.png")
    write(LABELS, tmp_path / "labels" / "b.png")
    _, images, annotations = label_maps.read(source)
    assert [image["file_name"] for image in images] == [
        f"{tmp_path}/images/a.jpg",
        f"{tmp_path}/images/b",
    ]
    assert len(annotations) == 4


def test_names_with_endings_in_one_folder(tmp_path, source):
    """As Cellpose keeps them."""
    write(LABELS, tmp_path / "images" / "a_masks.png")
    _, images, annotations = label_maps.read(
        source | {"labels": source["images"], "label_suffix": "_masks"}
    )
    assert [image["file_name"] for image in images] == [f"{tmp_path}/images/a.jpg"]
    assert len(annotations) == 2
    table = tmp_path / "classes.csv"
    table.write_text("file,value,class\na_masks.png,3,leaf\na_masks.png,40000,leaf\n")
    del source["class"]
    source |= {"labels": source["images"], "label_suffix": "_masks", "classes_csv": str(table)}
    assert [one.get("problem") for one in label_maps.read(source)[2]] == [None, None]


def test_table_of_classes(tmp_path, source):
    del source["class"]
    write(LABELS, tmp_path / "labels" / "a.png")
    table = tmp_path / "classes.csv"
    table.write_text("file,value,class\na.png,3,leaf\na,5,fruit\n")
    categories, _, annotations = label_maps.read(source | {"classes_csv": str(table)})
    assert [category["name"] for category in categories] == ["fruit", "leaf"]
    assert [one["source_category_id"] for one in annotations] == ["leaf", 40_000, "fruit"]
    assert annotations[1]["problem"] == f"{table} has no class for it"
    assert annotations[2]["problem"].endswith("names it, but no pixel has the value 5")
    assert annotations[2]["source_image_id"] == "a"


def test_cityscapes(tmp_path):
    """instanceIds: class times 1000 plus a number; a class alone is a group, or stuff."""
    labels = np.zeros((10, 20), int)
    labels[0], labels[2], labels[4], labels[6] = 26_000, 26_001, 26, 7
    for folder, name in (("leftImg8bit", "_leftImg8bit"), ("gtFine", "_gtFine_instanceIds")):
        (tmp_path / folder / "aachen").mkdir(parents=True)
        write(labels, tmp_path / folder / "aachen" / f"aachen_0_19{name}.png")
    (tmp_path / "gtFine" / "aachen" / "aachen_0_19_gtFine_labelIds.png").touch()
    (tmp_path / "labels.csv").write_text("value,class\n7,road\n26,car\n")
    _, images, annotations = label_maps.read(
        {
            "images": f"{tmp_path}/leftImg8bit",
            "labels": f"{tmp_path}/gtFine",
            "image_suffix": "_leftImg8bit",
            "label_suffix": "_gtFine_instanceIds",
            "classes_csv": f"{tmp_path}/labels.csv",
            "divisor": 1000,
        }
    )
    assert [image["source_id"] for image in images] == ["aachen/aachen_0_19"]
    found = [(one["source_category_id"], one["iscrowd"]) for one in annotations]
    assert found == [("road", 1), ("car", 1), ("car", 0), ("car", 0)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("value;class\n1;leaf\n", "line 1"),
        ("value,class\n1,leaf\nx,leaf\n", "line 3: value 'x'"),
        ("value,class\n1\n", "line 2: value '1', class ''"),
        ("value,class\n1,leaf\n1,fruit\n", "line 3: another class for 1"),
        ("value,class\nx,leaf\n1,\n", "line 2: value 'x'.*\n.*line 3: value '1'"),
        ("", "line 1"),
        (b"value,class\n1,\xff\n", "cannot be read"),
    ],
)
def test_unusable_tables_are_refused(tmp_path, source, text, message):
    write(LABELS, tmp_path / "labels" / "a.png")
    table = tmp_path / "classes.csv"
    table.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=message):
        label_maps.read(source | {"classes_csv": str(table)})


def test_unusable_folders_are_refused(tmp_path, source):
    with pytest.raises(InputError, match=r"of the same name, but .*images/a\.jpg; expected"):
        label_maps.read(source)
    with pytest.raises(InputError, match="no such folder"):
        label_maps.read(source | {"labels": f"{tmp_path}/elsewhere"})
    write(LABELS, tmp_path / "labels" / "a.png")
    write(LABELS, tmp_path / "labels" / "a.tif")
    with pytest.raises(InputError, match="two files of one name"):
        label_maps.read(source)
    (tmp_path / "labels" / "a.tif").unlink()
    Image.new("L", (20, 10)).save(tmp_path / "labels" / "preview.jpg")
    Image.new("L", (20, 10)).save(tmp_path / "labels" / "a.jpg")
    assert len(label_maps.read(source)[2]) == 2  # a.png is the better one
    (tmp_path / "labels" / "a.png").rename(tmp_path / "labels" / "b.png")
    Image.new("L", (20, 10)).save(tmp_path / "images" / "b.jpg")
    with pytest.raises(InputError, match=r"a\.jpg: JPEG and WebP change pixel values"):
        label_maps.read(source)


def test_recognised_by_its_pixels(tmp_path, source):
    assert label_maps.recognise(source) is None
    assert label_maps.recognise({"folder": str(tmp_path)}) is None
    write(LABELS, tmp_path / "labels" / "a.png")
    assert label_maps.recognise(source).endswith("a.png: pixels are whole numbers up to 40000")
    Image.new("RGB", (20, 10), "red").save(tmp_path / "labels" / "a.png")
    assert label_maps.recognise(source) is None


def test_a_link_out_of_the_folder_is_no_label_image(tmp_path, source):
    write(LABELS, tmp_path / "elsewhere.png")
    (tmp_path / "labels" / "a.png").symlink_to(tmp_path / "elsewhere.png")
    (image,) = label_maps.read(source)[1]
    assert "leads out of the folder" in image["problem"]


def test_linked_folders_are_looked_into(tmp_path, source):
    for folder, name in (("images", "b.jpg"), ("labels", "b.png")):
        (tmp_path / "elsewhere" / folder).mkdir(parents=True)
        Image.new("L", (20, 10)).save(tmp_path / "elsewhere" / folder / name)
        (tmp_path / folder / "more").symlink_to(tmp_path / "elsewhere" / folder)
    write(LABELS, tmp_path / "labels" / "a.png")
    second = label_maps.read(source)[1][1]
    assert second["source_id"] == "more/b"
    assert "b.png leads out of the folder" in second["problem"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read all folders")
def test_a_folder_that_may_not_be_read_is_named(tmp_path, source):
    write(LABELS, tmp_path / "labels" / "a.png")
    for folder in ("images", "labels"):
        (tmp_path / folder / "more").mkdir(mode=0)
    with pytest.raises(InputError, match="labels/more: Permission denied; expected a folder that"):
        label_maps.read(source)


def test_all_pairs_that_the_user_must_sort_out_are_named(tmp_path, source):
    for name in ("a", "b"):
        write(LABELS, tmp_path / "labels" / f"{name}.png")
        for suffix in ("jpg", "png"):
            Image.new("RGB", (20, 10)).save(tmp_path / "images" / f"{name}.{suffix}")
    with pytest.raises(InputError, match=r"images/a.jpg and a.png\n.*b.jpg and b.png: two files"):
        label_maps.read(source)
    for name in ("a", "b"):
        (tmp_path / "images" / f"{name}.png").unlink()
        (tmp_path / "labels" / f"{name}.png").rename(tmp_path / "labels" / f"{name}.jpg")
    write(LABELS, tmp_path / "labels" / "c.png")
    write(LABELS, tmp_path / "images" / "c.png")
    with pytest.raises(InputError, match=r"labels/a.jpg\n.*labels/b.jpg: JPEG and WebP"):
        label_maps.read(source)


def test_recognised_though_the_first_file_is_damaged(tmp_path, source):
    (tmp_path / "labels" / "a.png").write_bytes(b"no image")
    for folder in ("images", "labels"):
        write(LABELS, tmp_path / folder / "b.png")
    assert label_maps.recognise(source).endswith("b.png: pixels are whole numbers up to 40000")


def void_remarks(source, *maps):
    """What is remarked on the objects, by their values, of label maps that have these values."""
    for name, values in zip("ab", maps, strict=False):
        labels = np.zeros((10, 20), np.uint16)
        labels[0, : len(values)] = values
        write(labels, Path(source["labels"], f"{name}.png"))
        Image.new("RGB", (20, 10)).save(Path(source["images"], f"{name}.jpg"))
    translated = [
        (label_maps.value_of(one), label_maps.translate(one, None).get("remarks"))
        for one in label_maps.read(source)[2]
    ]
    return {value: remarks["void_label"] for value, remarks in translated if remarks}


def test_a_value_that_says_void_is_a_remark(source):
    found = "the value {}, the largest that {} bits hold; all others are at most {}"
    assert void_remarks(source, [1, 2, 255]) == {255: found.format(255, 8, 2)}
    assert void_remarks(source, [1, 65535], [1, 300]) == {65535: found.format(65535, 16, 300)}


@pytest.mark.parametrize(
    "maps",
    [
        ([255], [255]),  # masks of 0 and 255
        ([255], [1, 2]),  # one of them among label maps
        ([1, 128, 255],),
        ([254, 255], [1, 2]),  # counted up to there
        ([1, 255], [256]),
        ([1, 254],),
        ([],),
    ],
)
def test_other_large_values_are_objects(source, maps):
    assert void_remarks(source, *maps) == {}


def test_a_class_that_has_a_name_is_not_void(tmp_path, source):
    del source["class"]
    (tmp_path / "classes.csv").write_text("value,class\n1,leaf\n255,stem\n")
    assert void_remarks(source | {"classes_csv": f"{tmp_path}/classes.csv"}, [1, 255]) == {}


def soft(labels, factor=2):
    """The label map, made smaller and enlarged again as a photo would be."""
    small = labels[::factor, ::factor].astype(np.uint8)
    return cv2.resize(small, labels.shape[::-1], interpolation=cv2.INTER_LINEAR)


def discs():
    labels = np.zeros((200, 300), np.uint8)
    for number, x in enumerate(range(40, 280, 40), start=1):
        cv2.circle(labels, (x, 60 + 15 * number), 19, number * 10, -1)
    return labels


def cells(size):
    """A label map that cells of about this diameter fill."""
    rng = np.random.default_rng(0)
    centres = rng.random((int(100 / size) ** 2, 2)) * 100
    places = np.stack(np.mgrid[:100, :100], axis=-1).reshape(-1, 2)
    return cKDTree(centres).query(places)[1].reshape(100, 100) + 1


@pytest.mark.parametrize(
    ("labels", "is_soft"),
    [
        (discs(), False),
        (soft(discs()), True),
        (cv2.GaussianBlur(np.where(discs(), 255, 0).astype(np.uint8), (0, 0), 1), True),
        (cells(5), False),
        (soft(cells(20)), True),
        (np.tile(np.arange(300, dtype=np.uint8) // 2 % 9 * 9, (200, 1)), False),  # lines
    ],
)
def test_soft_edges_are_a_remark(tmp_path, source, labels, is_soft):
    write(labels, tmp_path / "labels" / "a.png")
    (image,) = label_maps.read(source)[1]
    assert ("soft_edges" in image.get("remarks", {})) == is_soft
