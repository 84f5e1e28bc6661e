"""The demo data set: a COCO file and images that are drawn, not downloaded."""

from pathlib import Path

import cv2
import numpy as np

from coco import json_files, masks, still_life

MOST_OBJECTS = 9
EMPTY_EVERY = 25
INFO = {
    "description": "Still lifes: leaves, rings, starfish and pebbles. Drawn by a program.",
    "planted_defects": [
        "the file of the image in the middle of the list is truncated",
        "the last but one annotation is a polygon of two points",
        "the last annotation belongs to an image that does not exist",
    ],
}


def write(folder: str | Path, images: int = 150, seed: int = 0):
    """Write `images/000.png`, `001.png`, ... and `annotations.json` under `folder`.

    Each image depends on `seed` and its own number alone. Some have nothing on them. INFO lists
    the mistakes that are there on purpose.
    """
    folder = Path(folder)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    records, annotations = [], []
    for index in range(images):
        pixels, objects = compose(seed, index)
        name, (height, width) = f"{index:03}.png", pixels.shape[:2]
        png = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes()
        if index == images // 2:
            png = png[: len(png) // 2]
        (folder / "images" / name).write_bytes(png)
        records.append({"id": index + 1, "file_name": name, "width": width, "height": height})
        annotations += [annotate(index + 1, kind, mask) for kind, mask in objects]
    annotations += unusable_annotations(images)
    dataset = {
        "info": INFO,
        "categories": [{"id": i, "name": name} for i, name in enumerate(still_life.CLASSES, 1)],
        "images": records,
        "annotations": [{"id": i, **record} for i, record in enumerate(annotations, 1)],
    }
    json_files.write(folder / "annotations.json", dataset)


def compose(seed: int, index: int) -> tuple[np.ndarray, list[tuple[str, np.ndarray]]]:
    """The image with this number, and its objects: see `still_life.draw`."""
    rng = np.random.default_rng((seed, index))
    empty = index % EMPTY_EVERY == EMPTY_EVERY // 3
    return still_life.draw(rng, 0 if empty else rng.integers(1, MOST_OBJECTS + 1))


def annotate(image_id: int, kind: str, mask: np.ndarray) -> dict:
    rle = masks.encode(mask)
    return {
        "image_id": image_id,
        "category_id": still_life.CLASSES.index(kind) + 1,
        "segmentation": rle,
        "area": masks.area(rle),
        "bbox": masks.box(rle),
        "iscrowd": 0,
    }


def unusable_annotations(images: int) -> list[dict]:
    """One without an area, and one of an image that is not there."""
    square = {
        "image_id": 1,
        "category_id": 1,
        "segmentation": [[20, 20, 60, 20, 60, 60, 20, 60]],
        "area": 1600,
        "bbox": [20, 20, 40, 40],
        "iscrowd": 0,
    }
    line = square | {"segmentation": [[20, 20, 60, 60]], "area": 0}
    return [line, square | {"image_id": images + 1}]
