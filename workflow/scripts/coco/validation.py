"""Sorts imported data: mends what needs no guess, quarantines what cannot be used, records both."""

from collections import defaultdict
from dataclasses import dataclass

from coco import ledger, masks, near_duplicates
from coco.checks import annotations as of_annotations
from coco.checks import categories as of_categories
from coco.checks import dataset as of_dataset
from coco.checks import doubtful_masks, overlaps, unusable_masks
from coco.checks import images as of_images
from coco.classes import class_map
from coco.errors import InputError
from coco.ledger import Ledger


@dataclass(frozen=True)
class Result:
    """Everything that came in, sorted.

    Attributes:
        dataset: what can be used, as complete COCO content.
        quarantine: the `images` and `annotations` that cannot, as imported, with their `reason`.
        issues: a row of `ledger.ISSUE_COLUMNS` for each finding.
        counts: a row of `ledger.COUNT_COLUMNS` for the images, and for each class.
        stops: how often each check found something whose policy is to stop.
    """

    dataset: dict
    quarantine: dict[str, list[dict]]
    issues: list[dict]
    counts: list[dict]
    stops: dict[str, int]

    @property
    def totals(self) -> dict[str, dict[str, int]]:
        """For `image` and `annotation`, how many were `in`, and where they went."""
        return {
            row["record"]: {key: row[key] for key in ("in", "used", *ledger.REMOVALS)}
            for row in self.counts
            if row["class"] == ledger.ALL
        }


def validate(imported: dict, wanted: list | None, settings: dict) -> Result:
    """Check imported data.

    Args:
        imported: the content of `imported.json`.
        wanted: the configuration's `classes`.
        settings: the configuration's `validation`.

    Raises:
        InputError: a wanted class is not in the data, or an image is in two splits.
    """
    book = Ledger(imported, settings["policies"])
    categories = [
        one for one in imported["categories"] if not book.ask(of_categories.NO_CLASS, one)
    ]
    classes, class_of = class_map(categories, wanted)
    check_sources(imported, book)
    compare_categories(categories, book)
    image_of = sort_images(imported["images"], book)
    annotations = sort_annotations(imported, image_of, class_of, settings, book)
    annotations = compare_annotations(annotations, imported["annotations"], book)
    images = images_with_truth(image_of, annotations, book)
    images = without_copies(images, book)
    images, same_as = without_near_duplicates(images, book)
    count_examples(categories, class_of, annotations, settings, book)
    dataset = {
        "info": {
            "description": "Checked images and annotations",
            "images": imported["info"]["images"],
            "quarantined": [
                {key: image[key] for key in ("file_name", "source_id")}
                for image in book.quarantine["image"]
            ],
        },
        "categories": classes,
        "images": [clean_image(image) | same_as.get(image["id"], {}) for image in images],
        "annotations": annotations,
    }
    return Result(
        dataset,
        {f"{kind}s": records for kind, records in book.quarantine.items()},
        book.issues,
        ledger.counts(imported, dataset, book),
        dict(book.stops),
    )


# Sources and categories


def check_sources(imported: dict, book: Ledger):
    ids, declared, used = defaultdict(list), defaultdict(set), defaultdict(set)
    objects = defaultdict(list)
    for image in imported["images"]:
        ids[image["source"]].append(image["source_id"])
    for category in imported["categories"]:
        declared[category["source"]].add(category["source_id"])
    for annotation in imported["annotations"]:
        used[annotation["source"]].add(annotation["source_category_id"])
        if annotation["segmentation"] and not annotation["iscrowd"]:
            objects[annotation["source"]].append(annotation["segmentation"])
    for source, values in ids.items():
        kind, record = book.sources[source]["format"], {"source": source, "source_id": ""}
        if kind == "coco":  # elsewhere they are names
            book.ask((of_dataset.text_ids,), record, values)
        if kind in ("coco", "yolo"):
            book.ask((of_dataset.shifted_category_ids,), record, declared[source], used[source])
        book.ask((of_dataset.objects_in_parts,), record, objects[source])


def compare_categories(categories: list[dict], book: Ledger):
    """Categories of the same name are one class; within one source that is worth a remark."""
    seen, names = {}, {}
    repeated = of_categories.category_declared_twice, of_categories.duplicate_category
    for category in categories:
        first = seen.setdefault((category["source"], category["name"]), category)
        if first is not category:
            book.ask(repeated, category, first)
        other = names.setdefault(of_categories.simplified(category["name"]), category["name"])
        book.ask((of_categories.similar_categories,), category, other)


def count_examples(
    categories: list[dict], class_of: dict, annotations: list[dict], settings: dict, book: Ledger
):
    images = defaultdict(set)
    for annotation in annotations:
        images[annotation["category_id"]].add(annotation["image_id"])
    first_of = {}
    for category in categories:
        number = class_of.get(category["id"])
        if number and first_of.setdefault(number, category) is category:
            shown, least = len(images[number]), settings["min_images"]
            book.ask(of_categories.EXAMPLES, category, shown, least)


# Images


