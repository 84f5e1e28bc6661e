import json

import pytest

from coco import masks
from coco.errors import InputError
from coco.formats import via

SIZE = 40, 30
SQUARE = {"name": "polygon", "all_points_x": [1, 9, 9, 1], "all_points_y": [1, 1, 9, 9]}
ELLIPSE = {"name": "ellipse", "cx": 20, "cy": 12, "rx": 8, "ry": 4}
CLOSED = {
    "name": "polyline",
    "all_points_x": [1, 9, 9, 1, 1],
    "all_points_y": [1, 1, 9, 9, 1],
}
RECT = {"name": "rect", "x": 2, "y": 3, "width": 5, "height": 6}


def region(shape, **attributes):
    return {"shape_attributes": shape, "region_attributes": attributes}


def content(*regions, key="a.jpg123", **more):
    file = {"filename": "sub\\a.jpg", "size": 123, "regions": list(regions), "file_attributes": {}}
    return {key: file | more}


@pytest.fixture
def read(tmp_path):
    def read(content, **more):
        path = tmp_path / "via.json"
        path.write_text(json.dumps(content))
        source = {"annotations": str(path), "images": "photos"}
        return via.read(source | (more or {"class_attribute": "kind"}))

    return read


def test_project_and_export_of_both_versions(read):
    regions = [region(SQUARE, kind="leaf"), region(RECT, kind="root")]
    version_2 = content(*regions)
    version_1 = content(regions={str(number): one for number, one in enumerate(regions)})
    project = {"_via_settings": {}, "_via_img_metadata": version_2, "_via_attributes": {}}
    for form in (version_2, version_1, project):
        categories, images, annotations = read(form)
        assert [one["name"] for one in categories] == ["leaf", "root"]
        assert [(one["source_id"], one["file_name"]) for one in images] == [
            ("a.jpg123", "photos/sub/a.jpg")
        ]
        assert [one["source_id"] for one in annotations] == [
            "a.jpg123: regions[0]",
            "a.jpg123: regions[1]",
        ]
        assert [one["source_category_id"] for one in annotations] == ["leaf", "root"]


def test_image_without_regions_is_an_image(read):
    categories, images, annotations = read(content())
    assert (len(images), categories, annotations) == (1, [], [])


@pytest.mark.parametrize(
    ("value", "name", "said"),
    [
        ("leaf", "leaf", None),
        ({"leaf": True, "root": False}, "leaf", None),  # checkboxes
        ({"leaf": True, "root": True}, None, "its class is ['leaf', 'root'], expected one text"),
        ({}, None, None),
        ("", None, "its class is '', expected one text"),
        (3, None, "its class is 3, expected one text"),
    ],
)
def test_value_of_the_attribute_is_the_class(read, value, name, said):
    annotations = read(content(region(RECT, kind=value), region(RECT, kind="root")))[2]
    assert annotations[0]["source_category_id"] == name
    assert annotations[0].get("no_class") == said


def test_one_class_for_all(read):
    categories, _, annotations = read(content(region(RECT)), **{"class": "balloon"})
    assert categories == [{"source_id": "balloon", "name": "balloon"}]
    assert annotations[0]["source_category_id"] == "balloon"


def test_attribute_that_no_region_has(read):
    with pytest.raises(InputError, match=r"via.json: .*attribute kind, .*: colour, type. If all"):
        read(content(region(RECT, type="leaf", colour="red")))


def test_attribute_without_a_text_in_any_region(read):
    with pytest.raises(InputError, match=r"via.json: no region has a class:\n.*regions\[0\]: its "):
        read(content(region(RECT, kind=3), region(RECT, kind=4)))


@pytest.mark.parametrize(
    ("shape", "box"),
    [
        (RECT, [2, 3, 5, 6]),
        (SQUARE, [1, 1, 8, 8]),
        ({"name": "circle", "cx": 10, "cy": 12, "r": 5}, [5, 7, 10, 10]),
        (ELLIPSE, [12, 8, 16, 8]),
        (ELLIPSE | {"theta": 1.5708}, [16, 4, 8, 16]),
        (CLOSED, [1, 1, 8, 8]),
    ],
)
def test_shapes(shape, box):
    translated = via.translate({"shapes": [shape]}, SIZE)
    assert masks.box(translated["segmentation"]) == box


@pytest.mark.parametrize(
    ("shape", "problem"),
    [
        (None, "without shape_attributes"),
        ({"name": "point", "cx": 1, "cy": 2}, "of the shape 'point', expected polygon, rect"),
        ({"name": "rect", "x": 1}, "None for a coordinate"),
        ({"name": "circle", "cx": 1, "cy": 2, "r": "3"}, "'3' for a coordinate"),
        (SQUARE | {"all_points_x": [1, 2]}, "not two lists of the same length"),
        (SQUARE | {"all_points_x": [1, 2, None, 3]}, "not all"),
        (SQUARE | {"name": "polyline"}, "does not end where it starts"),
        (RECT | {"name": ["rect"]}, r"of the shape \['rect'\]"),
    ],
)
def test_untranslatable_shape_is_a_problem(shape, problem):
    with pytest.raises(InputError, match=problem):
        raise InputError(via.translate({"shapes": [shape]}, SIZE)["problem"])


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ([], "has no images"),
        ({}, "has no images"),
        ({"_via_img_metadata": 5}, "has no images"),
        ({"shapes": []}, "'shapes' is no image with regions"),
        (content(filename=None), "'a.jpg123' has the filename None"),
        (content(regions=None), "'a.jpg123' has no list of regions"),
    ],
)
def test_other_files_are_refused(read, broken, message):
    with pytest.raises(InputError, match=message) as refusal:
        read(broken)
    assert "via.json" in str(refusal.value)


def test_a_table_is_told_what_to_export_instead(tmp_path):
    path = tmp_path / "via.csv"
    path.write_text("filename,file_size\n")
    with pytest.raises(InputError, match="exported as JSON, not as CSV"):
        via.load(path)


def test_all_records_that_are_no_images_are_named(read):
    broken = content(filename=None) | content(key="b.jpg1", regions=None)
    with pytest.raises(
        InputError, match=r"'a.jpg123' has the filename None.*\n.*'b.jpg1' has no l"
    ):
        read(broken)


def test_a_record_that_is_no_image_stops_no_other(read):
    broken = content(region(RECT), key="b.jpg1", filename=None) | {"c.jpg1": None}
    broken |= content(key="d.jpg1", regions=1.5)
    _, images, annotations = read(content(region(RECT)) | broken, **{"class": "leaf"})
    assert [(one["source_id"], one.get("check"), one.get("problem")) for one in images] == [
        ("a.jpg123", None, None),
        ("b.jpg1", "invalid_record", "'b.jpg1' has the filename None, expected a text"),
        ("c.jpg1", "invalid_record", "'c.jpg1' is no image with regions"),
        ("d.jpg1", "invalid_record", "'d.jpg1' has no list of regions"),
    ]
    assert [one["source_image_id"] for one in annotations] == ["a.jpg123", "b.jpg1"]


def test_a_region_that_is_no_object_stops_no_other(read):
    annotations = read(content(None, region(RECT)), **{"class": "leaf"})[2]
    problems = [via.translate(one, SIZE).get("problem") for one in annotations]
    assert problems == ["a region without shape_attributes", None]
