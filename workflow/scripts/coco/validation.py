"""Sorts imported data: mends what needs no guess, quarantines what cannot be used, records both."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from coco import masks, near_duplicates
from coco.checks import ANNOTATION_CHECKS, IMAGE_CHECKS, REPAIRS
from coco.classes import class_map
from coco.errors import InputError

REMOVALS = ("quarantined", "merged", "dropped")
ISSUE_COLUMNS = ("file", "record", "id", "check", "severity", "found", "action")
SEVERITIES = {"quarantined": "error", "dropped": "info"}  # all other actions: warning


@dataclass(frozen=True)
class Result:
    """Everything that came in, sorted.

    Attributes:
        dataset: what can be used, as complete COCO content.
        quarantine: the `images` and `annotations` that cannot, as imported, with their `reason`.
        issues: a row of `ISSUE_COLUMNS` for each finding.
        totals: for `image` and `annotation`, how many were `in`, and of these `used`,
            `quarantined`, `merged` (they repeat another) and `dropped` (class not wanted).
    """

    dataset: dict
    quarantine: dict[str, list[dict]]
    issues: list[dict]
    totals: dict[str, dict[str, int]]


def validate(imported: dict, wanted: list | None, settings: dict) -> Result:
    """Check imported data.

    Args:
        imported: the content of `imported.json`.
        wanted: the configuration's `classes`.
        settings: the configuration's `validation`: `min_area` in px², `box_tolerance` in px.

    Raises:
        InputError: a wanted class is not in the data, or an image is in two splits.
    """
    ledger = Ledger(imported)
    classes, class_of = class_map(imported["categories"], wanted)
    merge_categories(imported["categories"], ledger)
    image_of = sort_images(imported["images"], ledger)
    annotations = sort_annotations(imported, image_of, class_of, settings, ledger)
    images = images_with_truth(image_of, annotations, ledger)
    note_copies(images, ledger)
    same_as = note_near_duplicates(images, ledger)
    note_unused_classes(imported["categories"], class_of, annotations, ledger)
    dataset = {
        "info": {
            "description": "Checked images and annotations",
            "quarantined": [
                {key: image[key] for key in ("file_name", "source_id")}
                for image in ledger.quarantine["image"]
            ],
        },
        "categories": classes,
        "images": [clean_image(image) | same_as.get(image["id"], {}) for image in images],
        "annotations": annotations,
    }
    quarantine = {f"{kind}s": ledger.quarantine[kind] for kind in ("image", "annotation")}
    return Result(dataset, quarantine, ledger.issues, totals(imported, dataset, ledger))


class Ledger:
    """What happens to each record, in the order of the findings."""

    def __init__(self, imported: dict):
        self.issues = []
        self.quarantine = {"image": [], "annotation": []}
        self.actions = Counter()
        self.sources = imported["info"]["sources"]
        self.file_of_image = {image["id"]: image["file_name"] for image in imported["images"]}

    def note(self, kind: str, record: dict, check: str, found: str, action: str):
        """Record a finding; with the action quarantined, also the record itself."""
        self.actions[kind, action] += 1
        if action == "quarantined":
            self.quarantine[kind].append(record | {"reason": f"{check}: {found}"})
        self.issues.append(
            {
                "file": self.file_of(record),
                "record": kind,
                "id": record["source_id"],
                "check": check,
                "severity": SEVERITIES.get(action, "warning"),
                "found": found,
                "action": action,
            }
        )

    def file_of(self, record: dict) -> str:
        """The image that a record is or belongs to, else the file or folder it comes from."""
        if "file_name" in record:
            return record["file_name"]
        source = self.sources[record["source"]]
        origin = source.get("annotations") or source["folder"]
        return self.file_of_image.get(record.get("image_id"), origin)


# Categories


def merge_categories(categories: list[dict], ledger: Ledger):
    """Categories of the same name are one class; within one source that is worth a remark."""
    seen = {}
    for category in categories:
        first = seen.setdefault((category["source"], category["name"]), category)
        if first is not category:
            found = f"{category['name']} is the name of the id {first['source_id']} too"
            ledger.note("category", category, "duplicate_category", found, "merged")


def note_unused_classes(
    categories: list[dict], class_of: dict, annotations: list[dict], ledger: Ledger
):
    used = {annotation["category_id"] for annotation in annotations}
    for category in categories:
        number = class_of.get(category["id"])
        if number and number not in used:
            used.add(number)
            found = f"{category['name']} has no usable annotation; `classes` can leave it out"
            ledger.note("category", category, "unused_class", found, "kept")


# Images


def sort_images(images: list[dict], ledger: Ledger) -> dict[tuple, dict]:
    """The usable image that each `(source, source_id)` stands for."""
    files_of = defaultdict(set)
    for image in images:
        files_of[image["source"], image["source_id"]].add(image["file_name"])
    first_of, image_of = {}, {}
    for image in images:
        key = image["source"], image["source_id"]
        finding = first_finding(IMAGE_CHECKS, image)
        if finding is None and len(files_of[key]) > 1:
            finding = "duplicate_image_id", f"the id of {', '.join(sorted(files_of[key]))}"
        if finding:
            ledger.note("image", image, *finding, "quarantined")
            continue
        first = first_of.setdefault(image["id"], image)
        if first is not image:
            finding = "image_listed_twice", f"listed with the id {first['source_id']} too"
            refuse_two_splits(first, image)
            if first["orientation"] != image["orientation"]:
                ledger.note("image", image, *finding, "quarantined")
                continue
            ledger.note("image", image, *finding, "merged")
        image_of[key] = first
    return image_of


def refuse_two_splits(first: dict, second: dict):
    if first.get("split") != second.get("split"):
        raise InputError(
            f"{first['file_name']} is in two sources, one with split: {first.get('split')} and one "
            f"with split: {second.get('split')}; take it out of one of them"
        )


def images_with_truth(image_of: dict, annotations: list[dict], ledger: Ledger) -> list[dict]:
    """The usable images by file name, without those that would wrongly count as empty."""
    annotated = {annotation["image_id"] for annotation in annotations}
    lost = {annotation["image_id"] for annotation in ledger.quarantine["annotation"]} - annotated
    images = []
    for image in {image["id"]: image for image in image_of.values()}.values():
        if image["id"] in lost:
            found = "all its annotations are in quarantine, but it is not empty"
            ledger.note("image", image, "no_usable_annotation", found, "quarantined")
        else:
            images.append(image)
    return sorted(images, key=lambda image: image["file_name"])


def note_copies(images: list[dict], ledger: Ledger):
    """Images of the same content stay, and the split keeps them together."""
    first_of = {}
    for image in images:
        first = first_of.setdefault(image["sha256"], image)
        if first is not image:
            found = f"the same content as {first['file_name']}"
            ledger.note("image", image, "duplicate_image", found, "kept")


def note_near_duplicates(images: list[dict], ledger: Ledger) -> dict[int, dict]:
    """The marks, by image id, by which the split keeps images of the same picture together."""
    same_as = {}
    for image, first in near_duplicates.clusters(images):
        same_as[image["id"]] = {"same_as": first["sha256"]}
        if first["sha256"] != image["sha256"]:
            found = f"the same picture as {first['file_name']}"
            ledger.note("image", image, "near_duplicate", found, "kept")
    return same_as


def clean_image(image: dict) -> dict:
    keys = ("id", "file_name", "width", "height", "sha256", "orientation", "source", "source_id")
    return {key: image[key] for key in (*keys, "split") if key in image}


# Annotations


def sort_annotations(
    imported: dict, image_of: dict, class_of: dict, settings: dict, ledger: Ledger
) -> list[dict]:
    """The usable annotations, with box and area as their masks have them."""
    name_of = {category["id"]: category["name"] for category in imported["categories"]}
    used, first_of, ids = [], {}, set()
    for annotation in imported["annotations"]:
        image = image_of.get((annotation["source"], annotation["source_image_id"]))
        category = annotation["category_id"]
        if category is not None and category not in class_of:
            ledger.note("annotation", annotation, "unwanted_class", name_of[category], "dropped")
        elif annotation["image_id"] is None:
            finding = "unknown_image", annotation["problem"]
            ledger.note("annotation", annotation, *finding, "quarantined")
        elif image is None:
            finding = "image_quarantined", "its image cannot be used"
            ledger.note("annotation", annotation, *finding, "quarantined")
        elif finding := first_finding(ANNOTATION_CHECKS, annotation, image, settings):
            ledger.note("annotation", annotation, *finding, "quarantined")
        elif (
            first := first_of.setdefault(identity(annotation, class_of), annotation)
        ) is not annotation:
            finding = "duplicate_annotation", f"the same object as {first['source_id']}"
            ledger.note("annotation", annotation, *finding, "merged")
        else:
            for repair in REPAIRS:
                if found := repair(annotation, image, settings):
                    ledger.note("annotation", annotation, repair.__name__, found, "repaired")
            note_repeated_id(annotation, ids, ledger)
            used.append(clean_annotation(annotation, class_of))
    return used


def identity(annotation: dict, class_of: dict) -> tuple:
    """What two annotations share only if they are the same object, described twice."""
    mask = annotation["segmentation"]["counts"]
    category = class_of[annotation["category_id"]]
    return annotation["image_id"], category, mask, annotation["iscrowd"]


def note_repeated_id(annotation: dict, ids: set, ledger: Ledger):
    key = annotation["source"], annotation["source_id"]
    if key in ids and annotation["source_id"] is not None:
        found = f"another annotation has this id; it became {annotation['id']}"
        ledger.note("annotation", annotation, "duplicate_annotation_id", found, "repaired")
    ids.add(key)


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


def first_finding(checks: tuple, *record) -> tuple[str, str] | None:
    """The name of the first check that finds something, and what it finds."""
    for check in checks:
        if found := check(*record):
            return check.__name__, found
    return None


# The sums


def totals(imported: dict, dataset: dict, ledger: Ledger) -> dict[str, dict[str, int]]:
    """Where the records went. That none is lost is checked here, whatever the code above does."""
    sums = {}
    for kind in ("image", "annotation"):
        went = {"used": len(dataset[f"{kind}s"])}
        went |= {action: ledger.actions[kind, action] for action in REMOVALS}
        sums[kind] = {"in": len(imported[f"{kind}s"])} | went
        if sums[kind]["in"] != sum(went.values()):
            raise RuntimeError(f"{kind}s were lost or doubled by the validation: {sums[kind]}")
    return sums


def refuse_unusable(result: Result, limit: float, full_list: str):
    """Stop if too little of the data can be used.

    Args:
        limit: largest fraction of the images, and of the annotations, in quarantine. Records that
            were merged or dropped do not count.
        full_list: the file that lists all issues, for the message.

    Raises:
        InputError: with the numbers, the most frequent reasons and what to do.
    """
    shares = {kind: quarantined_share(total) for kind, total in result.totals.items()}
    lines = []
    if any(share > limit for share in shares.values()):
        lines.append(
            f"Too much of the data cannot be used: {shares['image']:.1%} of the images and "
            f"{shares['annotation']:.1%} of the annotations, "
            f"validation.max_quarantined allows {limit:.1%}."
        )
    if not result.dataset["images"]:
        lines.append("No image is left that can be used.")
    elif all(annotation["iscrowd"] for annotation in result.dataset["annotations"]):
        lines.append("No annotation is left to learn from (a crowd does not count).")
    if lines:
        lines += [summary(kind, total) for kind, total in result.totals.items()]
        lines += top_reasons(result.issues)
        lines.append(f"{full_list} lists all issues. Mend or remove what it names and run again.")
        raise InputError("\n  ".join(lines))


def quarantined_share(total: dict[str, int]) -> float:
    return total["quarantined"] / max(total["used"] + total["quarantined"], 1)


def summary(kind: str, total: dict[str, int]) -> str:
    """`images: 97 in, 95 used, 2 quarantined`"""
    shown = [
        f"{number} {name}" for name, number in total.items() if number or name in ("in", "used")
    ]
    return f"{kind}s: {', '.join(shown)}"


def top_reasons(issues: list[dict], most: int = 5) -> list[str]:
    """The most frequent reasons for not using a record, each with its first example."""
    examples, counts = {}, Counter()
    for issue in issues:
        consequence = issue["check"] == "image_quarantined"
        if issue["action"] in ("quarantined", "dropped") and not consequence:
            reason = issue["record"], issue["check"], issue["action"]
            counts[reason] += 1
            examples.setdefault(reason, f"{issue['file']}: {issue['found']}")
    return [
        f"{number} {kind}s {action}: {check}, for example {examples[kind, check, action]}"
        for (kind, check, action), number in counts.most_common(most)
    ]
