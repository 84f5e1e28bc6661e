"""How near a split comes to its target shares, beside a random split and scikit-learn's."""

import warnings

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from coco.splits import ALL, NO_OBJECTS, SPLITS, Division
from coco.stratification import Group

COLUMNS = (
    "class",
    "split",
    "images",
    "instances",
    "image_share",
    "instance_share",
    "target_share",
    "distance",
    "distance_random",
    "distance_scikit_learn",
    "note",
)
MEAN = "(mean)"
RANDOM_SPLITS = 20
COMPARED = 20_000  # groups: beyond, scikit-learn would take minutes
FOLDS = 20  # of StratifiedGroupKFold, put together to the target shares


def balance(categories: list[dict], division: Division, seed: int) -> list[dict]:
    """Rows of COLUMNS: a row for each class and split, and for the mean of the classes.

    A distance is that of the class's shares of images and of instances from the target share, on
    average; of the random splits, the mean.
    """
    groups, targets = division.groups, division.targets
    classes = {one["id"]: one["name"] for one in categories}
    classes |= {NO_OBJECTS: "(no objects)", ALL: "(all)"}
    counts = {kind: table(groups, kind, list(classes)) for kind in ("images", "instances")}
    part_of = {division.group_of[number]: name for number, name in division.split_of.items()}
    ours = np.array([SPLITS.index(part_of[group.key]) for group in groups])
    target = np.array([targets.get(name, 0) for name in SPLITS])
    shares = {kind: part_shares(counts[kind], ours) for kind in counts}
    distances = {
        "distance": distance(counts, ours, target),
        "distance_random": np.mean(
            [
                distance(counts, cut(groups, target, [seed, number]), target)
                for number in range(RANDOM_SPLITS)
            ],
            axis=0,
        ),
        "distance_scikit_learn": distance(counts, by_scikit_learn(groups, target), target),
    }
    rows = []
    for row, (label, title) in enumerate(classes.items()):
        found = sum(("images", label) in group.counts for group in groups)
        for column, name in enumerate(SPLITS):
            cells = {kind: int(counts[kind][ours == column, row].sum()) for kind in counts}
            rows.append(
                {"class": title, "split": name}
                | cells
                | {
                    "image_share": shares["images"][row, column],
                    "instance_share": shares["instances"][row, column],
                    "target_share": target[column],
                }
                | {key: values[row, column] for key, values in distances.items()}
                | {"note": note(cells["images"], found, division, name)}
            )
    means = {key: mean(values) for key, values in distances.items()}
    for column, name in enumerate(SPLITS):
        rows.append(
            dict.fromkeys(COLUMNS)
            | {"class": MEAN, "split": name, "target_share": target[column]}
            | {key: values[column] for key, values in means.items()}
        )
    return rows


def table(groups: list[Group], kind: str, labels: list) -> np.ndarray:
    """Counts of a kind, a row per group and a column per label."""
    counts = np.array(
        [[group.counts.get((kind, label), 0) for label in labels] for group in groups]
    )
    if kind == "instances":
        counts[:, labels.index(ALL)] = counts.sum(axis=1)
    return counts


def part_shares(counts: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """The share of each label (row) in each split (column); not a number where it has none."""
    sums = np.stack([counts[parts == part].sum(axis=0) for part in range(len(SPLITS))], axis=1)
    with np.errstate(invalid="ignore"):  # nothing by nothing
        return sums / sums.sum(axis=1, keepdims=True)


def distance(counts: dict[str, np.ndarray], parts: np.ndarray, target: np.ndarray) -> np.ndarray:
    """By label and split, the mean distance of the shares of images and of instances."""
    images, instances = (abs(part_shares(counts[kind], parts) - target) for kind in counts)
    return np.where(np.isnan(instances), images, (images + instances) / 2)


def mean(distances: np.ndarray) -> np.ndarray:
    """Of the labels that there are; not a number if there is none."""
    known = ~np.isnan(distances)
    with np.errstate(invalid="ignore"):
        return np.where(known, distances, 0).sum(axis=0) / known.sum(axis=0)


def cut(groups: list[Group], target: np.ndarray, seed) -> np.ndarray:
    """A random split: the groups shuffled, and cut where the target shares of images are."""
    order = np.random.default_rng(seed).permutation(len(groups))
    sizes = np.array([group.counts["images", ALL] for group in groups])[order]
    middles = (np.cumsum(sizes) - sizes / 2) / sizes.sum()
    parts = np.empty(len(groups), int)
    parts[order] = np.searchsorted(np.cumsum(target)[:-1], middles, side="right")
    return parts


def by_scikit_learn(groups: list[Group], target: np.ndarray) -> np.ndarray:
    """The split of StratifiedGroupKFold, stratified by the class of each instance."""
    if len(groups) > COMPARED:
        return np.full(len(groups), -1)
    rows = [
        (number, label, count)
        for number, group in enumerate(groups)
        for (kind, label), count in group.counts.items()
        if kind == "instances" or label == NO_OBJECTS
    ]
    owner, label, count = np.array(rows).T
    owner, label = np.repeat(owner, count), np.repeat(label, count)
    folds = min(FOLDS, len(groups), int(np.bincount(label).max()))
    ends = np.rint(np.cumsum(target) * folds)
    parts = np.zeros(len(groups), int)
    if folds < 2:
        return parts
    with warnings.catch_warnings(action="ignore"):  # of classes with fewer members than folds
        for fold, (_, test) in enumerate(StratifiedGroupKFold(folds).split(label, label, owner)):
            parts[owner[test]] = np.searchsorted(ends, fold, side="right")
    return parts


def note(images: int, groups: int, division: Division, name: str) -> str:
    """Why a class is not in a split where it should be."""
    if images or name not in division.targets:
        return ""
    if not groups:
        return "the data set has none"
    if groups < len(division.targets):
        belong = "1 group" if groups == 1 else f"{groups} groups"
        return (
            f"all of it is in {belong} of images that belong together, and there are "
            f"{len(division.targets)} splits; add images"
        )
    if division.given:
        return "the given split has none there"
    return "the images that have it are needed in other splits, for other classes; add images"
