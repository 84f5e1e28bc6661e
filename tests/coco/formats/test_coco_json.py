import json

import numpy as np
import pytest

from coco import masks
from coco.errors import InputError
from coco.formats import coco_json

SQUARE = [[2, 2, 6, 2, 6, 6, 2, 6]]


def source(tmp_path, content):
    path = tmp_path / "instances.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return {"format": "coco", "annotations": str(path), "images": "photos"}


def content(**changes):
    return {
        "images": [{"id": 0, "file_name": "sub\\a.jpg", "width": 20, "height": 10.0}],
        "annotations": [
            {"id": 1, "image_id": 0.0, "category_id": 3, "segmentation": SQUARE, "bbox": [2, 2, 4]}
        ],
        "categories": [{"id": 3, "name": "leaf"}],
    } | changes


def annotation(segmentation, box=None):
    return {"segmentation": segmentation, "bbox": box}


@pytest.mark.parametrize(
    ("value", "is_crowd", "said"),
    [(1, 1, None), ("1", 1, None), (True, 1, None), (0, 0, None), (None, 0, None)]
    + [(2, 0, "iscrowd is 2"), ("yes", 0, "iscrowd is 'yes'"), ([1], 0, "iscrowd is [1]")],
)
def test_a_crowd_is_one_or_the_value_is_named(tmp_path, value, is_crowd, said):
    record = {"id": 1, "image_id": 0, "category_id": 3, "segmentation": SQUARE, "iscrowd": value}
    (read,) = coco_json.read(source(tmp_path, content(annotations=[record])))[2]
    assert read["iscrowd"] == is_crowd
    assert read.get("remarks", {}).get("invalid_value") == said


def test_records_are_listed_with_the_source_s_ids(tmp_path):
    categories, images, annotations = coco_json.read(source(tmp_path, content()))
    assert categories == [{"source_id": 3, "name": "leaf"}]
    assert images == [
        {
            "source_id": 0,
            "file_name": "photos/sub/a.jpg",
            "declared_width": 20,
            "declared_height": 10,
        }
    ]
    assert annotations == [
        {
            "source_id": 1,
            "source_image_id": 0,
            "source_category_id": 3,
            "bbox": None,
            "area": None,
            "iscrowd": 0,
            "segmentation": SQUARE,
            "remarks": {"invalid_value": "bbox is [2, 2, 4]"},
        }
    ]


def test_a_caption_beside_a_mask_is_no_other_task(tmp_path):
    record = {"id": 1, "image_id": 0, "category_id": 3, "segmentation": SQUARE, "caption": "big"}
    assert len(coco_json.read(source(tmp_path, content(annotations=[record])))[2]) == 1


def test_ids_may_have_any_number_of_digits(tmp_path):
    number = 2**63 + 1
    (image,) = content()["images"]
    record = {"id": number, "image_id": number, "category_id": 3, "segmentation": SQUARE}
    everything = content(images=[image | {"id": number}], annotations=[record])
    _, images, annotations = coco_json.read(source(tmp_path, everything))
    assert images[0]["source_id"] == number
    assert annotations[0]["source_id"] == annotations[0]["source_image_id"] == number


def test_name_of_a_group_is_no_class(tmp_path):
    # what Roboflow adds: the id 0, named as the supercategory of all others
    group = {"id": 0, "name": "plants", "supercategory": "none"}
    classes = [{"id": 3, "name": "leaf", "supercategory": "plants"}]
    everything = content(categories=[group, *classes])
    parent, leaf = coco_json.read(source(tmp_path, everything))[0]
    assert parent["problem"].startswith("not a class")
    assert "problem" not in leaf
    everything["annotations"][0]["category_id"] = 0
    assert not any("problem" in one for one in coco_json.read(source(tmp_path, everything))[0])
    everything = content(categories=[group | {"name": "root"}, *classes])
    assert not any("problem" in one for one in coco_json.read(source(tmp_path, everything))[0])


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ('{"images": [],\n "annotations": [', "line 2.*not JSON"),
        ("\x80\x81", "not JSON"),
        ("[1, 2]", "holds a JSON list"),
        ({"shapes": [], "imagePath": "a.jpg"}, "has no images, but shapes, imagePath"),
        ({"images": [], "annotations": []}, "has no categories"),
        (content(images={}), "images is no list"),
        (content(images=["a.jpg"]), r"images\[0\] is no object"),
        (content(images=[{"file_name": "a.jpg"}]), r"images\[0\] has the id None"),
        (content(images=[{"id": 1, "file_name": ""}]), r"images\[0\] has the file_name ''"),
        (content(categories=[{"id": 1}]), r"categories\[0\] has the name None"),
        (
            content(categories=[{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]),
            "two categories, a and b, have the id 1",
        ),
        (content(annotations=[{"image_id": 0, "segments_info": []}]), "panoptic segmentation"),
        (content(annotations=[{"id": 1, "image_id": 0, "caption": "a leaf"}]), "of captions"),
    ],
)
def test_other_files_are_refused(tmp_path, broken, message):
    with pytest.raises(InputError, match=message) as refusal:
        coco_json.read(source(tmp_path, broken))
    assert "instances.json" in str(refusal.value)


