"""Predictions by windows, with a detector whose answers are known: bright spots are objects."""

import hashlib
import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import tifffile
from scipy import ndimage

import console
import predict
from coco import large_images, masks
from coco.errors import InputError
from evaluation import metrics

SIDE = 640
PREDICTION = {"window": 256, "overlap": 64}
RECIPE = {"mode": "crop", "size": 128, "scale": 1.0}


class Spots:
    """A network that finds each bright spot of its input, to the pixel."""

    def __init__(self):
        self.shapes = set()

    def find(self, inputs, windows, batch_size):
        self.shapes.add((len(inputs) <= batch_size, *inputs[0].shape))
        return [self.spots(pixels) for pixels in inputs]

    def spots(self, pixels):
        labels, count = ndimage.label(pixels.max(axis=2) > 127, np.ones((3, 3)))
        slices = ndimage.find_objects(labels)
        boxes = [(y.start, x.start, y.stop, x.stop) for y, x in slices]
        return {
            "boxes": np.array(boxes, float).reshape(-1, 4),
            "class_ids": np.ones(count, int),
            "scores": np.full(count, 0.9),
            "masks": [
                (labels[place] == number).astype(float) for number, place in enumerate(slices, 1)
            ],
        }


@pytest.fixture
def scene(tmp_path, monkeypatch):
    """A function that writes a TIFF of discs apart from each other, and returns it as a split."""
    monkeypatch.setattr(large_images, "LARGE", 0)

    def make(sizes, name="a.tif", height=SIDE, width=SIDE):
        rng = np.random.default_rng(1)
        pixels, annotations = np.zeros((height, width, 3), np.uint8), []
        for radius in sizes:
            y, x = rng.integers(0, (height, width)).tolist()
            disc = cv2.circle(np.zeros((height, width), np.uint8), (x, y), radius, 255, -1)
            near = cv2.dilate(disc, np.ones((5, 5)))
            if not pixels[near > 0].any():
                pixels[disc > 0] = 255
                rle = masks.encode(disc)
                annotations.append({"id": len(annotations) + 1, "image_id": 7, "iscrowd": 0})
                annotations[-1] |= {"category_id": 1, "segmentation": rle, "bbox": masks.box(rle)}
                annotations[-1] |= {"area": masks.area(rle)}
        tifffile.imwrite(tmp_path / name, pixels, tile=(64, 64), photometric="rgb")
        image = {"id": 7, "file_name": str(tmp_path / name), "height": height, "width": width}
        categories = [{"id": 1, "name": "disc"}]
        return {"images": [image], "annotations": annotations, "categories": categories}

    return make


def predicted(split, recipe=RECIPE, prediction=PREDICTION, network=None):
    plans = [predict.plan(image, recipe, prediction) for image in split["images"]]
    progress = console.Progress("test", sum(len(plan.corners) for plan in plans))
    return predict.find(network or Spots(), plans, progress)


def average_precision(split, found):
    return metrics.summary(metrics.evaluate(split, found, "segm", 10**4))["AP"]


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_objects_of_any_size_are_found_once_in_whole_image_coordinates(scene, scale):
    split = scene([120, 60, 60, 40, 40, 30, *[12] * 15, *[5] * 60])
    assert len(split["annotations"]) > 40
    found = predicted(split, RECIPE | {"scale": scale})[7]
    assert len(found) == len(split["annotations"])
    assert average_precision(split, found) > 0.99
    if scale == 1:
        expected = {one["segmentation"]["counts"] for one in split["annotations"]}
        assert {one["segmentation"]["counts"] for one in found} == expected


@pytest.mark.parametrize(("height", "width"), [(640, 100), (130, 640), (100, 90), (256, 256)])
def test_an_image_may_be_small_either_way(scene, height, width):
    split = scene([5] * 40, height=height, width=width)
    found = predicted(split)[7]
    assert average_precision(split, found) == pytest.approx(1)


def test_inputs_are_few_shapes_and_full_batches(scene):
    network = Spots()
    splits = [scene([5], f"{n}.tif", *size) for n, size in enumerate([(640, 640), (500, 700)])]
    images = [split["images"][0] | {"id": n} for n, split in enumerate(splits)]
    found = predicted({"images": images}, network=network)
    assert sorted(found) == [0, 1]
    assert network.shapes == {(True, 256, 256, 3)}


def test_a_resized_image_is_one_input(scene):
    split = scene([60])
    network = Spots()
    found = predicted(split, RECIPE | {"mode": "resize"}, network=network)[7]
    assert network.shapes == {(True, 128, 128, 3)}
    assert len(found) == 1
    assert average_precision(split, found) > 0.7


def test_the_file_says_nothing_of_windows(scene, tmp_path, monkeypatch):
    split = scene([5] * 20)
    weights = tmp_path / "model.weights.h5"
    weights.write_bytes(b"weights")
    sha256 = hashlib.sha256(b"weights").hexdigest()
    about = {"classes": ["disc"], "input": RECIPE, "weights_sha256": sha256}
    (tmp_path / "split.json").write_text(json.dumps(split))
    (tmp_path / "model.json").write_text(json.dumps(about))
    monkeypatch.setattr(predict, "load", lambda *_: Spots())
    paths = SimpleNamespace(split=tmp_path / "split.json", model=tmp_path / "model.json")
    output = tmp_path / "out.json"
    predict.predict(weights, paths.model, paths.split, "1-of-1", PREDICTION, output)
    for one in json.loads(output.read_text()):
        assert set(one) == {"image_id", "category_id", "segmentation", "bbox", "score"}
        assert one["segmentation"]["size"] == [SIDE, SIDE]


def test_damaged_weights_are_refused_wherever_they_are_loaded(tmp_path):
    weights = tmp_path / "model.weights.h5"
    weights.write_bytes(b"half of a file")
    about = {"weights_sha256": hashlib.sha256(b"the whole of it").hexdigest()}
    with pytest.raises(InputError, match="changed since it was written"):
        predict.load(about, weights, PREDICTION)
