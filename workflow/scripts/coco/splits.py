"""Splits a data set into train, val and test: by fractions, or as the user has done already."""

import json
from collections import Counter, defaultdict
from pathlib import Path

from coco.errors import InputError
from coco.stratification import Group, stratify

SPLITS = ("train", "val", "test")
BALANCE_COLUMNS = ("class", "split", "images", "instances", "image_share", "target_share")
NO_OBJECTS = 0  # a label beside the classes 1, 2, ...: these images are shared out evenly too


def split(dataset: dict, settings: dict, seed: int) -> dict[int, str]:
    """The split of each image id.

    Args:
        dataset: content of `dataset.json`.
        settings: the configuration's `split`. Its `lists` decide, else the `split` of the images'
            sources, else its fractions.
        seed: start of the draws. The same images get the same splits in any order.

    Raises:
        InputError: a split would be empty or have no object, or the user's own split is
            incomplete, contradictory or has the same image on two sides.
    """
    if settings["lists"]:
        split_of = by_lists(dataset, settings["lists"])
    elif has_own_split(dataset):
        split_of = by_sources(dataset)
    else:
        split_of = by_fractions(dataset, settings, seed)
    refuse_leaks(dataset["images"], split_of)
    refuse_empty(dataset, split_of)
    return split_of


# Three ways to split


def has_own_split(dataset: dict) -> bool:
    return any("split" in image for image in dataset["images"])


def by_fractions(dataset: dict, settings: dict, seed: int) -> dict[int, str]:
    """Stratified over the classes in each image; images of the same content stay together."""
    shares = {name: settings[name] for name in SPLITS if settings[name] > 0}
    labels = labels_of_images(dataset)
    copies = defaultdict(list)
    for image in dataset["images"]:
        copies[image["sha256"]].append(image["id"])
    if len(copies) < len(shares):
        raise InputError(
            f"{len(copies)} different images cannot be split into {', '.join(shares)}; "
            f"add images: there have to be {len(shares)} at least, and should be dozens"
        )
    groups = [
        Group(sha256, len(ids), frozenset().union(*(labels[number] for number in ids)))
        for sha256, ids in copies.items()
    ]
    part_of = stratify(groups, shares, seed)
    return {image["id"]: part_of[image["sha256"]] for image in dataset["images"]}


def by_sources(dataset: dict) -> dict[int, str]:
    for image in dataset["images"]:
        if "split" not in image:
            raise InputError(
                f"{image['file_name']}: its source has no split, but others have; "
                "give each source one"
            )
    return {image["id"]: image["split"] for image in dataset["images"]}


def by_lists(dataset: dict, lists: dict[str, str]) -> dict[int, str]:
    known = images_by_name(dataset["images"])
    quarantined = images_by_name(dataset["info"]["quarantined"])
    split_of = {}
    for name, path in lists.items():
        unknown = []
        for entry in read_list(Path(path), name):
            if entry not in known:
                unknown += [entry] if entry not in quarantined else []
                continue
            image = only(known[entry], entry, path)
            other = split_of.setdefault(image["id"], name)
            if other != name:
                raise InputError(
                    f"{path}: {entry} is in {lists[other]} ({other}) too; "
                    f"an image can be in one split only"
                )
        if unknown:
            example = Path(dataset["images"][0]["file_name"]).name
            raise InputError(
                f"{path}: the data set does not have {len(unknown)} of the images listed: "
                f"{some(unknown)}; expected names such as {example}"
            )
    missing = [image["file_name"] for image in dataset["images"] if image["id"] not in split_of]
    if missing:
        raise InputError(
            f"split.lists: {len(missing)} images are in none of the lists: {some(missing)}; "
            "add them to one, or take them out of the sources"
        )
    return split_of


def images_by_name(images: list[dict]) -> dict[str, list[dict]]:
    """The images that each name may mean: path, name, name without suffix, or a text id."""
    named = defaultdict(dict)
    for image in images:
        path = Path(image["file_name"])
        for name in (str(path), path.name, path.stem, image["source_id"]):
            if isinstance(name, str):
                named[name][image["file_name"]] = image
    return {name: list(images.values()) for name, images in named.items()}


def only(images: list[dict], entry: str, path: str) -> dict:
    if len(images) > 1:
        names = [image["file_name"] for image in images]
        raise InputError(f"{path}: {entry} may be {some(names)}; write the whole path")
    return images[0]


