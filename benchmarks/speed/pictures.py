"""Images with a given number of objects: drawn ones, or photographs with their masks."""

from itertools import count, islice
from pathlib import Path

import cv2
import numpy as np

from coco import still_life


def samples(folder: Path | None, number: int, objects: int, size: int) -> list[dict]:
    """The same images and objects for every contender.

    Args:
        folder: of the layout of the 2018 Data Science Bowl, `<id>/images/*` and `<id>/masks/*`;
            None: draw still lifes.
        number: of images.
        objects: on each, exactly; the largest of those that there are.
        size: side in pixels that the images are stretched to.

    Returns:
        Dicts of `image` uint8 RGB `(size, size, 3)`, `boxes` float32 `(objects, 4)`,
        `[y1, x1, y2, x2]` in pixels, half-open, `classes` int64 `(objects,)` from 1 to 3, and
        `masks` bool `(objects, size, size)`.
    """
    source = photographed(folder) if folder else drawn(objects)
    crowded = (scene for scene in source if len(scene[1]) >= objects)
    found = [sample(*scene, objects, size) for scene in islice(crowded, number)]
    if len(found) < number:
        raise SystemExit(f"{folder} has fewer than {number} images with {objects} objects.")
    return found


def drawn(objects):
    """Still lifes without end: image, masks, class ids."""
    for seed in count():
        image, things = still_life.draw(np.random.default_rng(seed), objects + 2)
        classes = [still_life.CLASSES.index(kind) % 3 + 1 for kind, _ in things]
        yield image, [mask for _, mask in things], classes


def photographed(folder):
    """The photographs of a folder: image, masks, class ids."""
    for file in sorted(folder.glob("*/images/*")):
        masks = [read(mask).any(axis=2) for mask in sorted(file.parents[1].glob("masks/*.png"))]
        yield read(file), masks, [1] * len(masks)


def read(file):
    return cv2.cvtColor(cv2.imread(str(file), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def sample(image, masks, classes, objects, size) -> dict:
    """One image with its largest objects, stretched to a square."""
    largest = sorted(range(len(masks)), key=lambda i: masks[i].sum(), reverse=True)[:objects]
    stretched = [
        cv2.resize(masks[i].astype(np.uint8), (size, size), interpolation=cv2.INTER_NEAREST)
        for i in largest
    ]
    return {
        "image": cv2.resize(image, (size, size), interpolation=cv2.INTER_LINEAR),
        "boxes": np.array([box(mask) for mask in stretched], np.float32),
        "classes": np.array([classes[i] for i in largest]),
        "masks": np.array(stretched, bool),
    }


def box(mask) -> list[int]:
    rows, columns = np.nonzero(mask)
    return [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
