"""Translates the user's files into one file of images, categories and masks.

It drops nothing and judges nothing, unless a file is not of its format at all: what cannot be
translated says so in its `problem`, and `validate_dataset` decides.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import console
from coco import images, json_files
from coco.errors import InputError
from coco.formats import coco_json, mask_folder

FORMATS = {"coco": coco_json, "masks": mask_folder}
THREADS = 4  # they wait for the disk, and Pillow decodes beside Python


def import_annotations(sources: list[dict], output: Path):
    """Write `imported.json` for the sources, as the configuration describes them."""
    found = {"categories": [], "images": [], "annotations": []}
    category_ids = count(1)
    for index, source in enumerate(sources):
        for key, records in import_source(index, source, category_ids).items():
            found[key] += records
    annotations = [{"id": number} | one for number, one in enumerate(found["annotations"], start=1)]
    info = {"description": "Images and annotations as imported", "sources": sources}
    json_files.write(output, {"info": info} | found | {"annotations": annotations})


def import_source(index: int, source: dict, category_ids: count) -> dict[str, list[dict]]:
    """The records of one source; its annotations have no id yet."""
    reader = FORMATS[source["format"]]
    categories, listed, annotations = reader.read(source)
    categories = [
        {"id": next(category_ids), "name": category["name"], "source": index}
        | {"source_id": category["source_id"]}
        for category in categories
    ]
    of_image = defaultdict(list)
    for annotation in annotations:
        of_image[annotation["source_image_id"]].append(annotation)

    def inspect(image: dict) -> dict:
        declared = reader.declared_size(image, of_image[image["source_id"]])
        return image_record(image, declared, index, source.get("split"))

    label = f"import of {source.get('annotations') or source['folder']}"
    found = in_threads(f"{label}, images", inspect, listed)
    refuse_wrong_folder(source, found)

    images_of, category_of = defaultdict(dict), {}
    for image in found:
        images_of[image["source_id"]].setdefault(image["id"], image)
    for category in categories:
        category_of[category["source_id"]] = category["id"]

    def translate(annotation: dict) -> dict:
        candidates = list(images_of[annotation["source_image_id"]].values())
        return annotation_record(annotation, candidates, category_of, reader.translate, index)

    translated = in_threads(f"{label}, annotations", translate, annotations)
    return {"categories": categories, "images": found, "annotations": translated}


def in_threads(label: str, function: Callable, items: list) -> list:
    """The function's result for each item, in their order, with progress in the terminal."""
    progress = console.Progress(label, len(items))
    results = []
    with ThreadPoolExecutor(THREADS) as pool:
        for result in pool.map(function, items):
            results.append(result)
            progress.update(len(results))
    return results


def image_record(
    image: dict, declared: tuple[int, int] | None, source: int, split: str | None
) -> dict:
    """What the file of a listed image really is."""
    file = images.inspect(image["file_name"])
    record = {
        "id": image_id(image["file_name"]),
        "file_name": image["file_name"],
        "width": None,
        "height": None,
        "orientation": 1,
        "sha256": file.sha256,
        "declared_width": image["declared_width"],
        "declared_height": image["declared_height"],
        "source": source,
        "source_id": image["source_id"],
    }
    if file.width is not None:
        stored = file.width, file.height
        record["orientation"] = images.orientation_to_apply(file.exif, stored, declared)
        record["width"], record["height"] = images.size_after(record["orientation"], stored)
        record["thumbnail"] = file.thumbnail
    if split:
        record["split"] = split
    problem = image.get("problem") or file.problem
    return record | {"problem": problem} if problem else record


def image_id(file_name: str) -> int:
    """A number that stays when other images come or go, small enough for JavaScript's JSON."""
    return int(hashlib.sha256(file_name.encode()).hexdigest()[:13], 16)


def annotation_record(
    annotation: dict, candidates: list[dict], category_of: dict, translate: Callable, source: int
) -> dict:
    """An annotation with its mask, for the image that the source's image id stands for."""
    image = candidates[0] if len(candidates) == 1 else None
    category = category_of.get(annotation["source_category_id"])
    mask = translate(annotation, size_of(image) if image else None)
    problems = []
    if not candidates:
        problems.append(f"no image has the id {annotation['source_image_id']}")
    if len(candidates) > 1:
        names = ", ".join(candidate["file_name"] for candidate in candidates)
        problems.append(f"several images have the id {annotation['source_image_id']}: {names}")
    if category is None:
        problems.append(f"no category has the id {annotation['source_category_id']}")
    if "problem" in mask and image:
        problems.append(mask["problem"])
    record = {
        "image_id": image and image["id"],
        "category_id": category,
        "segmentation": mask["segmentation"],
        "bbox": annotation["bbox"],
        "iscrowd": annotation["iscrowd"],
        "source": source,
        "source_id": annotation["source_id"],
        "source_image_id": annotation["source_image_id"],
        "source_category_id": annotation["source_category_id"],
    }
    record |= {key: mask[key] for key in ("extent", "remark") if key in mask}
    return record | {"problem": "; ".join(problems)} if problems else record


def size_of(image: dict) -> tuple[int, int] | None:
    """The frame to draw polygons in: what the file has, else what the annotations declare."""
    for width, height in (("width", "height"), ("declared_width", "declared_height")):
        if image[width] and image[height]:
            return image[width], image[height]
    return None


def refuse_wrong_folder(source: dict, found: list[dict]):
    """Not one image in its place is a mistake of the configuration, not of the data."""
    if found and source["format"] == "coco" and all(image["sha256"] is None for image in found):
        folder = Path(source["images"])
        files = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        raise InputError(
            f"{source['annotations']}: none of its {len(found)} images is there, "
            f"the first would be {found[0]['file_name']}. The folder {folder} "
            + (f"has {', '.join(files[:3])}, ... " if files else "is empty or does not exist. ")
            + "Set `images` to the folder that each `file_name` starts from."
        )


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=InputError):
        import_annotations(snakemake.params.sources, Path(snakemake.output[0]))
