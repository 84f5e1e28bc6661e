"""Copies planted across sources with given splits: the run stops, or moves and records them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import projects
import pytest

from coco import demo, still_life

pytestmark = pytest.mark.slow
SPLITS = "results/leaky/splits/holdout"


def recompressed(picture):
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 70])[1]
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def without_margin(picture):
    """5 % of the height and of the width gone."""
    height, width = picture.shape[:2]
    return picture[height // 20 :, width // 20 :]


PLANTS = {
    "exact": lambda picture: picture,
    "resized": lambda picture: cv2.resize(picture, None, fx=0.7, fy=0.7),
    "recompressed": recompressed,
    "cropped": without_margin,
}
IN = {"exact": "val", "resized": "val", "recompressed": "test", "cropped": "test"}


@pytest.fixture(scope="module")
def leaky(tmp_path_factory):
    """Train is a COCO file; val and test are folders of masks with a copy of each kind in them."""
    folder = tmp_path_factory.mktemp("leaky") / "project"
    projects.make(folder, epochs=1)
    write_coco(folder / "train", [demo.compose(1, number) for number in range(12)])
    for split, first in (("val", 100), ("test", 200)):
        for number in range(first, first + 4):
            write_example(folder / split / f"own{number}", *demo.compose(1, number))
    for number, (name, plant) in enumerate(PLANTS.items()):
        picture, objects = demo.compose(1, number)
        copied = [(kind, plant_mask(plant, mask)) for kind, mask in objects]
        write_example(folder / IN[name] / name, plant(picture), copied)
    return folder


def plant_mask(plant, mask):
    """A mask changed as its picture was."""
    grey = np.repeat(np.uint8(255 * mask)[..., None], 3, axis=2)
    return plant(grey)[..., 0] > 127


def write_coco(folder, scenes):
    (folder / "images").mkdir(parents=True)
    images, annotations = [], []
    for number, (picture, objects) in enumerate(scenes):
        name, (height, width) = f"{number}.png", picture.shape[:2]
        cv2.imwrite(str(folder / "images" / name), picture[..., ::-1])
        images.append({"id": number, "file_name": name, "height": height, "width": width})
        annotations += [demo.annotate(number, kind, mask) for kind, mask in objects]
    content = {
        "images": images,
        "annotations": [{"id": n, **one} for n, one in enumerate(annotations, 1)],
        "categories": [{"id": n, "name": name} for n, name in enumerate(still_life.CLASSES, 1)],
    }
    (folder / "annotations.json").write_text(json.dumps(content))


def write_example(folder, picture, objects):
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    cv2.imwrite(str(folder / "images" / "photo.png"), picture[..., ::-1])
    for number, (_, mask) in enumerate(objects):
        cv2.imwrite(str(folder / "masks" / f"{number}.png"), np.uint8(255 * mask))


def configure(folder, **split):
    """Name the sources, each with its split, in the configuration of the tests."""
    train = {"format": "coco", "annotations": "train/annotations.json", "images": "train/images"}
    others = [
        {"format": "masks", "folder": name, "class": "leaf", "split": name}
        for name in ("val", "test")
    ]
    sources = [train | {"split": "train"}, *others]
    projects.edit(folder, dataset="leaky", sources=sources, split=split)


def test_leaks_across_sources_stop_the_run(leaky):
    configure(leaky)
    code, said = projects.run(leaky, f"{SPLITS}/leaks.tsv")
    assert code != 0 and "Traceback" not in said
    assert "4 images are in another split than images that they belong with" in said
    assert "val/exact/images/photo.png in val, train/images/0.png in train" in said
    assert "split.leaks: move" in said
    assert not (leaky / SPLITS / "leaks.tsv").exists()


def test_leaks_across_sources_are_moved_and_recorded(leaky):
    configure(leaky, leaks="move")
    code, said = projects.run(leaky, f"{SPLITS}/leaks.tsv")
    assert code == 0, said
    rows = pd.read_csv(leaky / SPLITS / "leaks.tsv", sep="\t")
    moved = {Path(row.file).parts[-3]: tuple(row)[1:] for row in rows.itertuples(index=False)}
    assert moved.keys() == PLANTS.keys()
    for number, name in enumerate(PLANTS):
        old, new, because, of = moved[name]
        assert (old, new) == (IN[name], "train")
        assert because == ("the same content" if name == "exact" else "a near-duplicate")
        assert of.endswith(f"train/images/{number}.png")
    train = json.loads((leaky / SPLITS / "train.json").read_text())
    assert len(train["images"]) == 12 + 4
    assert {image["file_name"] for image in train["images"]} >= set(rows["file"])
