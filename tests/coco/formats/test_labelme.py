import base64
import io
import json
import os

import numpy as np
import pytest
from PIL import Image

from coco import masks
from coco.errors import InputError
from coco.formats import coco_json, labelme

SIZE = 40, 30


def shape(points, kind="polygon", label="leaf", **more):
    return {"label": label, "points": points, "shape_type": kind, "flags": {}} | more


def png(array):
    data = io.BytesIO()
    Image.fromarray(array).save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


@pytest.fixture
def write(tmp_path):
    """A function that writes a LabelMe file, and its image unless it is embedded."""

    def write(name, shapes=(), **changes):
        path = tmp_path / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "version": "5.4.1",
            "flags": {},
            "shapes": list(shapes),
            "imagePath": f"{path.stem}.png",
            "imageData": None,
            "imageHeight": SIZE[1],
            "imageWidth": SIZE[0],
        } | changes
        path.write_text(json.dumps(content))
        if content["imageData"] is None:
            Image.new("RGB", SIZE).save(path.with_suffix(".png"))

    return write


def read(folder, **more):
    return labelme.read({"folder": str(folder)} | more)


def mask_of(annotation):
    return labelme.translate(annotation, SIZE)


def test_files_below_the_folder_are_read(tmp_path, write):
    write("a", [shape([[1, 1], [9, 1], [9, 9]]), shape([[2, 2], [8, 8]], "rectangle", "root")])
    write("sub/b")
    categories, images, annotations = read(tmp_path)
    assert [one["name"] for one in categories] == ["leaf", "root"]
    assert images[1] == {
        "source_id": "sub/b.json",
        "file_name": f"{tmp_path}/sub/b.png",
        "declared_width": 40,
        "declared_height": 30,
    }
    assert [one["source_id"] for one in annotations] == ["a.json: shapes[0]", "a.json: shapes[1]"]
    assert labelme.declared_size(images[0], annotations) == SIZE
    assert masks.box(mask_of(annotations[1])["segmentation"]) == [2, 2, 6, 6]


def test_a_size_that_is_none_is_named(tmp_path, write):
    write("a", imageHeight="30")
    (image,) = read(tmp_path)[1]
    assert image["remarks"] == {"invalid_size": "imageHeight is '30'"}
    assert labelme.declared_size(image, []) is None


def test_path_of_the_image_is_seen_from_the_file(tmp_path, write):
    write("json/a", imagePath="..\\photos\\a.png")
    assert read(tmp_path)[1][0]["file_name"] == f"{tmp_path}/photos/a.png"


def test_circle_and_mask(tmp_path, write):
    pixels = np.zeros((3, 4), np.uint8)
    pixels[1:, 1:] = 1
    write(
        "a",
        [
            shape([[20, 15], [20, 25]], "circle"),
            shape([[5, 6], [8, 8]], "mask", mask=png(pixels)),
        ],
    )
    circle, mask = (mask_of(one)["segmentation"] for one in read(tmp_path)[2])
    assert masks.box(circle) == [10, 5, 20, 20]
    assert masks.area(circle) == pytest.approx(np.pi * 100, rel=0.03)
    assert masks.box(mask) == [6, 7, 3, 2]
    assert masks.area(mask) == 6


def test_group_joins_shapes_of_a_label(tmp_path, write):
    squares = [[[x, 2], [x + 4, 6]] for x in (1, 11, 21, 31)]
    groups, labels = (1, 1, 1, None), ("leaf", "leaf", "root", "leaf")
    write(
        "a",
        [
            shape(points, "rectangle", label, group_id=group)
            for points, label, group in zip(squares, labels, groups, strict=True)
        ],
    )
    found = [(one["source_category_id"], one["source_id"]) for one in read(tmp_path)[2]]
    assert found == [
        ("leaf", "a.json: shapes[0], shapes[1]"),
        ("root", "a.json: shapes[2]"),
        ("leaf", "a.json: shapes[3]"),
    ]
    assert masks.area(mask_of(read(tmp_path)[2][0])["segmentation"]) == 32


def test_image_without_file_is_a_problem_and_file_without_shapes_is_not(tmp_path, write):
    write("a")
    Image.new("RGB", SIZE).save(tmp_path / "b.png")
    images = read(tmp_path)[1]
    assert "problem" not in images[0]
    assert images[1]["source_id"] == "b.png"
    assert images[1]["problem"].startswith("no JSON file tells what is on this image")


