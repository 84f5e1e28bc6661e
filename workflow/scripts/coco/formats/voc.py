"""Pascal VOC: a label image of the objects and one of their classes for each photo.

JPEGImages/<name>.jpg                the photo
SegmentationObject/<name>.png        each index or colour is one object; 0 or black is background
SegmentationClass/<name>.png         the class of each pixel: the object has that of most pixels
ImageSets/Segmentation/*.txt         which photos count beside those with objects; without it: all
labelmap.txt, class_names.txt        the classes of CVAT and of labelme; without them: VOC's 20
Annotations/<name>.xml               boxes, in which an object without a mask is found

The index 255, colour #e0e0c0, is void: it belongs to no object. Layout and colours: the
development kit of VOC 2012, section 4 and `VOClabelcolormap.m`.
"""

from collections import Counter
from pathlib import Path

import numpy as np

from coco import masks
from coco.errors import InputError, MaskError, failed
from coco.formats import label_images, voc_boxes
from coco.formats.folders import IMAGE_SUFFIXES, by_name, files, lines_of
from coco.formats.given_split import given_split
from coco.formats.label_images import Pair, without_suffix
from coco.formats.voc_classes import VOID_COLOUR, Classes, read_classes
from coco.voc_colours import VOID

LAYOUT = "expected JPEGImages, SegmentationObject and SegmentationClass in it"
# labelme calls the folders of PNGs and of arrays differently from version to version.
OBJECT_FOLDERS = ("SegmentationObject", "SegmentationObjectPNG", "SegmentationObjectNpy")
CLASS_FOLDERS = ("SegmentationClass", "SegmentationClassPNG", "SegmentationClassNpy")

declared_size = label_images.declared_size
translate = label_images.translate


def recognise(source: dict) -> str | None:
    """Evidence that a source is of this format, None if it is not."""
    folder = Path(source.get("folder", ""))
    marks = [name for name in (*OBJECT_FOLDERS, "Annotations") if (folder / name).is_dir()]
    photos = "folder" in source and (folder / "JPEGImages").is_dir()
    return f"{folder} has JPEGImages and {marks[0]}" if photos and marks else None


def read(source: dict) -> tuple[list[dict], list[dict], list[dict]]:
    folder = Path(source["folder"])
    if not (folder / "JPEGImages").is_dir():
        raise InputError(f"{folder}: has no folder JPEGImages; {LAYOUT}")
    classes = read_classes(folder)
    objects_of, classes_of = labels_in(folder, OBJECT_FOLDERS), labels_in(folder, CLASS_FOLDERS)
    boxes_of = in_folder(folder / "Annotations", (".xml",))
    if not objects_of and not boxes_of:
        raise InputError(f"{folder}: has no SegmentationObject/*.png; {LAYOUT}")
    photos = in_folder(folder / "JPEGImages", IMAGE_SUFFIXES)
    lists_of = read_lists(folder / "ImageSets" / "Segmentation", photos)
    names = lists_of.keys() or photos.keys() | boxes_of.keys()
    found = [
        Pair(name, photos.get(name, folder / "JPEGImages" / name), objects_of.get(name))
        for name in sorted(names | objects_of.keys())
    ]

    def objects(pair: Pair) -> tuple[tuple[int, int] | None, list[dict]]:
        size, boxes = voc_boxes.read(boxes_of[pair.name]) if pair.name in boxes_of else (None, None)
        if pair.label is None and boxes is None:
            raise InputError(
                f"{folder / 'SegmentationObject' / pair.name}.png: no such file; if the photo "
                "shows no object, give it one that is all 0"
            )
        if pair.label is None:
            return size, boxes_without_masks(boxes, [], pair, classes)
        if pair.name not in classes_of:
            raise InputError(f"{folder / 'SegmentationClass' / pair.name}.png: no such file")
        labels = object_numbers(pair.label)
        numbers = classes.numbers(classes_of[pair.name])
        own = with_classes(labels, numbers, pair)
        more = boxes_without_masks(boxes or [], own, pair, classes)
        remarks = remark_without_object(labels, numbers, classes) | label_images.soft_edges(labels)
        return labels.shape[::-1], own + more, remarks

    images, annotations = label_images.records(found, objects)
    for image in images:
        lists = lists_of.get(image["source_id"], [])
        if lists or image["source_id"] in photos:
            given = given_split(source, lists)
            image.update(given | image)  # its own problem, if it has one, comes first
    categories = [{"source_id": number, "name": name} for number, name in classes.names.items()]
    return categories, images, annotations


