"""From files that are not 8 bits of RGB to what a model sees, through all scripts."""

import json

import numpy as np
import pytest
import tifffile
from splitting import SETTINGS

import make_shard
from coco import images, json_files, shards
from import_annotations import import_annotations
from split_dataset import split_dataset
from validate_dataset import validate_dataset

SIDE = 64
VALIDATION = {"max_quarantined": 0.0, "min_area": 4, "box_tolerance": 2.0}
VALIDATION |= {"min_images": 1, "policies": {}}
SPLIT = SETTINGS | {"train": 0.5, "val": 0.25, "test": 0.25}


def grey_of_16_bits(rng, square):
    return (rng.normal(900, 60, (SIDE, SIDE)) + 2000 * square).astype(np.uint16), {}


def five_bands(rng, square):
    """Reflectances; each band has a range of its own."""
    bands = rng.random((SIDE, SIDE, 5)) * [1, 0.1, 2, 0.5, 100] + square[..., None]
    options = {"photometric": "minisblack", "planarconfig": "contig", "compression": "lzw"}
    return bands.astype(np.float32), options


@pytest.fixture
def run(tmp_path, image_settings, recipe, check_schema):
    """A function that takes eight images, with a square each, through the data stages.

    It returns the training images by id and the records of their shard.
    """

    def run(draw, **settings):
        content = write_images(tmp_path, draw)
        (tmp_path / "in.json").write_text(json.dumps(content))
        source = {"format": "coco", "annotations": f"{tmp_path}/in.json", "images": str(tmp_path)}
        names = ("dataset.json", "quarantine.json", "issues.tsv", "counts.tsv")
        outputs = [tmp_path / name for name in names]
        parts = {name: tmp_path / f"{name}.json" for name in ("train", "val", "test")}
        shard = tmp_path / "shard.tfrecord"

        output, embedded = tmp_path / "imported.json", tmp_path / "embedded"
        import_annotations([source], image_settings | settings, output, embedded)
        validate_dataset(tmp_path / "imported.json", None, VALIDATION, *outputs, log="the.log")
        tables = {name: tmp_path / f"{name}.tsv" for name in ("splits", "leaks", "balance")}
        split_dataset(tmp_path / "dataset.json", SPLIT, 0, "holdout", parts, tables)
        make_shard.make_shard(parts["train"], recipe, 0, "train", "1-of-1", shard)

        train = json_files.read(parts["train"])
        check_schema(json_files.read(tmp_path / "imported.json"), "imported")
        check_schema(train, "dataset")
        check_schema(json_files.read(shard.with_suffix(".json")), "shard_index")
        assert len(outputs[2].read_text().splitlines()) == 1  # no issue
        reader = shards.Reader([shard.with_suffix(".json")])
        assert reader.channels == settings["channels"]
        return {image["id"]: image for image in train["images"]}, list(reader)

    return run


def write_images(folder, draw):
    """Write 0.tif, 1.tif, ...; returns what their COCO file holds."""
    rng = np.random.default_rng(0)
    content = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "square"}]}
    for number in range(8):
        x, y = 2 + 14 * (number % 4), 2 + 36 * (number // 4)  # so that no two look alike
        square = np.zeros((SIDE, SIDE))
        square[y : y + 16, x : x + 16] = 1
        pixels, options = draw(rng, square)
        tifffile.imwrite(folder / f"{number}.tif", pixels, **options)
        outline = [x, y, x + 16, y, x + 16, y + 16, x, y + 16]
        content["images"].append({"id": number, "file_name": f"{number}.tif"})
        content["annotations"].append(
            {"id": 1 + number, "image_id": number, "category_id": 1, "segmentation": [outline]}
        )
    return content


@pytest.mark.parametrize("channels", [1, 3])
def test_grey_of_16_bits(run, channels):
    train, records = run(grey_of_16_bits, channels=channels)
    assert sorted(record["copy"] for record in records) == [0] * 4 + [1] * 4
    assert len({str(image["intensity"]) for image in train.values()}) == 4
    for record in records:
        assert record["image"].shape == (SIDE, SIDE, channels)
        if record["copy"] == 0:
            np.testing.assert_array_equal(record["image"], read(train, record))
            ((y1, x1, y2, x2),) = record["boxes"]
            assert record["image"][y1:y2, x1:x2].mean() > 200
            assert record["image"].mean() < 60


def test_five_bands_of_fractions(run, image_settings):
    mapping = image_settings["intensity"] | {"per": "dataset"}
    train, records = run(five_bands, channels=5, intensity=mapping)
    (limits,) = {json.dumps(image["intensity"]) for image in train.values()}
    limits = np.array(json.loads(limits))
    assert limits.shape == (5, 2)
    np.testing.assert_allclose(limits[4], [1, 100], rtol=0.1)
    for record in records:
        assert record["image"].shape == (SIDE, SIDE, 5)
        if record["copy"] == 0:
            stored = tifffile.imread(train[record["image_id"]]["file_name"]).astype(float)
            expected = 255 * np.clip((stored - limits[:, 0]) / (limits[:, 1] - limits[:, 0]), 0, 1)
            np.testing.assert_allclose(record["image"], expected, atol=0.51)


def read(train, record):
    return images.read_image(train[record["image_id"]])
