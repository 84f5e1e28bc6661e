"""YOLO segmentation: a text file per photo, with a polygon per line, as Ultralytics reads them.

data.yaml                     names, train, val, test, maybe path
images/train/leaf 1.jpg       the photo
labels/train/leaf 1.txt       lines of: class x1 y1 x2 y2 ..., from 0, as fractions of the sides

The labels of a photo are where its last folder `images` becomes `labels`, else beside it. A photo
without a file of labels shows no object: that is YOLO's convention. Without data.yaml the names
are the lines of classes.txt or obj.names, and every photo counts.
"""

import math
from collections import defaultdict
from pathlib import Path

from coco import polygons
from coco.errors import InputError, MaskError, failed, show
from coco.formats.fields import noted
from coco.formats.folders import IMAGE_SUFFIXES, exists, lines_of
from coco.formats.given_split import given_split
from coco.formats.yolo_description import NAME_FILES, describe, photos_of

FARTHEST = 1.0  # sides of the photo that a polygon may lead out of it
MOST_CLASSES = 1e9


def recognise(source: dict) -> str | None:
    """Evidence that a source is of this format, None if it is not."""
    try:
        path, names, _ = describe(Path(source["folder"]))
    except (InputError, KeyError):
        return None
    return f"{path} names {len(names)} classes"


def read(source: dict) -> tuple[list[dict], list[dict], list[dict]]:
    folder = Path(source["folder"])
    path, names, parts = describe(folder)
    lists_of, label_of = files_of(path, parts, folder)
    sharing = defaultdict(list)
    for photo, label in label_of.items():
        sharing[label].append(photo)
    labelled = {photo.parent for photo, label in label_of.items() if exists(label)}
    images, annotations = [], []
    for photo, lists in lists_of.items():
        image = {
            "source_id": relative(photo, folder),
            "file_name": photo.as_posix(),
            "declared_width": None,
            "declared_height": None,
        } | (given_split(source, lists) if lists else {})
        label = label_of[photo]
        if photo.parent not in labelled:
            found = f"no photo of {relative(photo.parent, folder)} has a file of labels, such as "
            image |= noted(unlabelled_folder=[f"{found}{relative(label, folder)}"])
        try:
            if photo == sharing[label][0]:
                annotations += labels_of(image["source_id"], label, folder)
            refuse_shared(label, sharing[label])
            if not lists and exists(photo):
                raise InputError(
                    f"{path} does not list it; add it, or put it and its labels elsewhere"
                )
        except InputError as error:
            image["problem"] = str(error)
        images.append(image)
    categories = [{"source_id": number, "name": name} for number, name in names.items()]
    return categories, images, annotations


def declared_size(image: dict, annotations: list[dict]) -> None:
    """Fractions say nothing of the size."""


def translate(annotation: dict, size: tuple[int, int] | None) -> dict:
    if "problem" in annotation:
        return {
            key: annotation[key]
            for key in ("segmentation", "problem", "check")
            if key in annotation
        }
    if size is None:
        return failed(InputError("a polygon in an image whose size is unknown"))
    points = [value * size[place % 2] for place, value in enumerate(annotation["polygon"])]
    try:
        return polygons.translate([points], size)
    except InputError as error:
        return failed(error)


def refuse_shared(label: Path, photos: list[Path]):
    if len(photos) > 1 and exists(label):
        names = " and ".join(photo.name for photo in photos)
        raise InputError(
            f"{names} have one file of labels, {label}; rename one and its labels, or take it away"
        )


# Labels


def labels_of(image: str, path: Path, folder: Path) -> list[dict]:
    """An annotation for each line that is not blank."""
    if not exists(path):
        return []
    annotations = []
    for number, line in enumerate(lines_of(path), start=1):
        if not line:
            continue
        category, *values = line.split()
        annotation = {
            "source_id": f"{relative(path, folder)}:{number}",
            "source_image_id": image,
            "source_category_id": class_number(category),
            "bbox": None,
            "iscrowd": 0,
        }
        if isinstance(annotation["source_category_id"], str):
            found = f"its class is {show(category)}, expected a number, and spaces between numbers"
            annotation["no_class"] = found
        try:
            annotations.append(annotation | {"polygon": polygon(values)})
        except InputError as error:
            problem = {"problem": f"{relative(path, folder)}, line {number}: {error}"}
            annotations.append(annotation | failed(error) | problem)
    return annotations


