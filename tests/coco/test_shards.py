import json
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import jsonschema
import numpy as np
import pytest
import yaml

from coco import records, shards, tfrecord
from coco.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SHAPES = [(64, 48), (50, 90), (100, 100), (40, 40), (33, 77), (64, 64), (120, 60), (48, 48)]


@pytest.fixture
def dataset(make_dataset):
    return make_dataset(SHAPES)


@pytest.fixture
def write(tmp_path, dataset, recipe):
    """A function that writes shards, and returns the paths of their indexes."""

    def write(count=1, folder="shards", augment=True, order=1, dataset=dataset, **changes):
        folder = tmp_path / folder
        folder.mkdir(exist_ok=True)
        for number in range(1, count + 1)[::order]:
            item = f"{number}-of-{count}"
            path = folder / f"{item}.tfrecord"
            shards.write(path, dataset, recipe | changes, item, augment, seed=0)
        return [folder / f"{number}-of-{count}.json" for number in range(1, count + 1)]

    return write


def bytes_of(indexes):
    return [
        path.with_suffix(end).read_bytes() for path in indexes for end in (".json", ".tfrecord")
    ]


def test_images_are_dealt_out_evenly_and_completely(dataset):
    dealt = [shards.images_of(dataset, f"{number}-of-3", seed=0) for number in (1, 2, 3)]
    assert sorted(map(len, dealt)) == [2, 3, 3]
    ids = [image["id"] for images in dealt for image in images]
    assert sorted(ids) == sorted(image["id"] for image in dataset["images"])
    assert ids != sorted(ids)
    other = [shards.images_of(dataset, f"{number}-of-3", seed=1) for number in (1, 2, 3)]
    assert other != dealt


def test_bytes_do_not_depend_on_the_order_of_jobs_or_records(write, dataset):
    shuffled = {key: dataset[key][::-1] for key in ("images", "annotations")}
    annotations = sorted(shuffled["annotations"], key=lambda item: item["id"])
    shuffled = dataset | shuffled | {"annotations": annotations}
    first = bytes_of(write(3, "first"))
    assert bytes_of(write(3, "backwards", order=-1)) == first
    assert bytes_of(write(3, "shuffled", dataset=shuffled)) == first


def test_bytes_do_not_depend_on_the_processor(write, dataset, recipe, root, tmp_path):
    """Without the newer instructions, as on an older machine, the same comes out."""
    (index,) = write(1)
    path = tmp_path / "old" / "1-of-1.tfrecord"
    path.parent.mkdir()
    code = (
        "import json, pathlib, sys; from coco import shards\n"
        "dataset, recipe, path = json.load(sys.stdin)\n"
        "shards.write(pathlib.Path(path), dataset, recipe, '1-of-1', True, seed=0)"
    )
    environment = os.environ | {
        "OPENCV_CPU_DISABLE": "AVX2,AVX,FP16",
        "OPENBLAS_CORETYPE": "Nehalem",
        "PYTHONPATH": str(root / "workflow" / "scripts"),
    }
    content = json.dumps([dataset, recipe, str(path)])
    subprocess.run(
        [sys.executable, "-c", code], input=content, text=True, env=environment, check=True
    )
    assert path.read_bytes() == index.with_suffix(".tfrecord").read_bytes()


def test_reader_gives_every_copy_of_every_image_once(write, dataset):
    reader = shards.Reader(write(3))
    assert len(reader) == len(SHAPES) * 3
    assert reader.classes == ["disc", "square"]
    assert reader.size == 64
    found = sorted((record["image_id"], record["copy"]) for record in reader)
    assert found == sorted((image["id"], copy) for image in dataset["images"] for copy in range(3))


def test_records_are_shuffled(write):
    reader = shards.Reader(write(1))
    found = [(record["image_id"], record["copy"]) for record in reader]
    neighbours = sum(a[0] == b[0] for a, b in pairwise(found))
    assert neighbours < len(found) / 3


