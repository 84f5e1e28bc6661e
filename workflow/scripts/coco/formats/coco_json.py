"""COCO instances files: polygons, uncompressed and compressed RLE, crowds."""

import re
from collections.abc import Callable
from pathlib import Path

from coco import export_layouts, masks, polygons
from coco.errors import InputError, MaskError, failed, show
from coco.formats.fields import area, as_id, as_name, bbox, flag, in_folder, side
from coco.formats.files import beginning, load_json

EXPECTED = "expected a COCO instances file: an object with images, annotations and categories"
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
    categories = [
        {"source_id": as_id(category["id"]), "name": category["name"]}
        | ({"problem": PARENT} if is_parent(category, content) else {})
        for category in content["categories"]
    ]
    images = [
        {
            "source_id": as_id(image["id"]),
            "file_name": in_folder(source["images"], image["file_name"]),
            "declared_width": side(image.get("width")),
            "declared_height": side(image.get("height")),
        }
        | noted(invalid_size=nonsense(image, width=side, height=side))
        for image in content["images"]
    ]
    image_of = resolver([image["source_id"] for image in images])
    category_of = resolver([category["source_id"] for category in categories])
    annotations = [
        annotation_of(record, image_of, category_of) for record in content["annotations"]
    ]
    return categories, images, annotations


def annotation_of(record: dict, image_of: Callable, category_of: Callable) -> dict:
    image_id, category_id = as_id(record.get("image_id")), as_id(record.get("category_id"))
    annotation = {
        "source_id": as_id(record.get("id")),
        "source_image_id": image_of(image_id),
        "source_category_id": category_of(category_id),
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
    invalid = nonsense(record, bbox=bbox, area=area, iscrowd=flag)
    return annotation | noted(mistyped_id=mistyped, invalid_value=invalid)


def nonsense(record: dict, **readers: Callable) -> list[str]:
    """The values that are given, but that their readers can make nothing of."""
    return [
        f"{key} is {show(record[key])}"
        for key, read in readers.items()
        if record.get(key) is not None and read(record[key]) is None
    ]


def noted(**remarks: list[str]) -> dict:
    remarks = {name: "; ".join(found) for name, found in remarks.items() if found}
    return {"remarks": remarks} if remarks else {}


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
    """Refuse what is not COCO, or has records that nothing could refer to."""
    if not isinstance(content, dict):
        raise InputError(f"{path}: holds a JSON {type(content).__name__}; {EXPECTED}")
    for key in ("images", "annotations", "categories"):
        if key not in content:
            raise InputError(
                f"{path}: has no {key}, but {', '.join(content) or 'nothing'}; {EXPECTED}"
            )
        if not isinstance(content[key], list):
            raise InputError(f"{path}: {key} is no list; {EXPECTED}")
        for number, record in enumerate(content[key]):
            if not isinstance(record, dict):
                raise InputError(f"{path}: {key}[{number}] is no object; {EXPECTED}")
    for key, name in (("images", "file_name"), ("categories", "name")):
        for number, record in enumerate(content[key]):
            if as_id(record.get("id")) is None:
                raise InputError(
                    f"{path}: {key}[{number}] has the id {show(record.get('id'))}, "
                    "expected a number or a text"
                )
            if as_name(record.get(name)) is None:
                raise InputError(
                    f"{path}: {key}[{number}] has the {name} {show(record.get(name))}, "
                    "expected a text"
                )
    names = {}
    for category in content["categories"]:
        name = names.setdefault(category["id"], category["name"])
        if name != category["name"]:
            raise InputError(
                f"{path}: two categories, {name} and {category['name']}, "
                f"have the id {category['id']}; give each its own"
            )


def is_parent(category: dict, content: dict) -> bool:
    """Roboflow adds a category 0 to every export, which only names the group of the others."""
    names_a_group = any(
        other.get("supercategory") == category["name"]
        for other in content["categories"]
        if other is not category
    )
    return (
        category["id"] == 0
        and names_a_group
        and not any(as_id(one.get("category_id")) == 0 for one in content["annotations"])
    )