def read_list(path: Path, name: str) -> list[str]:
    """The entries of a list: lines of text, a JSON list, or a JSON object with lists by split."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        entries = json.loads(text) if path.suffix.lower() == ".json" else text.splitlines()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except ValueError as error:  # neither text nor JSON
        raise InputError(f"{path}: not a list of images ({error})") from error
    if isinstance(entries, dict):
        if name not in entries:
            raise InputError(f"{path}: has no key {name}, but {some(list(entries))}")
        entries = entries[name]
    if not (isinstance(entries, list) and all(isinstance(entry, str) for entry in entries)):
        raise InputError(f"{path}: not a list of names for {name}")
    entries = [entry.strip() for entry in entries if entry.strip()]
    if not entries:
        raise InputError(f"{path}: lists no image for {name}")
    return entries


# Checks of all three


def refuse_leaks(images: list[dict], split_of: dict[int, str]):
    first_of = {}
    for image in images:
        first = first_of.setdefault(image["sha256"], image)
        if split_of[first["id"]] != split_of[image["id"]]:
            raise InputError(
                f"the same picture is in two splits: {first['file_name']} in "
                f"{split_of[first['id']]}, {image['file_name']} in {split_of[image['id']]}; "
                "put both into one, or remove one"
            )


def refuse_empty(dataset: dict, split_of: dict[int, str]):
    """Training, and the choice of the best epoch, need objects."""
    labels = labels_of_images(dataset)
    with_objects = Counter(
        split_of[number] for number, found in labels.items() if NO_OBJECTS not in found
    )
    for name in ("train", "val"):
        if not with_objects[name]:
            raise InputError(
                f"no image in {name} has an object: of {len(labels)} images, "
                f"{sum(with_objects.values())} have one; annotate more images, or give val more"
            )


# What the splits hold


def subset(dataset: dict, split_of: dict[int, str], name: str) -> dict:
    """The part of the data set in a split: all classes, the same ids."""
    return {
        "info": {
            "description": f"{dataset['info']['description']}: {name}",
            "images": dataset["info"]["images"],
        },
        "categories": dataset["categories"],
        "images": [image for image in dataset["images"] if split_of[image["id"]] == name],
        "annotations": [
            annotation
            for annotation in dataset["annotations"]
            if split_of[annotation["image_id"]] == name
        ],
    }


def labels_of_images(dataset: dict) -> dict[int, set[int]]:
    """For each image id its classes, or NO_OBJECTS. Crowds are no objects."""
    labels = {image["id"]: set() for image in dataset["images"]}
    for annotation in dataset["annotations"]:
        if not annotation["iscrowd"]:
            labels[annotation["image_id"]].add(annotation["category_id"])
    return {number: found or {NO_OBJECTS} for number, found in labels.items()}


def balance(dataset: dict, split_of: dict[int, str], settings: dict) -> list[dict]:
    """Rows of BALANCE_COLUMNS: how many images and instances of each class each split has.

    The target of a split that the user has made is its share of all images.
    """
    images, instances = Counter(), Counter()
    for number, labels in labels_of_images(dataset).items():
        images.update((label, split_of[number]) for label in (*labels, "all"))
    for annotation in dataset["annotations"]:
        if not annotation["iscrowd"]:
            name = split_of[annotation["image_id"]]
            instances.update([(annotation["category_id"], name), ("all", name)])
    targets = shares(images, "all")
    if not settings["lists"] and not has_own_split(dataset):
        targets = {name: settings[name] for name in SPLITS}
    titles = {one["id"]: one["name"] for one in dataset["categories"]}
    titles |= {NO_OBJECTS: "(no objects)", "all": "(all)"}
    return [
        {
            "class": title,
            "split": name,
            "images": images[label, name],
            "instances": instances[label, name],
            "image_share": shares(images, label)[name],
            "target_share": targets[name],
        }
        for label, title in titles.items()
        for name in SPLITS
    ]


def shares(images: Counter, label) -> dict[str, float | None]:
    """The fraction of a label's images in each split; None where it has no images."""
    total = sum(images[label, name] for name in SPLITS)
    return {name: images[label, name] / total if total else None for name in SPLITS}


def some(names: list, most: int = 3) -> str:
    """`a, b, c and 4 more`"""
    shown = ", ".join(str(name) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
