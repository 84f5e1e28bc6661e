"""Writes the train, val and test parts of a data set, which image is where, and the balance."""

import csv
import math
from pathlib import Path

import console
from coco import balance, json_files, leaks, splits
from coco.errors import InputError
from coco.stratification import Group


def split_dataset(
    dataset: Path, settings: dict, seed: int, fold: str, parts: dict[str, Path], tables: dict
):
    """Write each part to its path in `parts`.

    Args:
        settings: the configuration's `split`.
        fold: `holdout`, `fold0`, `fold1`, ...
        tables: paths of `splits` (the split of each image), `leaks` (images that had to move) and
            `balance`.
    """
    content = json_files.read(dataset)
    division = splits.split(content, settings, seed, fold)
    write_table(tables["splits"], splits.TABLE_COLUMNS, splits.table(content, division))
    write_table(tables["leaks"], leaks.COLUMNS, division.leaks)
    rows = balance.balance(content["categories"], division, seed)
    write_table(tables["balance"], balance.COLUMNS, rows)
    refuse_parts_without_objects(rows)
    for name, path in parts.items():  # last, see evaluate.py
        json_files.write(path, splits.subset(content, division.split_of, name))
    for line in summary(division, rows):
        console.say(line)


def refuse_parts_without_objects(rows: list[dict]):
    """Nothing could be learnt, or no epoch chosen: better said now than after hours."""
    for row in rows:
        if row["class"] == "(all)" and row["split"] != "test" and not row["instances"]:
            raise InputError(
                f"{row['split']} has {row['images']} images and no object, so no model can be "
                f"trained. Add annotated images, raise split.{row['split']}, or see issues.tsv for "
                "what was left out."
            )


def write_table(path: Path, columns: tuple, rows: list[dict]):
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, columns, delimiter="\t", lineterminator="\n")
        table.writeheader()
        for row in rows:
            table.writerow({key: cell(value) for key, value in row.items()})


def cell(value):
    """Fractions with four digits; empty where there is none."""
    if not isinstance(value, float):
        return value
    return "" if math.isnan(value) else f"{value:.4f}"


def summary(division: splits.Division, rows: list[dict]) -> list[str]:
    """Sizes, moved images, classes that a split lacks and why, and the quality of the split."""
    sizes = {row["split"]: row["images"] for row in rows if row["class"] == "(all)"}
    lines = ["images: " + ", ".join(f"{size} {name}" for name, size in sizes.items())]
    largest = max(division.groups, key=lambda group: group.counts["images", splits.ALL])
    total, most = sum(sizes.values()), largest.counts["images", splits.ALL]
    if most > max(1, min(division.targets.values()) * total):
        number = next(one for one, key in division.group_of.items() if key == largest.key)
        home = division.split_of[number]
        lines.append(f"{most} of {total} images belong together, all in {home}: {why(largest)}")
    if division.leaks:
        lines.append(f"{len(division.leaks)} images moved to the split of what they belong with")
    lines += [
        f"{row['split']} has no {row['class']}: {row['note']}"
        for row in rows
        if row["note"] and row["class"][0] != "(" and any_instances(rows, row["class"])
    ]
    distances = {
        name: sum(row[key] for row in rows if row["class"] == balance.MEAN) / len(splits.SPLITS)
        for key, name in (
            ("distance", "here"),
            ("distance_random", "random"),
            ("distance_scikit_learn", "StratifiedGroupKFold"),
        )
    }
    shown = ", ".join(
        f"{name} {value:.2%}" for name, value in distances.items() if not math.isnan(value)
    )
    lines.append(f"distance from the target shares, mean of all classes: {shown}")
    return lines


def why(group: Group) -> str:
    """What binds a group: what `group_by` found, which its key names, or else the looks."""
    if ": " in group.key:
        return group.key
    return (
        "copies or near-duplicates, see issues.tsv; if they only look alike, set "
        "split.near_duplicates: false"
    )


def any_instances(rows: list[dict], title: str) -> bool:
    return any(row["instances"] for row in rows if row["class"] == title)


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=InputError):
        split_dataset(
            dataset=Path(snakemake.input.dataset),
            settings=snakemake.params.split,
            seed=snakemake.params.seed,
            fold=snakemake.wildcards.fold,
            parts={name: Path(snakemake.output[name]) for name in splits.SPLITS},
            tables={name: Path(snakemake.output[name]) for name in ("splits", "leaks", "balance")},
        )
