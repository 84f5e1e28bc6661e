"""Writes the train, val and test parts of a data set, and how well they are balanced."""

import csv
from pathlib import Path

import console
from coco import json_files, splits
from coco.errors import InputError


def split_dataset(dataset: Path, settings: dict, seed: int, parts: dict[str, Path], balance: Path):
    """Write each part to its path in `parts`, and `balance.tsv`."""
    content = json_files.read(dataset)
    split_of = splits.split(content, settings, seed)
    for name, path in parts.items():
        json_files.write(path, splits.subset(content, split_of, name))
    rows = splits.balance(content, split_of, settings)
    write_balance(rows, balance)
    for line in summary(rows):
        console.say(line)


def write_balance(rows: list[dict], path: Path):
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, splits.BALANCE_COLUMNS, delimiter="\t", lineterminator="\n")
        table.writeheader()
        for row in rows:
            table.writerow({key: fixed(value) for key, value in row.items()})


def fixed(value):
    return f"{value:.4f}" if isinstance(value, float) else value


def summary(rows: list[dict]) -> list[str]:
    """The sizes, and the classes that a split lacks: nothing can be measured of those there."""
    sizes = {row["split"]: row["images"] for row in rows if row["class"] == "(all)"}
    lines = ["images: " + ", ".join(f"{size} {name}" for name, size in sizes.items())]
    learnable = {row["class"] for row in rows if row["instances"]}
    for name, size in sizes.items():
        present = {row["class"] for row in rows if row["split"] == name and row["instances"]}
        if size and learnable - present:
            lacking = splits.some(sorted(learnable - present))
            lines.append(f"{name} has no {lacking}: more images of them are needed")
    return lines


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=InputError):
        split_dataset(
            dataset=Path(snakemake.input.dataset),
            settings=snakemake.params.split,
            seed=snakemake.params.seed,
            parts={name: Path(snakemake.output[name]) for name in splits.SPLITS},
            balance=Path(snakemake.output.balance),
        )
