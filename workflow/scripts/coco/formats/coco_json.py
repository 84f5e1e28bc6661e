"""COCO instances files: polygons, uncompressed and compressed RLE, crowds."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from coco import export_layouts, masks, polygons
from coco.errors import InputError, MaskError, failed, listed, show, written
from coco.formats.fields import (
    area,
    as_id,
    as_name,
    bbox,
    flag,
    in_folder,
    nonsense,
    noted,
    side,
    unusable,
)
from coco.formats.files import beginning, load_json

EXPECTED = "expected a COCO instances file: an object with images, annotations and categories"
NAMES = {"images": "file_name", "annotations": None, "categories": "name"}
OTHER_TASKS = {
    "segments_info": "panoptic segmentation; take the instances file of the same images, or make "
    "one with panoptic2detection_coco_format.py of cocodataset/panopticapi",
    "caption": "captions; take the instances file of the same images",
}
PARENT = "not a class but the name of a group of classes; no annotation has it"


def recognise(source: dict) -> str | None:
    path = source.get("annotations") or source.get("folder", "")
    if found := export_layouts.parts(path):
        return f"{found[0]['annotations']} is there"
    keys = set(re.findall(r'"(\w+)"\s*:', beginning(path)))
    has = sorted(keys & {"images", "annotations", "categories"})
    if has and keys & {"file_name", "image_id", "supercategory"}:
        return f"{path} has {' and '.join(has)}"
    return None


def read(source: dict) -> tuple[list[dict], list[dict], list[dict]]:
    path = Path(source["annotations"])
    content = load_json(path, EXPECTED)
    check_structure(content, path)
    categories = [category_of(*entry, content) for entry in entries(content, "categories")]
    images = [image_of(*entry, path, source["images"]) for entry in entries(content, "images")]
    find_image = resolver([image["source_id"] for image in images])
    find_category = resolver([category["source_id"] for category in categories])
    annotations = [
        annotation_of(*entry, find_image, find_category)
        for entry in entries(content, "annotations")
    ]
    faults = {one["source_id"]: one["problem"] for one in categories if "check" in one}
    for annotation in annotations:
        if fault := faults.get(annotation["source_category_id"]):
            annotation["no_class"] = fault
    return categories, images, annotations


def entries(content: dict, key: str) -> Iterator[tuple]:
    """The place in the file, the record (empty if it is none) and its fault, if it has one."""
    for number, record in enumerate(content[key]):
        place = f"{key}[{number}]"
        fault = fault_of(record, place, NAMES[key])
        yield place, record if isinstance(record, dict) else {}, fault


def category_of(place: str, record: dict, fault: str | None, content: dict) -> dict:
    if fault:
        number = as_id(record.get("id"))
        name = as_name(record.get("name")) or place
        category = {"source_id": place if number is None else number, "name": name}
        return category | {"check": "invalid_category", "problem": fault}
    parent = {"problem": PARENT} if is_parent(record, content) else {}
    return {"source_id": as_id(record["id"]), "name": record["name"]} | parent


def image_of(place: str, record: dict, fault: str | None, path: Path, folder: str) -> dict:
    number, name = as_id(record.get("id")), as_name(record.get("file_name"))
    image = {
        "source_id": place if number is None else number,
        "file_name": in_folder(folder, name) if name else f"{path.as_posix()}: {place}",
        "declared_width": side(record.get("width")),
        "declared_height": side(record.get("height")),
    }
    image |= noted(invalid_size=nonsense(record, width=side, height=side))
    return image | unusable(fault)


def annotation_of(
    place: str, record: dict, fault: str | None, find_image: Callable, find_category: Callable
) -> dict:
    image_id, category_id = as_id(record.get("image_id")), as_id(record.get("category_id"))
    annotation = {
        "source_id": place if fault else as_id(record.get("id")),
        "source_image_id": find_image(image_id),
        "source_category_id": find_category(category_id),
        "bbox": bbox(record.get("bbox")),
        "area": area(record.get("area")),
        "iscrowd": flag(record.get("iscrowd")) or 0,
        "segmentation": record.get("segmentation"),
    }
    mistyped = [
        f"{key} is {given!r}, the id is {meant!r}"
        for key, given, meant in (
            ("image_id", image_id, annotation["source_image_id"]),
            ("category_id", category_id, annotation["source_category_id"]),
        )
        if given != meant
    ]
    for wrong in nonsense(record, category_id=as_id):
        annotation["no_class"] = f"its {wrong}, expected a number or a text"
    invalid = nonsense(record, bbox=bbox, area=area, iscrowd=flag)
    annotation |= noted(mistyped_id=mistyped, invalid_value=invalid)
    return annotation | ({"no_image": fault} if fault else {})


def resolver(ids: list) -> Callable:
    """A function that finds the id that a reference means, if it is 7 here and "7" there."""
    by_text = {str(value): value for value in ids}
    meant = {None: None} | {value: value for value in ids}
    return lambda value: meant[value] if value in meant else by_text.get(str(value), value)


def declared_size(image: dict, annotations: list[dict]) -> tuple[int, int] | None:
    size = image["declared_width"], image["declared_height"]
    return None if None in size else size


def translate(annotation: dict, size: tuple[int, int] | None) -> dict:
    try:
        translated = mask_of(annotation, size)
    except InputError as error:
        return failed(error)
    remarks = annotation.get("remarks", {}) | translated.get("remarks", {})
    return translated | ({"remarks": remarks} if remarks else {})


def mask_of(annotation: dict, size: tuple[int, int] | None) -> dict:
    segmentation = annotation["segmentation"]
    if not segmentation and annotation["bbox"]:
        raise MaskError("box_without_mask", "a box without a segmentation")
    if not segmentation:
        raise InputError("no segmentation")
    if isinstance(segmentation, dict):
        return {"segmentation": from_rle(segmentation)}
    if size is None:
        raise InputError("polygons of an image whose size is unknown")
    return polygons.translate(segmentation, size)


def from_rle(rle: dict) -> dict:
    size, counts = rle.get("size"), rle.get("counts")
    if not (isinstance(size, list) and len(size) == 2 and all(map(side, size))):
        raise MaskError("invalid_rle", f"RLE of the size {show(size)}, expected [height, width]")
    size = [side(value) for value in size]
    if isinstance(counts, str):
        return masks.checked({"size": size, "counts": counts})
    if isinstance(counts, list):
        return masks.from_counts(counts, *size)
    raise MaskError("invalid_rle", "RLE without counts, expected a text or a list of run lengths")


def check_structure(content, path: Path):
    """Refuse what is not COCO, or has no record at all of a kind that could be used."""
    if not isinstance(content, dict):
        raise InputError(f"{path}: holds a JSON {type(content).__name__}; {EXPECTED}")
    for key in NAMES:
        if key not in content:
            raise InputError(
                f"{path}: has no {key}, but {', '.join(content) or 'nothing'}; {EXPECTED}"
            )
        if not isinstance(content[key], list):
            raise InputError(f"{path}: {key} is no list; {EXPECTED}")
        faults = [fault for _, _, fault in entries(content, key)]
        if faults and all(faults):
            raise InputError(f"{path}: none of its {key} can be used:\n  {listed(faults)}")
    refuse_other_tasks(content["annotations"], path)
    refuse_shared_ids(content["categories"], path)


def refuse_other_tasks(annotations: list, path: Path):
    records = [one for one in annotations if isinstance(one, dict)]
    for key, task in OTHER_TASKS.items():
        if records and all(key in one and "segmentation" not in one for one in records):
            raise InputError(f"{path}: its annotations have {key}, they are of {task}")


def fault_of(record, place: str, name: str | None) -> str | None:
    """Why nothing can be made of a record."""
    if not isinstance(record, dict):
        return f"{place} is no object but {show(record)}"
    if name and as_id(record.get("id")) is None:
        return f"{place} has the id {show(record.get('id'))}, expected a number or a text"
    if name and as_name(record.get(name)) is None:
        return f"{place} has the {name} {show(record.get(name))}, expected a text"
    return None


def refuse_shared_ids(categories: list, path: Path):
    first_of, clashes = {}, []
    for category in categories:
        if fault_of(category, "", "name"):
            continue
        number, name = as_id(category["id"]), category["name"]
        if (first := first_of.setdefault(number, name)) != name:
            clashes.append(
                f"two categories, {written(first)} and {written(name)}, have the id {number}"
            )
    if clashes:
        raise InputError(f"{path}: {listed(clashes)}; give each its own")


def is_parent(category: dict, content: dict) -> bool:
    """Roboflow adds a category 0 to every export, which only names the group of the others."""
    names_a_group = any(
        other.get("supercategory") == category["name"]
        for other in content["categories"]
        if isinstance(other, dict) and other is not category
    )
    return (
        category["id"] == 0
        and names_a_group
        and not any(
            isinstance(one, dict) and as_id(one.get("category_id")) == 0
            for one in content["annotations"]
        )
    )
