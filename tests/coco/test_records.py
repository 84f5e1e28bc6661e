import io

import jsonschema
import numpy as np
import pytest
import yaml
from PIL import Image

from coco import example, instances, records
from coco.views import View

IMAGE = {
    "id": 2**52 - 1,
    "file_name": "data/Bläschen 1.png",
    "sha256": "0f" * 32,
    "height": 500,
    "width": 700,
}


def view(objects, size=128, seed=0, channels=3):
    rng = np.random.default_rng(seed)
    seen = []
    for _ in range(objects):
        y1, x1 = (int(value) for value in rng.integers(0, size - 20, 2))
        height, width = (int(value) for value in rng.integers(1, 20, 2))
        mask = rng.random((height, width)) < 0.5
        box = (y1, x1, y1 + height, x1 + width)
        seen.append(instances.Visible(box, mask, int(rng.integers(1, 4)), bool(rng.random() < 0.2)))
    pixels = rng.integers(0, 256, (size, size, channels), np.uint8)
    return View(pixels, seen, copy=3, window=(10, 20, 300, 400), scale=0.37)


@pytest.mark.parametrize("objects", [0, 1, 375])
def test_record_survives_the_round_trip(objects):
    made = view(objects)
    parsed = records.parse(records.serialise(made, IMAGE))
    np.testing.assert_array_equal(parsed["image"], made.pixels)
    assert parsed["image"].dtype == np.uint8
    assert parsed["boxes"].shape == (objects, 4)
    assert parsed["boxes"].dtype == parsed["classes"].dtype == np.int32
    assert parsed["crowd"].dtype == bool
    assert len(parsed["masks"]) == len(parsed["classes"]) == len(parsed["crowd"]) == objects
    for item, box, mask, class_id, crowd in zip(
        made.objects,
        parsed["boxes"],
        parsed["masks"],
        parsed["classes"],
        parsed["crowd"],
        strict=True,
    ):
        assert (*box,) == item.box
        np.testing.assert_array_equal(mask, item.mask)
        assert (class_id, crowd) == (item.class_id, item.crowd)
    assert parsed["image_id"] == IMAGE["id"]
    assert parsed["file_name"] == IMAGE["file_name"]
    assert parsed["sha256"] == IMAGE["sha256"]
    assert (parsed["height"], parsed["width"]) == (500, 700)
    assert parsed["copy"] == 3
    assert parsed["window"] == [10, 20, 300, 400]
    assert parsed["scale"] == pytest.approx(0.37)


@pytest.mark.parametrize("channels", [1, 2, 4, 5])
def test_any_number_of_channels_survives(channels):
    made = view(2, channels=channels)
    data = records.serialise(made, IMAGE)
    np.testing.assert_array_equal(records.parse(data)["image"], made.pixels)
    png = np.array(Image.open(io.BytesIO(example.decode(data)["image"])))
    np.testing.assert_array_equal(png, np.vstack(np.moveaxis(made.pixels, 2, 0)))


@pytest.mark.parametrize("objects", [0, 5])
def test_record_is_as_its_schema_says(root, objects):
    schema = yaml.safe_load(
        (root / "workflow" / "schemas" / "shard_record.schema.yaml").read_text()
    )
    features = {
        name: value.decode("latin-1") if isinstance(value, bytes) else value.tolist()
        for name, value in example.decode(records.serialise(view(objects), IMAGE)).items()
    }
    jsonschema.Draft202012Validator(schema).validate(features)


def test_tensorflow_parses_it():
    tf = pytest.importorskip("tensorflow")
    made = view(7)
    numbers = tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True)
    parsed = tf.io.parse_single_example(
        records.serialise(made, IMAGE),
        {
            "image": tf.io.FixedLenFeature([], tf.string),
            "boxes": tf.io.FixedLenSequenceFeature([4], tf.float32, allow_missing=True),
            "classes": numbers,
            "crowd": numbers,
            "masks": tf.io.FixedLenFeature([], tf.string),
            "image_id": tf.io.FixedLenFeature([], tf.int64),
        },
    )
    np.testing.assert_array_equal(tf.io.decode_png(parsed["image"]), made.pixels)
    np.testing.assert_array_equal(parsed["boxes"], [item.box for item in made.objects])
    np.testing.assert_array_equal(parsed["classes"], [item.class_id for item in made.objects])
    assert int(parsed["image_id"]) == IMAGE["id"]