def test_binary_and_missing_files_are_refused(tmp_path):
    where = source(tmp_path, "")
    (tmp_path / "instances.json").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(InputError, match="not a text"):
        coco_json.read(where)
    with pytest.raises(InputError, match="does not exist"):
        coco_json.read(where | {"annotations": "elsewhere.json"})


def test_all_forms_of_a_mask_are_the_same_mask():
    mask = np.zeros((10, 20), bool)
    mask[2:6, 2:6] = True
    rle = masks.encode(mask)
    runs = {"size": [10, 20], "counts": masks.run_lengths(rle["counts"])}
    for segmentation in (SQUARE, rle, runs):
        translated = coco_json.translate(annotation(segmentation), (20, 10))
        assert translated["segmentation"] == rle
        assert "problem" not in translated


@pytest.mark.parametrize(
    ("segmentation", "problem"),
    [
        (None, "no segmentation"),
        ([], "no segmentation"),
        ([[1, 1, 5, 5]], "a polygon of 4 numbers"),
        ([[1, 1], [5, 5]], "a polygon of 2 numbers"),
        ([[[1, 1], [5, 1], [5, 5]]], "points as pairs [x, y], expected one list [x1, y1, x2"),
        ([[1, 1], [5, 1], [5, 5]], "points as pairs [x, y], expected one list"),
        ([1, 2, 3, 4, 5, 6], "neither"),
        ("[[1, 2]]", "neither"),
        ({"size": [10, 20]}, "without counts"),
        ({"size": [10], "counts": "a"}, "size"),
        ({"size": [10, 20], "counts": [1, 2]}, "run lengths for 3 pixels, expected 200"),
        ({"size": [10, 20], "counts": "abc"}, "counts that break off"),
        ({"size": [10**6, 10**6], "counts": [10**12]}, "expected 4294967295 pixels at most"),
    ],
)
def test_untranslatable_mask_is_a_problem(segmentation, problem):
    translated = coco_json.translate(annotation(segmentation), (20, 10))
    assert translated["segmentation"] is None
    assert problem in str(translated)


def test_part_without_area_is_left_out_with_a_remark():
    translated = coco_json.translate(annotation([*SQUARE, [1, 1, 5, 5]]), (20, 10))
    assert masks.area(translated["segmentation"]) == 16
    assert (
        translated["remarks"]["incomplete_polygon"] == "1 of 2 parts with fewer than three points"
    )


def test_coco_s_own_polygons_and_crowd(shared):
    folder = shared / "data" / "formats" / "coco_crowd_negative"
    path = folder / "annotations.json"
    original = json.loads(path.read_text())["annotations"]
    _, images, annotations = coco_json.read({"annotations": str(path), "images": str(folder)})
    size = {i["source_id"]: (i["declared_width"], i["declared_height"]) for i in images}
    assert [a["iscrowd"] for a in annotations] == [a["iscrowd"] for a in original]
    for annotation, record in zip(annotations, original, strict=True):
        rle = coco_json.translate(annotation, size[annotation["source_image_id"]])["segmentation"]
        assert masks.area(rle) == pytest.approx(record["area"], rel=0.15)
        np.testing.assert_allclose(masks.box(rle), record["bbox"], atol=2)


def test_single_bad_records_are_problems(tmp_path):
    good = content()
    good["images"] += [{"id": 1, "file_name": None}, {"file_name": "b.jpg"}, 7]
    good["categories"] += [{"id": 4, "name": " "}, None]
    good["annotations"] += ["x", {"id": 2, "image_id": 0, "category_id": 4}]
    where = source(tmp_path, good)
    categories, images, annotations = coco_json.read(where)
    assert [one.get("problem") for one in images] == [
        None,
        "images[1] has the file_name None, expected a text",
        "images[2] has the id None, expected a number or a text",
        "images[3] is no object but 7",
    ]
    assert [(one["source_id"], one["file_name"]) for one in images[1:]] == [
        (1, f"{where['annotations']}: images[1]"),
        ("images[2]", "photos/b.jpg"),
        ("images[3]", f"{where['annotations']}: images[3]"),
    ]
    assert [one.get("problem") for one in categories] == [
        None,
        "categories[1] has the name ' ', expected a text",
        "categories[2] is no object but None",
    ]
    assert annotations[1]["no_image"] == "annotations[1] is no object but 'x'"
    assert annotations[2]["no_class"] == categories[1]["problem"]


def test_faults_are_named_together(tmp_path):
    names = [{"id": number, "file_name": None} for number in range(12)]
    with pytest.raises(InputError) as refusal:
        coco_json.read(source(tmp_path, content(images=names)))
    for part in ("images[0] has the file_name None", "images[9] has", "and 2 more"):
        assert part in str(refusal.value)
    pairs = [{"id": number % 2, "name": str(number)} for number in range(4)]
    with pytest.raises(InputError, match=r"0 and 2, have the id 0\n.*1 and 3, have the id 1"):
        coco_json.read(source(tmp_path, content(categories=pairs)))
