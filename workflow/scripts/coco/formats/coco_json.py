"""COCO instances files: polygons, uncompressed and compressed RLE, crowds."""

import re
from pathlib import Path

from coco import export_layouts, masks
from coco.errors import InputError
from coco.formats.fields import as_id, as_name, bbox, in_folder, show, side
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
        for image in content["images"]
    ]
    annotations = [
        {
            "source_id": as_id(annotation.get("id")),
            "source_image_id": as_id(annotation.get("image_id")),
            "source_category_id": as_id(annotation.get("category_id")),
            "bbox": bbox(annotation.get("bbox")),
            "iscrowd": int(bool(annotation.get("iscrowd"))),
            "segmentation": annotation.get("segmentation"),
        }
        for annotation in content["annotations"]
    ]
    return categories, images, annotations


def declared_size(image: dict, annotations: list[dict]) -> tuple[int, int] | None:
    size = image["declared_width"], image["declared_height"]
    return None if None in size else size


def translate(annotation: dict, size: tuple[int, int] | None) -> dict:
    segmentation = annotation["segmentation"]
    try:
        if not segmentation:
            raise InputError("no segmentation: a mask is needed, a box alone does not do")
        if isinstance(segmentation, dict):
            return {"segmentation": from_rle(segmentation)}
        if size is None:
            raise InputError("polygons of an image whose size is unknown")
        return from_polygons(segmentation, size)
    except InputError as error:
        return {"segmentation": None, "problem": str(error)}


def from_rle(rle: dict) -> dict:
    size, counts = rle.get("size"), rle.get("counts")
    if not (isinstance(size, list) and len(size) == 2 and all(map(side, size))):
        raise InputError(f"RLE of the size {show(size)}, expected [height, width]")
    size = [side(value) for value in size]
    if isinstance(counts, str):
        return masks.checked({"size": size, "counts": counts})
    if isinstance(counts, list):
        return masks.from_counts(counts, *size)
    raise InputError("RLE without counts, expected a text or a list of run lengths")


def from_polygons(polygons: list, size: tuple[int, int]) -> dict:
    if not (isinstance(polygons, list) and all(isinstance(part, list) for part in polygons)):
        raise InputError("a segmentation that is neither an RLE nor a list of polygons")
    solid = [part for part in polygons if len(part) >= 6] or polygons
    width, height = size
    translated = {
        "segmentation": masks.from_polygons(solid, height, width),
        "extent": masks.extent(solid),
    }
    if len(solid) < len(polygons):
        left_out = len(polygons) - len(solid)
        translated["remark"] = f"{left_out} of {len(polygons)} parts with fewer than three points"
    return translated


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
                    f"{path}: {key}[{number}] has the id {record.get('id')!r}, "
                    "expected a number or a text"
                )
            if as_name(record.get(name)) is None:
                raise InputError(
                    f"{path}: {key}[{number}] has the {name} {record.get(name)!r}, expected a text"
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