def test_validation_shows_each_image_once_and_as_it_is(write):
    reader = shards.Reader(write(2, augment=False, repeat_rare=1.0))
    assert len(reader) == len(SHAPES)
    assert {record["copy"] for record in reader} == {0}


def test_every_object_is_shown_in_full_images(write, dataset):
    """All are large enough here; at this scale none can be lost."""
    reader = shards.Reader(write(2, augment=False, size=128))
    assert sum(len(record["boxes"]) for record in reader) == len(dataset["annotations"])
    for record in reader:
        truth = [
            annotation
            for annotation in dataset["annotations"]
            if annotation["image_id"] == record["image_id"]
        ]
        assert record["classes"].tolist() == [item["category_id"] for item in truth]
        assert record["crowd"].tolist() == [bool(item["iscrowd"]) for item in truth]


def test_rare_classes_are_repeated(write, dataset):
    lonely = [item for item in dataset["annotations"] if item["image_id"] != 1001]
    lonely = [item | {"category_id": 1} for item in lonely]
    lonely.append(dataset["annotations"][0] | {"category_id": 2})
    reader = shards.Reader(
        write(1, dataset=dataset | {"annotations": lonely}, repeat_rare=0.5, copies=1)
    )
    count = {image["id"]: 0 for image in dataset["images"]}
    for record in reader:
        count[record["image_id"]] += 1
    assert count.pop(1001) == 4  # 2 * sqrt(0.5 / (1 / 8))
    assert set(count.values()) == {2}


def test_index_describes_the_file(write, root):
    schema = yaml.safe_load((root / "workflow" / "schemas" / "shard_index.schema.yaml").read_text())
    (path,) = write(1)
    index = json.loads(path.read_text())
    jsonschema.Draft202012Validator(schema).validate(index)
    shard = path.with_suffix(".tfrecord")
    for entry, data in zip(index["records"], tfrecord.read_all(shard), strict=True):
        assert tfrecord.read_at(shard, entry["offset"], entry["length"]) == data
        record = records.parse(data)
        assert {key: record[key] for key in ("image_id", "copy", "window")} == {
            key: entry[key] for key in ("image_id", "copy", "window")
        }
        assert len(record["boxes"]) == entry["instances"]
    reader = shards.Reader([path])
    assert reader.most_instances == max(entry["instances"] for entry in index["records"])
    assert reader.digests == [index["sha256"]]


def test_more_shards_than_images(write):
    reader = shards.Reader(write(len(SHAPES) + 2, augment=False))
    assert len(reader) == len(SHAPES)


def test_375_objects(make_dataset, write):
    dataset = make_dataset([(400, 400)], objects=375)
    reader = shards.Reader(write(1, dataset=dataset, size=512, copies=1))
    by_copy = {record["copy"]: record for record in reader}
    assert len(by_copy[0]["boxes"]) == 375
    assert 150 < len(by_copy[1]["boxes"]) <= 375


@pytest.mark.parametrize("position", [0, 20, -1])
def test_damaged_shard_is_refused(write, position):
    (path,) = write(1)
    shard = path.with_suffix(".tfrecord")
    data = bytearray(shard.read_bytes())
    data[position] ^= 1
    shard.write_bytes(data)
    with pytest.raises(InputError, match=r"rm .*1-of-1.tfrecord"):
        shards.Reader([path])


def test_missing_shard_is_refused(write):
    (path,) = write(1)
    path.with_suffix(".tfrecord").unlink()
    with pytest.raises(InputError, match="missing"):
        shards.read_index(path)


def test_shards_of_different_inputs_are_refused(write):
    with pytest.raises(InputError, match="2 different inputs"):
        shards.Reader(write(1) + write(1, "larger", size=128))


def test_reader_works_in_other_threads_and_processes(write):
    reader = shards.Reader(write(2))
    expected = [record["image"] for record in reader]
    copied = pickle.loads(pickle.dumps(reader))
    with ThreadPoolExecutor(8) as pool:
        found = [record["image"] for record in pool.map(copied.__getitem__, range(len(copied)))]
    np.testing.assert_array_equal(found, expected)
