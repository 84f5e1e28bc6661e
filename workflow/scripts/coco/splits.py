"""Splits a data set into train, val and test: by fractions, in folds, or as the user has done."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from coco import given_splits, grouping, leaks
from coco.errors import InputError
from coco.given_splits import SPLITS
from coco.image_names import some
from coco.stratification import Group, stratify

HOLDOUT = "holdout"
NO_OBJECTS = 0  # a class beside 1, 2, ...: these images are shared out evenly too
ALL = "all"
TABLE_COLUMNS = ("file", "sha256", "group", "split", "how")


@dataclass(frozen=True)
class Division:
    """A data set, split.

    Attributes:
        split_of: the split of each image id.
        group_of: the key of the group of each image id; a group is in one split.
        groups: each group with its counts: `("images", class)` and `("instances", class)`.
        targets: the fraction of each split that was asked for.
        given: the image ids that the user had put into a split.
        leaks: a row of `leaks.COLUMNS` for each image that had to change its given split.
    """

    split_of: dict[int, str]
    group_of: dict[int, str]
    groups: list[Group]
    targets: dict[str, float]
    given: set[int]
    leaks: list[dict]


def split(dataset: dict, settings: dict, seed: int, fold: str = HOLDOUT) -> Division:
    """Split a data set so that images that belong together stay together.

    Args:
        dataset: content of `dataset.json`.
        settings: the configuration's `split`. Its `lists` decide, else the `split` of the images'
            sources, else its fractions and what it `keep`s.
        seed: start of the draws. The same images get the same splits in any order.
        fold: `holdout`, or with `folds` one of `fold0`, `fold1`, ...

    Raises:
        InputError: a split would be empty or have no object, or the user's own split is
            incomplete, contradictory or has images that belong together on two sides.
    """
    tied = grouping.ties(dataset["images"], settings)
    group_of = grouping.groups(tied)
    groups = counted(dataset, group_of)

    def mended(
        given: dict[int, str], tested: set[str] | None = None
    ) -> tuple[dict[int, str], list[dict]]:
        return leaks.mend(dataset["images"], given, group_of, tied, settings["leaks"], tested)

    if settings["lists"] or has_own_split(dataset):
        given = by_user(dataset, settings["lists"])
        split_of, moved = mended(given)
        sizes = Counter(given.values())
        targets = {name: sizes[name] / sizes.total() for name in SPLITS if sizes[name]}
    else:
        targets = target_shares(settings)
        refuse_too_few(groups, settings["folds"] or len(targets))
        tests = kept_tests(dataset, settings, group_of) if settings["folds"] else None
        tested = tests and {key for key, name in tests.items() if name == fold}
        given, moved = mended(kept(dataset, settings, fold), tested)
        for name in set(given.values()) - set(targets):
            raise InputError(f"split.keep: has images in {name}, but split.{name} is 0")
        part_of = parts_of(given, group_of)
        if settings["folds"]:
            part_of = in_fold(groups, targets, settings, seed, fold, part_of, tests)
        else:
            part_of = stratify(groups, targets, seed, part_of)
        split_of = {number: part_of[key] for number, key in group_of.items()}
    refuse_empty(dataset, split_of, group_of)
    return Division(split_of, group_of, groups, targets, set(given), moved)


def in_fold(
    groups: list[Group],
    targets: dict[str, float],
    settings: dict,
    seed: int,
    fold: str,
    kept_parts: dict[str, str],
    kept_tests: dict[str, str],
) -> dict[str, str]:
    """The split of each group in a fold: each group is in the test of one fold.

    Args:
        kept_parts: splits that are known in this fold, by key.
        kept_tests: folds that are known to test a group, by key.
    """
    names = fold_names(settings)
    tested_in = stratify(groups, dict.fromkeys(names, 1 / len(names)), seed, kept_tests)
    rest = [group for group in groups if tested_in[group.key] != fold]
    share = targets["val"] / (1 - targets["test"])
    known = {key: part for key, part in kept_parts.items() if part != "test"}
    learned = stratify(rest, {"train": 1 - share, "val": share}, f"{seed}:{fold}", known)
    return {group.key: learned.get(group.key, "test") for group in groups}


def fold_names(settings: dict) -> list[str]:
    count = settings["folds"]
    return [f"fold{number}" for number in range(count)] if count else [HOLDOUT]


def target_shares(settings: dict) -> dict[str, float]:
    """The fraction of each split that gets images; with folds, each tests its part of them all."""
    if settings["folds"]:
        test = 1 / settings["folds"]
        return {"train": 1 - test - settings["val"], "test": test, "val": settings["val"]}
    return {name: settings[name] for name in SPLITS if settings[name] > 0}


def has_own_split(dataset: dict) -> bool:
    return any("split" in image for image in dataset["images"])


def by_user(dataset: dict, lists: dict[str, str] | None) -> dict[int, str]:
    return given_splits.by_lists(dataset, lists) if lists else given_splits.by_sources(dataset)


def kept(dataset: dict, settings: dict, fold: str) -> dict[int, str]:
    """What `keep` has of a fold; its path names the fold as `{fold}`."""
    if not settings["keep"]:
        return {}
    return given_splits.by_table(dataset["images"], settings["keep"].replace("{fold}", fold))


def kept_tests(dataset: dict, settings: dict, group_of: dict[int, str]) -> dict[str, str]:
    """The fold that tests most of the kept images of each group, by the group's key."""
    tables = {name: kept(dataset, settings, name) for name in fold_names(settings)}
    names = list(tables)
    splits_of = {
        image["id"]: [table.get(image["id"]) for table in tables.values()]
        for image in dataset["images"]
        if any(image["id"] in table for table in tables.values())
    }
    strange = {
        number for number, found in splits_of.items() if None in found or found.count("test") != 1
    }
    if strange:
        files = [one["file_name"] for one in dataset["images"] if one["id"] in strange]
        raise InputError(
            "split.keep: an image has to be in the table of each fold, and in the test of one. "
            f"{len(files)} are not: {some(files)}; name the tables that one run with "
            f"folds: {len(names)} wrote"
        )
    counts = defaultdict(Counter)
    for number, found in splits_of.items():
        counts[group_of[number]][names[found.index("test")]] += 1
    return {key: max(names, key=count.__getitem__) for key, count in counts.items()}