def object_numbers(path: Path) -> np.ndarray:
    """The number of the object at each pixel, 0 for none."""
    if path.suffix == ".npy" or label_images.has_numbers(path):
        labels = label_images.numbers(path)
        return np.where((labels == VOID) | (labels < 0), 0, labels)
    colours = label_images.colours(path)
    colours = np.where(colours == VOID_COLOUR, 0, colours)
    _, places = np.unique(np.r_[0, colours.ravel()], return_inverse=True)
    return places[1:].reshape(colours.shape)


def with_classes(labels: np.ndarray, classes: np.ndarray, pair: Pair) -> list[dict]:
    """An annotation for each object, of the class that most of its pixels have."""
    if labels.shape != classes.shape:
        raise InputError(f"{pair.label}: has not the size of its image in SegmentationClass")
    class_of = majority(labels, classes)
    return [
        label_images.annotation(f"{pair.name}:{number}", class_of.get(number), rle)
        | ({} if number in class_of else {"problem": "no class in SegmentationClass"})
        for number, rle in masks.from_labels(labels).items()
    ]


def remark_without_object(labels: np.ndarray, numbers: np.ndarray, classes: Classes) -> dict:
    """A remark on the parts of classes that no object touches, if there are any."""
    parts = label_images.connected_parts(numbers)
    alone = np.where(np.isin(parts, parts[labels > 0]), 0, parts)
    counts = sorted(Counter(majority(alone, numbers).values()).items())
    found = [f"{count} of {classes.names.get(number, number)}" for number, count in counts]
    return {"class_without_object": f"without an object: {', '.join(found)}"} if found else {}


def majority(labels: np.ndarray, classes: np.ndarray) -> dict[int, int]:
    """For each number in `labels` the class, 0 aside, that most of its pixels have."""
    both = np.stack([labels, classes])[:, (labels > 0) & (classes > 0)]
    pairs, counts = np.unique(both, axis=1, return_counts=True)
    ascending = np.argsort(counts, kind="stable")
    return dict(pairs[:, ascending].T.tolist())


def boxes_without_masks(
    boxes: list[dict], annotations: list[dict], pair: Pair, classes: Classes
) -> list[dict]:
    """An annotation for each box that no mask of its class touches."""
    number_of = {name: number for number, name in classes.names.items()}
    found = [(one["source_category_id"], masks.box(one["segmentation"])) for one in annotations]
    return [
        label_images.annotation(f"{pair.name}.xml:{place}", number_of.get(box["name"], box["name"]))
        | {"bbox": box["bbox"]}
        | failed(MaskError("box_without_mask", "no mask of its class touches the box"))
        for place, box in enumerate(boxes, 1)
        if not any(
            number == number_of.get(box["name"]) and voc_boxes.touch(box["bbox"], other)
            for number, other in found
        )
    ]


# Files


def labels_in(folder: Path, names: tuple[str, ...]) -> dict[str, Path]:
    """The label images of the first folder that has any, PNGs before arrays."""
    for suffixes in ((".png", ".tif", ".tiff", ".bmp", ".gif"), (".npy",)):
        for name in names:
            if found := in_folder(folder / name, suffixes):
                return found
    lossy = [path for name in names for path in files(folder / name, label_images.LOSSY_SUFFIXES)]
    if lossy:
        raise InputError(f"{lossy[0]}: {label_images.LOSSY}")
    return {}


def in_folder(folder: Path, suffixes: tuple[str, ...]) -> dict[str, Path]:
    return by_name(files(folder, suffixes), folder)


def read_lists(folder: Path, photos: dict[str, Path]) -> dict[str, list[str]]:
    """The names of the lists that each photo stands in."""
    lists_of = {}
    for path in files(folder, (".txt",)):
        for line in filter(None, lines_of(path)):
            first = line.split()[0]  # some lists have a flag behind the name
            meant = line, first, without_suffix(line), without_suffix(first)
            name = next((name for name in meant if name in photos), line)
            lists_of.setdefault(name, []).append(path.stem)
    return lists_of
