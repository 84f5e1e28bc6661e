"""COCO instances files with RLE masks, and the ids that the sources had.

images/<name>, annotations/instances_<split>.json
"""

from pathlib import Path

from coco import json_files
from coco.exports import photos


def write(parts: dict[str, dict], folder: Path) -> list[str]:
    names = photos.names(parts)
    categories = next(iter(parts.values()))["categories"]
    image_ids, remarks = restored(
        "image", [one for part in parts.values() for one in part["images"]]
    )
    category_ids, more = restored("category", categories)
    annotation_ids, most = restored(
        "annotation", [one for part in parts.values() for one in part["annotations"]], least=1
    )
    (folder / "annotations").mkdir(parents=True)
    for split, part in parts.items():
        content = {
            "info": {"description": f"The {split} split of a checked data set"},
            "images": [
                {
                    "id": image_ids[image["id"]],
                    "file_name": photos.copy(image, folder / "images", names[image["id"]]).name,
                    "width": image["width"],
                    "height": image["height"],
                }
                for image in part["images"]
            ],
            "annotations": [
                {
                    "id": annotation_ids[one["id"]],
                    "image_id": image_ids[one["image_id"]],
                    "category_id": category_ids[one["category_id"]],
                }
                | {key: one[key] for key in ("segmentation", "area", "bbox", "iscrowd")}
                for one in part["annotations"]
            ],
            "categories": [
                {"id": category_ids[one["id"]], "name": one["name"]} for one in categories
            ],
        }
        json_files.write(folder / "annotations" / f"instances_{split}.json", content)
    return remarks + more + most


def restored(kind: str, records: list[dict], least: int = 0) -> tuple[dict[int, int], list[str]]:
    """The source's id for each id of ours, if all are numbers and no two are alike.

    `least` is 1 for annotations: pycocotools takes 0 for no match.
    """
    ids = {one["id"]: one["source_id"] for one in records}
    usable = all(type(value) is int and value >= least for value in ids.values())
    if usable and len({*ids.values()}) == len(ids):
        return ids, []
    why = "the sources' are no numbers, or some have the same"
    return {number: number for number in ids}, [f"{kind} ids are the data set's: {why}"]