def sort_images(images: list[dict], book: Ledger) -> dict[tuple, dict]:
    """The usable image that each `(source, source_id)` stands for."""
    files_of = defaultdict(set)
    for image in images:
        files_of[image["source"], image["source_id"]].add(image["file_name"])
    first_of, image_of = {}, {}
    for image in images:
        key = image["source"], image["source_id"]
        if book.ask((*of_images.UNUSABLE, *of_images.DOUBTFUL), image, files_of[key]):
            continue
        first = first_of.setdefault(image["id"], image)
        if first is not image:
            refuse_two_splits(first, image)
            if book.ask(of_images.REPEATED, image, first) == "quarantined":
                continue
        image_of[key] = first
    return image_of


def refuse_two_splits(first: dict, second: dict):
    if first.get("split") != second.get("split"):
        raise InputError(
            f"{first['file_name']} is in two sources, one with split: {first.get('split')} and one "
            f"with split: {second.get('split')}; take it out of one of them"
        )


def images_with_truth(image_of: dict, annotations: list[dict], book: Ledger) -> list[dict]:
    """The usable images by file name, without those that would wrongly count as empty."""
    annotated = {annotation["image_id"] for annotation in annotations}
    lost = {annotation["image_id"] for annotation in book.quarantine["annotation"]} - annotated
    images = [
        image
        for image in {image["id"]: image for image in image_of.values()}.values()
        if not (image["id"] in lost and book.ask((of_images.no_usable_annotation,), image))
    ]
    return sorted(images, key=lambda image: image["file_name"])


def without_copies(images: list[dict], book: Ledger) -> list[dict]:
    """Images of the same content stay, and the split keeps them together."""
    first_of = {}
    return [
        image
        for image in images
        if (first := first_of.setdefault(image["sha256"], image)) is image
        or not book.ask((of_images.duplicate_image,), image, first)
    ]


def without_near_duplicates(images: list[dict], book: Ledger) -> tuple[list[dict], dict[int, dict]]:
    """Images that show one picture stay, too; and the marks, by image id, that say so."""
    marks, gone = {}, set()
    for image, first in near_duplicates.clusters(images):
        marks[image["id"]] = {"same_as": first["sha256"]}
        is_copy = first["sha256"] == image["sha256"]
        if not is_copy and book.ask((of_images.near_duplicate,), image, first):
            gone.add(image["id"])
    return [image for image in images if image["id"] not in gone], marks


def clean_image(image: dict) -> dict:
    keys = ("id", "file_name", "width", "height", "sha256", "source", "source_id", "split")
    reading = ("orientation", "channels", "intensity")
    return {key: image[key] for key in (*keys, *reading) if key in image}


# Annotations


def sort_annotations(
    imported: dict, image_of: dict, class_of: dict, settings: dict, book: Ledger
) -> list[dict]:
    """The usable annotations, with box and area as their masks have them."""
    context = of_annotations.Context(
        min_area=settings["min_area"],
        box_tolerance=settings["box_tolerance"],
        class_of=class_of,
        names=book.class_names,
        normalised=unusable_masks.normalised_sources(imported["annotations"]),
    )
    checks = (
        *of_annotations.REFERENCES,
        *unusable_masks.UNUSABLE,
        *of_annotations.REPETITIONS,
        *doubtful_masks.DOUBTFUL,
    )
    used = []
    for annotation in imported["annotations"]:
        image = image_of.get((annotation["source"], annotation["source_image_id"]))
        if not book.ask(checks, annotation, image, context):
            used.append(clean_annotation(annotation, class_of))
    return used


def clean_annotation(annotation: dict, class_of: dict) -> dict:
    mask = annotation["segmentation"]
    return {
        "id": annotation["id"],
        "image_id": annotation["image_id"],
        "category_id": class_of[annotation["category_id"]],
        "segmentation": mask,
        "area": masks.area(mask),
        "bbox": masks.box(mask),
        "iscrowd": annotation["iscrowd"],
        "source_id": annotation["source_id"],
    }


def compare_annotations(annotations: list[dict], imported: list[dict], book: Ledger) -> list[dict]:
    """The annotations without those that are an object of their image a second time."""
    of_image = defaultdict(list)
    for annotation in annotations:
        of_image[annotation["image_id"]].append(annotation)
    pairs = [pair for together in of_image.values() for pair in overlaps.pairs(together)]
    paired = {one["id"] for pair in pairs for one in (pair.first, pair.second)}
    original = {one["id"]: one for one in imported if one["id"] in paired}
    swallowed, gone = defaultdict(list), set()
    for pair in pairs:
        first, second = pair.first["id"], pair.second["id"]
        if first in gone or second in gone:
            continue
        if book.ask(overlaps.SAME, original[second], pair):
            gone.add(second)
        elif pair.is_swallow:
            swallowed[pair.larger["id"]].append(pair.smaller)
    for number, inner in swallowed.items():
        if number not in gone and book.ask((overlaps.swallowing_object,), original[number], inner):
            gone.add(number)
    return [annotation for annotation in annotations if annotation["id"] not in gone]
