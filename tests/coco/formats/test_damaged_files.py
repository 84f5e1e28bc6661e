"""A field with rubbish in it, or none, is refused or becomes a problem; nothing else happens."""

import copy
import json
from xml.etree import ElementTree

import pytest

from coco.errors import InputError
from coco.formats import FORMATS

RUBBISH = [
    None,
    True,
    -1,
    1e308,
    float("nan"),
    10**400,
    "",
    "\ud800",
    "a\0",
    [],
    [[1]],
    {},
    {"a": 1},
]
POINTS = [[1, 1], [9, 1], [9, 9]]
REGIONS = [
    {"name": "polygon", "all_points_x": [1, 9, 9], "all_points_y": [1, 1, 9]},
    {"name": "ellipse", "cx": 9, "cy": 9, "rx": 3, "ry": 2, "theta": 1.0},
    {"name": "rect", "x": 1, "y": 1, "width": 5, "height": 5},
]
FILES = {
    "coco": {
        "images": [{"id": 1, "file_name": "a.png", "width": 20, "height": 10}],
        "categories": [{"id": 1, "name": "leaf", "supercategory": "plant"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "segmentation": segmentation}
            for segmentation in (
                [[1, 1, 9, 1, 9, 9]],
                {"size": [10, 20], "counts": [20, 10, 170]},
                {"size": [10, 20], "counts": "d0:Z5"},
            )
        ],
    },
    "labelme": {
        "imagePath": "a.png",
        "imageData": None,
        "imageWidth": 20,
        "imageHeight": 10,
        "shapes": [
            {"label": "leaf", "points": POINTS, "shape_type": "polygon", "group_id": 1},
            {"label": "leaf", "points": POINTS[:2], "shape_type": "circle", "group_id": None},
            {"label": "leaf", "points": POINTS[:2], "shape_type": "mask", "mask": "AAAA"},
        ],
    },
    "via": {
        "_via_img_metadata": {
            "a.png1": {
                "filename": "a.png",
                "regions": [
                    {"shape_attributes": shape, "region_attributes": {"kind": "leaf"}}
                    for shape in REGIONS
                ],
            }
        }
    },
}
CVAT = """<annotations><meta><task><labels><label><name>leaf</name></label></labels></task></meta>
<image name="a.png" subset="train" width="20" height="10">
<polygon label="leaf" points="1,1;9,1;9,9" group_id="1"/>
<box label="leaf" xtl="1" ytl="1" xbr="5" ybr="5" rotation="5"/>
<ellipse label="leaf" cx="5" cy="5" rx="3" ry="2"/>
<mask label="leaf" rle="1,1" left="1" top="1" width="2" height="1"/></image></annotations>"""


def places(value, path=()):
    """The path of every value in a JSON document."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in items:
        yield (*path, key)
        if isinstance(part, dict | list):
            yield from places(part, (*path, key))


def damaged(content):
    """The document without each of its values, and with rubbish in its place."""
    for *path, last in places(content):
        for value in [..., *RUBBISH]:
            changed = copy.deepcopy(content)
            parent = changed
            for key in path:
                parent = parent[key]
            if value is ...:
                del parent[last]
            else:
                parent[last] = value
            yield json.dumps(changed)


def damaged_xml():
    """The document without each of its attributes, and with rubbish in its place."""
    for number, original in enumerate(ElementTree.fromstring(CVAT).iter()):
        for key in original.attrib:
            for value in [None, "", "nan", "-1", "1,2;", "9" * 5000, "é"]:
                root = ElementTree.fromstring(CVAT)
                element = list(root.iter())[number]
                if value is None:
                    del element.attrib[key]
                else:
                    element.set(key, value)
                yield ElementTree.tostring(root, encoding="unicode")


@pytest.mark.parametrize("name", ["coco", "cvat", "labelme", "via"])
def test_damaged_fields(tmp_path, name):
    path = tmp_path / "annotations.json"
    keys = ("folder",) if name == "labelme" else ("annotations", "images")
    source = {"folder": str(tmp_path), "annotations": str(path), "images": str(tmp_path)}
    source = {key: source[key] for key in keys} | {"class_attribute": "kind"}
    reader = FORMATS[name]
    for text in damaged_xml() if name == "cvat" else damaged(FILES[name]):
        path.write_text(text)
        reader.recognise(source)
        try:
            categories, images, annotations = reader.read(source)
        except InputError as error:
            assert str(path) in str(error)
            continue
        json.dumps([categories, images], allow_nan=False, ensure_ascii=False).encode()
        for annotation in annotations:
            found = reader.translate(annotation, (20, 10))
            assert found["segmentation"] or found["problem"]
            found.get("problem", "").encode()
        for image in images:
            reader.declared_size(image, annotations)
