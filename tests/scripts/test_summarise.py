import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from docutils.core import publish_parts
from PIL import Image
from squares import SIZE, as_predictions, small_truth

from coco import masks
from compare_models import compare_models
from evaluate import OUTPUTS, evaluate
from summarise import summarise

NAMES = "leaf*, `wet`_ |x|", "ring"  # all that has a meaning in reStructuredText
ROW = {"model": "m", "fold": "holdout", "run": "seed0", "split": "test"}


@pytest.fixture
def truth():
    truth = small_truth()
    for category, name in zip(truth["categories"], NAMES, strict=True):
        category["name"] = name
    return truth


@pytest.fixture
def story(truth, tmp_path, monkeypatch):
    """A function of the predictions, or of the number that is left out: the page's text."""
    monkeypatch.chdir(tmp_path)
    for image in truth["images"]:
        Image.fromarray(np.zeros((SIZE, SIZE, 3), np.uint8)).save(image["file_name"])
    run = tmp_path / "models/m/holdout/seed0"
    run.mkdir(parents=True)
    architecture = {"backbone": "mobilenet_v2", "weights": None}
    about = {
        "architecture": architecture,
        "training": {"epochs": 9},
        "input": {"size": 64, "mode": "resize"},
    }
    about |= {"best_epoch": 4, "epochs": 7, "val_AP": 0.25}
    (run / "model.json").write_text(json.dumps(about))
    write("counts", ["record", "class", "in", "used", "quarantined", "merged", "dropped"])(
        ["image", "(all)", 5, 4, 1, 0, 0], ["annotation", "(all)", 8, 6, 2, 0, 0]
    )
    write("balance", ["class", "split", "images", "instances"])(
        [NAMES[0], "train", 3, 500], [NAMES[1], "train", 2, 7], ["(all)", "train", 4, 507]
    )
    write("threshold", ["class", "threshold", "AP"])(["(all)", 0.5, 0.25])

    def story(left_out=0, predictions=None, split="test", limit=100):
        folder = run / "evaluation" / split
        folder.mkdir(parents=True)
        row = ROW | {"split": split}
        if predictions is None:
            predictions = as_predictions(truth["annotations"])[left_out:]
        Path("truth.json").write_text(json.dumps(truth))
        Path("found.json").write_text(json.dumps(predictions))
        output = {name: folder / file for name, file in OUTPUTS.items()}
        evaluate(*map(Path, ("found.json", "truth.json", "threshold.tsv")), output)
        tables = [[folder / f"{name}.tsv"] for name in ("metrics", "draws")]
        board = Path("evaluation.tsv"), Path("board.tsv")
        compare_models(*tables, [Path("threshold.tsv")], [row], *board)
        page = Path("summary.rst")
        limits = {"prediction": limit, "evaluation": 100}
        summarise(
            *map(Path, ("counts.tsv", "balance.tsv", "board.tsv")), [row], limits, tmp_path, page
        )
        html = publish_parts(page.read_text(), writer="html")["body"]
        assert "system-message" not in html
        return re.sub(r"\s+", " ", re.sub("<[^>]*>", "", html))

    return story


def write(name, columns):
    def rows(*rows):
        pd.DataFrame(rows, columns=columns).to_csv(f"{name}.tsv", sep="\t", index=False)

    return rows


def test_the_story_has_the_numbers_of_the_run(story):
    text = story(left_out=1)
    assert "4 of 5 images and 6 of 8 annotations are used; not used: 3 quarantined" in text
    assert "train 4 images with 507 objects" in text
    assert "epoch 4 of 9" in text and "stopped early, after 7 epochs" in text
    assert "gets 4 of 5 objects right, misses 1, and gets 0 that are wrong" in text
    assert "mask AP on the validation images, 0.250, measured on such inputs." in text
    assert "lost to mistakes of the kind missed" in text
    assert f"The weakest class is {NAMES[0]}" in text
    assert "few to learn from: ring (7)" in text
    assert "Of fewer than 200 images, here 4, intervals are too narrow." in text


def test_a_single_test_image_has_no_interval(truth, story):
    truth["images"] = truth["images"][:1]
    truth["annotations"] = truth["annotations"][:2]
    text = story()
    assert "none: it takes two images" in text
    assert "too narrow" not in text


def test_a_split_of_one_image_is_told_in_the_singular(story):
    write("balance", ["class", "split", "images", "instances"])(
        ["(all)", "train", 1, 1], ["(all)", "val", 0, 0]
    )
    assert "train 1 image with 1 object, val 0 images with 0 objects." in story()


def test_a_perfect_run_has_no_mistakes_to_tell_of(story):
    assert "No mistake costs AP50 on the test images" in story(left_out=0)


def test_a_run_that_finds_nothing(story):
    assert "gets 0 of 5 objects right" in story(left_out=5)


def test_classes_may_be_called_by_numbers(truth, story):
    for category, name in zip(truth["categories"], ("1", "True"), strict=True):
        category["name"] = name
    assert "The weakest class is 1 (AP" in story(left_out=1)


def test_images_without_objects_have_no_perfect_run(truth, story):
    predictions = as_predictions(truth["annotations"][:2])
    truth["annotations"] = []
    text = story(predictions=predictions)
    assert "test images have no objects to find: AP is not defined. 2 detections" in text
    assert "Without objects in these images, and so without AP:" in text
    assert "No mistake" not in text


def test_mistakes_that_hide_each_other_are_counted(truth, story):
    predictions = as_predictions(truth["annotations"])
    empty = masks.encode(np.zeros((SIZE, SIZE), bool))
    text = story(predictions=[one | {"segmentation": empty} for one in predictions])
    assert "alone would not raise AP50. There are: background (5), missed (5)" in text


def test_of_many_classes_the_page_says_which_it_shows(truth, story):
    truth["categories"] = [{"id": n, "name": f"class {n}"} for n in range(1, 20)]
    first, *_ = truth["annotations"]
    truth["annotations"] = [first | {"id": n, "category_id": n} for n in range(1, 15)]
    text = story()
    assert "masks, the 6 best and 6 worst of 14 classes" in text
    assert "without AP: class 15, class 16, class 17, class 18, class 19." in text


@pytest.mark.parametrize(
    ("split", "said"), [("train", "was trained on these"), ("val", "were chosen on these")]
)
def test_images_that_flatter_are_called_so(story, split, said):
    assert said in story(split=split)


def test_more_objects_than_can_be_found_are_told_of(truth, story):
    first, *_ = truth["annotations"]
    truth["annotations"] = [first | {"id": n} for n in range(1, 4)]
    assert "An image has 3 objects: raise prediction.max_detections (2), or" in story(limit=2)
