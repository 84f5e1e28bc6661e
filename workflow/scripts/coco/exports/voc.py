"""Pascal VOC's segmentation task, with the labelmap.txt of CVAT and Datumaro.

JPEGImages, SegmentationObject, SegmentationClass, ImageSets/Segmentation/<split>.txt
"""

from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from coco import masks
from coco.errors import InputError
from coco.exports import photos
from coco.exports.paint import by_image, losses, paint, remarks
from coco.formats.voc_classes import BACKGROUND_NAMES, VOID_NAMES
from coco.voc_colours import VOID, colour


def write(parts: dict[str, dict], folder: Path) -> list[str]:
    names = photos.names(parts)
    lists = folder / "ImageSets" / "Segmentation"
    for path in (lists, folder / "SegmentationObject", folder / "SegmentationClass"):
        path.mkdir(parents=True)
    write_labelmap(next(iter(parts.values()))["categories"], folder / "labelmap.txt")
    lost = Counter()
    for split, part in parts.items():
        objects_of, crowds_of = by_image(part, crowds=False), by_image(part, crowds=True)
        for image in part["images"]:
            name, objects, crowds = (of[image["id"]] for of in (names, objects_of, crowds_of))
            photos.copy(image, folder / "JPEGImages", name)
            labels = paint(objects, image["height"], image["width"])
            lost += losses(labels, objects, crowds)
            void = crowd_pixels(labels, crowds)
            numbers = np.array([0, *map(number, range(1, len(objects) + 1))])
            classes = np.array([0, *(number(one["category_id"]) for one in objects)])
            for kind, values in (("Object", numbers), ("Class", classes)):
                painted = np.where(void, VOID, values[labels])
                save(painted, folder / f"Segmentation{kind}" / f"{name}.png")
        listed = "".join(f"{names[image['id']]}\n" for image in part["images"])
        (lists / f"{split}.txt").write_text(listed, encoding="utf-8")
    return remarks(lost, crowds_are="void")


def number(place: int) -> int:
    """The number of an object or class, from 1, without the one that is void."""
    return place if place < VOID else place + 1


def crowd_pixels(labels: np.ndarray, crowds: list[dict]) -> np.ndarray:
    """Where crowds are, and no object."""
    void = np.zeros(labels.shape, bool)
    for one in crowds:
        void |= masks.decode(one["segmentation"])
    return void & (labels == 0)


def save(numbers: np.ndarray, path: Path):
    """As indices of VOC's palette; as its colours, if there are more than it has."""
    if numbers.max() <= VOID:
        image = Image.fromarray(numbers.astype(np.uint8))
        image.putpalette(sum((colour(index) for index in range(256)), ()))
    else:
        table = np.array([colour(index) for index in range(numbers.max() + 1)], np.uint8)
        image = Image.fromarray(table[numbers])
    image.save(path)


def write_labelmap(categories: list[dict], path: Path):
    lines = ["# label:color_rgb:parts:actions", "background:0,0,0::"]
    for one in categories:
        refuse_unwritable(one["name"])
        lines.append(f"{one['name']}:{','.join(map(str, colour(number(one['id']))))}::")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def refuse_unwritable(name: str):
    """A line of labelmap.txt would not be read back as the class that it names."""
    no_class = *BACKGROUND_NAMES, *VOID_NAMES
    is_whole = name.splitlines() == [name.strip()] and ":" not in name
    if name.startswith("#") or name in no_class or not is_whole:
        raise InputError(
            f"the class {name!r} cannot stand in labelmap.txt: a colon or the end of a line ends a "
            "name, # begins a comment, spaces around it are lost, and no classes are "
            f"{', '.join(no_class)}. Give it another name by `classes`"
        )