def class_number(text: str) -> int | str:
    """The number of a class, which some tools write as 1.0; the text itself if it is none."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and 0 <= number < MOST_CLASSES else text


def polygon(values: list[str]) -> list[float]:
    """The fractions x1, y1, x2, y2, ... of a line."""
    try:
        numbers = [float(value) for value in values]
    except ValueError as error:
        raise MaskError(
            "invalid_coordinates", f"{error}; expected class x1 y1 x2 y2 ... as numbers"
        ) from error
    if len(numbers) == 4:
        raise MaskError(
            "box_without_mask",
            "a box (class x y width height), expected a polygon: a mask is needed; "
            "export as YOLO segmentation, or outline the objects",
        )
    if len(numbers) < 6 or len(numbers) % 2:
        raise MaskError(
            "invalid_polygon",
            f"{len(numbers)} coordinates, expected x and y of three or more points, and nothing "
            "behind them, such as a confidence",
        )
    if not all(math.isfinite(value) for value in numbers):
        raise MaskError(
            "invalid_coordinates", "a coordinate that is not finite, expected fractions from 0 to 1"
        )
    if min(numbers) < -FARTHEST or max(numbers) > 1 + FARTHEST:
        raise MaskError(
            "invalid_coordinates",
            f"coordinates from {min(numbers):g} to {max(numbers):g}, expected fractions from 0 "
            "to 1; if these are pixels, divide x by the width and y by the height of the photo",
        )
    return numbers


# Files


def files_of(
    path: Path, parts: dict[str, list[Path]], folder: Path
) -> tuple[dict[Path, list[str]], dict[Path, Path]]:
    """For each photo, there or not, the splits that list it, and its file of labels."""
    lists_of = defaultdict(list)
    for split, entries in parts.items():
        for entry in entries:
            for photo in photos_of(entry, folder):
                lists_of[photo].append(split)
    label_of = spelled({photo: label_file(photo) for photo in lists_of})
    if not any(exists(label) for label in label_of.values()):
        photo, label = next(iter(label_of.items()), (None, None))
        first = f", the first would be {label}" if label else ""
        first += f", and there is no {photo}" if photo and not exists(photo) else ""
        raise InputError(
            f"{path}: none of its {len(label_of)} photos has a file of labels{first}; "
            "expected images/<name>.jpg and labels/<name>.txt"
        )
    for photo, label in unlisted(label_of).items():
        lists_of[photo], label_of[photo] = [], label
    return lists_of, label_of


def label_file(photo: Path) -> Path:
    parts = list(photo.with_suffix(".txt").parts)
    for place in reversed(range(len(parts) - 1)):
        if parts[place] == "images":
            parts[place] = "labels"
            break
    return Path(*parts)


def spelled(label_of: dict[Path, Path]) -> dict[Path, Path]:
    """The files of labels by their photos, as the folders spell them: where they come from a
    system that ignores case, `IMG_1.jpg` may have the labels `img_1.TXT`."""
    claimed = {*label_of.values()}
    lost = {label for label in claimed if not exists(label)}
    others = {
        (folder, path.name.casefold()): path
        for folder in {label.parent for label in lost}
        for path in (sorted(folder.glob("*")) if exists(folder) else [])
        if path not in claimed
    }
    found = {label: others.get((label.parent, label.name.casefold()), label) for label in lost}
    return {photo: found.get(label, label) for photo, label in label_of.items()}


def unlisted(label_of: dict[Path, Path]) -> dict[Path, Path]:
    """The photo, there or not, of each further file of labels in the folders of the others."""
    folders = {
        label.parent: photo.parent
        for photo, label in label_of.items()
        if label.parent != photo.parent
    }
    known = {*label_of.values()}
    found = {}
    for labels, photos in folders.items():
        there = (path for path in sorted(photos.glob("*")) if path.suffix.lower() in IMAGE_SUFFIXES)
        photo_of = {path.stem: path for path in there}
        for path in sorted(labels.glob("*.txt")) if labels.is_dir() else []:
            if path not in known and path.name not in NAME_FILES and path.name[0] != ".":
                found[photo_of.get(path.stem, photos / path.stem)] = path
    return found


def relative(path: Path, folder: Path) -> str:
    return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()