def parts_of(split_of: dict[int, str], group_of: dict[int, str]) -> dict[str, str]:
    return {group_of[number]: name for number, name in split_of.items()}


def counted(dataset: dict, group_of: dict[int, str]) -> list[Group]:
    """The groups with their numbers of images and instances of each class. Crowds do not count."""
    counts = {key: Counter() for key in group_of.values()}
    classes = {image["id"]: set() for image in dataset["images"]}
    for annotation in dataset["annotations"]:
        if not annotation["iscrowd"]:
            number, label = annotation["image_id"], annotation["category_id"]
            counts[group_of[number]]["instances", label] += 1
            classes[number].add(label)
    for number, labels in classes.items():
        counts[group_of[number]].update(
            ("images", label) for label in (ALL, *(labels or {NO_OBJECTS}))
        )
    return [Group(key, count) for key, count in counts.items()]


def refuse_too_few(groups: list[Group], parts: int):
    if len(groups) < parts:
        images = sum(group.counts["images", ALL] for group in groups)
        raise InputError(
            f"To split into {parts} there must be as many groups of images that belong together, "
            f"and there should be dozens. Found: {len(groups)}, images in all: {images}. Add "
            "images, or loosen split.group_by and split.near_duplicates"
        )


def refuse_empty(dataset: dict, split_of: dict[int, str], group_of: dict[int, str]):
    """Training, and the choice of the best epoch, need objects."""
    shown = {one["image_id"] for one in dataset["annotations"] if not one["iscrowd"]}
    with_objects = Counter(split_of[number] for number in shown)
    for name in ("train", "val"):
        if not with_objects[name]:
            raise InputError(
                f"no image in {name} has an object: of {len(split_of)} images, {len(shown)} have "
                f"one, in {len({group_of[number] for number in shown})} groups of images that "
                f"belong together; annotate more images, loosen split.group_by, or give {name} more"
            )


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


def table(dataset: dict, division: Division) -> list[dict]:
    """A row of TABLE_COLUMNS for each image: what `split.keep` reads."""
    moved = {row["file"] for row in division.leaks}
    rows = []
    for image in dataset["images"]:
        how = "given" if image["id"] in division.given else "drawn"
        how = "moved" if image["file_name"] in moved else how
        key, part = division.group_of[image["id"]], division.split_of[image["id"]]
        row = image["file_name"], image["sha256"], key, part, how
        rows.append(dict(zip(TABLE_COLUMNS, row, strict=True)))
    return rows