def test_embedded_image_becomes_a_file(tmp_path, write):
    write("in/sub/a", imagePath="C:\\photos\\a.jpg", imageData=png(np.zeros((30, 40), np.uint8)))
    write("in/b", imagePath="b.jpg", imageData="no base64")
    broken, image = read(tmp_path / "in", embedded=str(tmp_path / "out"))[1]
    assert image["file_name"] == f"{tmp_path}/out/sub/a.jpg"
    assert Image.open(image["file_name"]).size == SIZE
    assert "imageData is not base64" in broken["problem"]


def test_files_win_over_embedded_images(tmp_path, write):
    write("a")
    write("a", imageData=png(np.zeros((30, 40), np.uint8)))
    image = read(tmp_path, embedded=str(tmp_path / "out"))[1][0]
    assert image["file_name"] == f"{tmp_path}/a.png"
    assert not (tmp_path / "out").exists()


def test_damaged_file_is_the_problem_of_its_image(tmp_path, write):
    write("a")
    write("b")
    (tmp_path / "b.json").write_text('{"shapes": [')
    images = read(tmp_path)[1]
    assert len(images) == 2
    assert "b.json, line 1, column" in images[1]["problem"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"kind": "point"}, "a point has no area"),
        ({"kind": "linestrip"}, "a linestrip has no area"),
        ({"kind": "cube"}, "a shape of type 'cube', expected one of polygon"),
        ({"kind": 5}, "a shape of type 5"),
        ({"points": "1,2"}, "points that are not all"),
        ({"points": [[1, 2], [3, "4"], [5, 6]]}, "points that are not all"),
        ({"points": [[1, 2], [3, 4]]}, "a polygon of 4 numbers"),
        ({"kind": "circle"}, "3 points, expected two"),
        ({"kind": "mask", "points": [[1, 1], [2, 2]]}, "a mask that is not base64"),
        ({"kind": "mask", "points": [[1, 1], [2, 2]], "mask": "AAAA"}, "as an image$"),
        (
            {"kind": "mask", "points": [[1, 1], [2, 2]], "mask": png(np.ones((3, 3), np.uint8))},
            "a mask of 3x3 pixels in a box of 2x2",
        ),
        ({"group_id": [1]}, r"the group_id \[1\]"),
    ],
)
def test_untranslatable_shape_is_a_problem(tmp_path, write, changes, problem):
    write("a", [shape(**({"points": [[1, 1], [9, 1], [9, 9]]} | changes))])
    with pytest.raises(InputError, match=problem):
        raise InputError(mask_of(read(tmp_path)[2][0])["problem"])


def test_shape_that_is_no_object_stays_a_record(tmp_path, write):
    write("a", [None, shape([[1, 1], [9, 1], [9, 9]], label=7)])
    annotations = read(tmp_path)[2]
    assert [one["source_category_id"] for one in annotations] == [None, None]
    assert "problem" in mask_of(annotations[0])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "a.json: holds a JSON list"),
        ('{"images": []}', "a.json: has no list of shapes"),
        ('{"shapes": [], "imagePath": ""}', "a.json: has the imagePath ''"),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    with pytest.raises(InputError, match="no JSON file"):
        read(tmp_path)
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(InputError, match=message):
        read(tmp_path)


def all_masks(reader, source):
    """`(image, class, mask)` of every annotation."""
    categories, images, annotations = reader.read(source)
    name = {one["source_id"]: one["name"] for one in categories}
    image = {one["source_id"]: one for one in images}
    return sorted(
        (
            image[one["source_image_id"]]["file_name"].rpartition("/")[2],
            name[one["source_category_id"]],
            reader.translate(one, labelme.declared_size(image[one["source_image_id"]], []))[
                "segmentation"
            ]["counts"],
        )
        for one in annotations
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read all folders")
def test_a_folder_that_may_not_be_read_is_named(tmp_path, write):
    write("a")
    (tmp_path / "more").mkdir(mode=0)
    with pytest.raises(InputError, match="more: Permission denied; expected a folder that"):
        read(tmp_path)


def test_same_masks_as_the_same_data_in_coco_form(shared):
    data = shared / "data"
    nuts = all_masks(labelme, {"folder": str(data / "nuts_labelme")})
    coco = {"annotations": str(data / "nuts_coco" / "trainval.json"), "images": "images"}
    assert len(nuts) == 165
    assert nuts == all_masks(coco_json, coco)


def test_same_groups_as_labelme_s_own_conversion(shared):
    folder = shared / "data" / "formats" / "labelme_voc_coco"
    found = all_masks(labelme, {"folder": str(folder / "data_annotated")})
    path = folder / "data_dataset_coco" / "annotations.json"
    expected = all_masks(coco_json, {"annotations": str(path), "images": "."})
    # the conversion leaves out what is labelled __ignore__
    assert [one for one in found if one[1] != "__ignore__"] == expected
