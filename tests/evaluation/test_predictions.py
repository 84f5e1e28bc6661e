import json

import numpy as np
import pytest
from pycocotools import mask as mask_utils
from squares import SIZE, as_predictions, square

from evaluation import predictions
from evaluation.errors import InputError


@pytest.fixture
def found(truth):
    return as_predictions(truth["annotations"])


def test_good_predictions_come_back(truth, found, tmp_path):
    path = tmp_path / "test.json"
    path.write_text(json.dumps(found))
    assert predictions.read(path, truth) == found


def test_no_predictions_are_fine(truth, tmp_path):
    path = tmp_path / "test.json"
    path.write_text("[]")
    assert predictions.read(path, truth) == []


@pytest.mark.parametrize(("text", "expected"), [("[{", "not a JSON file"), ("{}", "a list")])
def test_other_files_are_refused(truth, tmp_path, text, expected):
    path = tmp_path / "test.json"
    path.write_text(text)
    with pytest.raises(InputError, match=f"test.json: .*{expected}"):
        predictions.read(path, truth)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"image_id": 99}, "image_id 99 is not in the truth"),
        ({"image_id": "11"}, "image_id '11' is not in the truth"),
        ({"category_id": 7}, r"category_id 7 .* 1 \(leaf\), 2 \(ring\)"),
        ({"category_id": 1.5}, r"category_id 1.5"),
        ({"score": float("nan")}, "score nan"),
        ({"score": None}, "score None"),
        ({"bbox": [1, 2, 3]}, "bbox"),
        ({"bbox": [1, 2, -3, 4]}, "negative width"),
        ({"segmentation": square(1, 1, 5, 64)["segmentation"]}, r"\[64, 64\].* \[128, 128\]"),
        ({"segmentation": [[1, 1, 5, 1, 5, 5]]}, "not compressed RLE"),
        ({"segmentation": {"size": [SIZE, SIZE], "counts": ""}}, "do not fill"),
        ({"segmentation": {"size": [SIZE, SIZE], "counts": "zzz"}}, "do not fill"),
    ],
)
def test_entry_that_does_not_fit_is_named(truth, found, change, expected):
    found[2] |= change
    with pytest.raises(InputError, match=f"entry 2 .*{expected}"):
        predictions.check(found, truth)


def test_missing_keys_are_named(truth, found):
    del found[1]["score"], found[1]["segmentation"]
    with pytest.raises(InputError, match=r"entry 1 .*lacks segmentation, score"):
        predictions.check(found, truth)
    with pytest.raises(InputError, match="entry 0: expected an object"):
        predictions.check(["x"], truth)


@pytest.mark.parametrize("density", [0, 0.01, 0.5, 0.99, 1])
@pytest.mark.parametrize("size", [(1, 1), (40, 300), (2000, 1500)])
def test_run_lengths_are_pycocotools_own(size, density):
    mask = np.random.default_rng(0).random(size) < density
    counts = mask_utils.encode(np.asfortranarray(mask, np.uint8))["counts"].decode()
    runs = predictions.run_lengths(counts)
    flat = np.repeat(np.arange(len(runs)) % 2, runs)
    assert np.array_equal(flat.reshape(size, order="F"), mask)
