import numpy as np
import pytest
from PIL import Image

from coco import masks
from coco.errors import InputError
from coco.formats import colour_masks

PIXELS = np.zeros((10, 20, 3), np.uint8)
PIXELS[1:3, 1:4] = PIXELS[3:5, 4:6] = (0, 128, 0)  # touch in a corner: one object
PIXELS[7:9, 1:4] = (0, 128, 0)
PIXELS[2:6, 10:15] = (255, 0, 0)


@pytest.fixture
def source(tmp_path):
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    Image.new("RGB", (20, 10)).save(tmp_path / "images" / "a.jpg")
    Image.fromarray(PIXELS).save(tmp_path / "labels" / "a.png")
    return {"images": f"{tmp_path}/images", "labels": f"{tmp_path}/labels"}


def test_connected_parts_of_a_colour_are_objects(source):
    colours = {"colours": {"fruit": "#FF0000", "leaf": "#008000", "stem": "#0000ff"}}
    categories, _, annotations = colour_masks.read(source | colours)
    assert [category["name"] for category in categories] == ["fruit", "leaf", "stem"]
    found = [
        (one["source_category_id"], masks.box(one["segmentation"]), masks.area(one["segmentation"]))
        for one in annotations
    ]
    assert found == [
        (1, [10, 2, 5, 4], 20),
        (2, [1, 1, 5, 4], 10),
        (2, [1, 7, 3, 2], 6),
    ]


def test_each_colour_is_an_object_of_the_class(source):
    categories, _, annotations = colour_masks.read(source | {"class": "cell"})
    assert categories == [{"source_id": None, "name": "cell"}]
    assert [masks.area(one["segmentation"]) for one in annotations] == [16, 20]
    assert annotations[0]["source_id"].endswith("a.png:#008000")


def test_another_background(source):
    annotations = colour_masks.read(source | {"class": "cell", "background": "#008000"})[2]
    assert [masks.area(one["segmentation"]) for one in annotations] == [200 - 36, 20]


@pytest.mark.parametrize("mode", ["P", "RGBA"])
def test_other_modes(tmp_path, source, mode):
    image = Image.fromarray(PIXELS)
    image = image.quantize(4) if mode == "P" else image.convert(mode)
    image.save(tmp_path / "labels" / "a.png")
    assert len(colour_masks.read(source | {"class": "cell"})[2]) == 2


def test_unknown_colours_are_a_problem(tmp_path, source):
    _, (image,), annotations = colour_masks.read(source | {"colours": {"leaf": "#008000"}})
    assert "20 pixels of 1 colours that are not in `colours`, such as #ff0000" in image["problem"]
    assert annotations == []
    Image.fromarray(np.zeros((10, 20), np.uint16)).save(tmp_path / "labels" / "a.png")
    assert "expected colours" in colour_masks.read(source | {"class": "cell"})[1][0]["problem"]


def test_colours_are_written_in_hexadecimal(source):
    with pytest.raises(InputError, match="the colour 'green', expected six digits"):
        colour_masks.read(source | {"colours": {"leaf": "green"}})


def test_recognised_by_its_colours(tmp_path, source):
    assert colour_masks.recognise(source).endswith("a.png: has 3 colours, such as #008000")
    Image.new("L", (20, 10), 7).save(tmp_path / "labels" / "a.png")
    assert colour_masks.recognise(source) is None
