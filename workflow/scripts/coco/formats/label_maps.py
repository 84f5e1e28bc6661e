"""Label maps: images of whole numbers, in which each value but 0 is one object.

<images>/<name>.jpg       the photo
<labels>/<name>.png       8, 16 or 32 bits per pixel, PNG or TIFF; 0 is background

All objects are of one `class`, or the table `classes_csv` has the class of each value: with the
columns value and class, and file if a value means something else in each label map. With a
`divisor`, value // divisor stands in the table, and a value below it is a crowd: Cityscapes
(cityscapesScripts, `createTrainIdInstanceImgs.py`), KITTI and MOTS use 1000.
"""

import csv
from collections import defaultdict
from pathlib import Path

from coco import masks
from coco.errors import InputError, listed
from coco.formats import label_images
from coco.formats.label_images import Pair

COLUMNS = "expected a table, separated by commas, with the columns value, class and maybe file"
VOIDS = 2**8 - 1, 2**16 - 1, 2**32 - 1
FAR_BELOW = 2  # times

declared_size = label_images.declared_size
translate = label_images.translate


def recognise(source: dict) -> str | None:
    """Evidence that a source is of this format, None if it is not."""
    path = label_images.first_label(source)
    try:
        highest = label_images.numbers(path).max() if path else 0
    except InputError:
        return None
    return f"{path}: pixels are whole numbers up to {highest}" if path else None


def read(source: dict) -> tuple[list[dict], list[dict], list[dict]]:
    if "classes_csv" in source:
        classes = read_classes(Path(source["classes_csv"]), source.get("label_suffix", ""))
        categories = [{"source_id": name, "name": name} for name in sorted({*classes.values()})]
    else:
        classes = None
        categories = [{"source_id": None, "name": source["class"]}]

    def objects(pair: Pair) -> tuple[tuple[int, int], list[dict]]:
        labels = label_images.numbers(label_images.existing(pair, source))
        if labels.min() < 0:
            raise InputError(f"{pair.label}: has values below 0, expected 0 for the background")
        own = [
            label_images.annotation(f"{pair.label}:{value}", None, rle)
            | ({} if classes is None else class_of(pair, value, classes, source))
            for value, rle in masks.from_labels(labels).items()
        ]
        return labels.shape[::-1], own, label_images.soft_edges(labels)

    images, annotations = label_images.records(label_images.pairs(source), objects)
    if classes is None:
        remark_void(annotations)
        return categories, images, annotations
    return categories, images, annotations + without_pixels(classes, annotations, source)


def class_of(pair: Pair, value: int, classes: dict, source: dict) -> dict:
    """What the table says of an object."""
    divisor = source.get("divisor", 1)
    is_group = value < divisor
    number = value if is_group else value // divisor
    name = classes.get((pair.name, number)) or classes.get((None, number))
    if name is None:
        problem = f"{source['classes_csv']} has no class for it"
        return {"source_category_id": number, "problem": problem}
    return {"source_category_id": name, "iscrowd": int(is_group)}


def remark_void(annotations: list[dict]):
    """Remark on the largest value, if it is the end of a type of pixels, far above all others.

    Masks of 0 and 255 have no others: there it is the object.
    """
    values_of = defaultdict(set)
    for one in annotations:
        values_of[one["source_image_id"]].add(value_of(one))
    values = set().union(*values_of.values())
    void = max(values, default=0)
    highest = max(values - {void}, default=0)
    if void not in VOIDS or FAR_BELOW * highest >= void:
        return
    found = f"the value {void}, the largest that {void.bit_length()} bits hold"
    for one in annotations:
        if value_of(one) == void and len(values_of[one["source_image_id"]]) > 1:
            one["remarks"] = {"void_label": f"{found}; all others are at most {highest}"}


def value_of(annotation: dict) -> int:
    return int(annotation["source_id"].rpartition(":")[2])


def without_pixels(classes: dict, annotations: list[dict], source: dict) -> list[dict]:
    """The objects of the table that no label map shows."""
    shown = {(one["source_image_id"], value_of(one)) for one in annotations}
    return [
        label_images.annotation(f"{file}:{value}", name)
        | {"source_image_id": file}
        | {"problem": f"{source['classes_csv']} names it, but no pixel has the value {value}"}
        for (file, value), name in classes.items()
        if file is not None and (file, value) not in shown
    ]


def read_classes(path: Path, ending: str) -> dict[tuple[str | None, int], str]:
    """The class by file and value; the file is that of its photo, None for all."""
    classes, faults = {}, []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            if not {"value", "class"} <= set(table.fieldnames or []):
                raise InputError(f"{path}, line 1: {table.fieldnames}; {COLUMNS}")
            for row in table:
                name, value = (row["class"] or "").strip(), (row["value"] or "").strip()
                if not (name and value.isdecimal() and len(value) < 16):
                    faults.append(f"line {table.line_num}: value {value!r}, class {name!r}")
                    continue
                key = row_key(row, int(value), ending)
                if classes.setdefault(key, name) != name:
                    faults.append(f"line {table.line_num}: another class for {value}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error}); {COLUMNS}") from error
    if faults:
        raise InputError(f"{path}, {listed(faults)}; {COLUMNS}, one class for each value")
    return classes


def row_key(row: dict, value: int, ending: str) -> tuple[str | None, int]:
    if "file" not in row:
        return None, value
    name = (row["file"] or "").strip().replace("\\", "/")
    return label_images.without_suffix(name).removesuffix(ending), value
