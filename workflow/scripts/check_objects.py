"""Says what the models of the configuration cannot see of the objects, at the size of their input.

Apart from the other checks, so that a change of a model does not validate the data again.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import console
from coco import json_files
from coco.checks import Check, objects
from coco.errors import InputError
from coco.ledger import ISSUE_COLUMNS


def check_objects(dataset: Path, models: dict[str, dict], output: Path):
    """Write a row of ISSUE_COLUMNS for each finding.

    Args:
        models: for each model the name of its `input`, the recipe of that (`mode`, `size`,
            `scale`), and its `max_objects`.
    """
    rows = list(issues(json_files.read(dataset), models))
    for row in rows:
        console.say(f"{row['record']} {row['id']}: {row['found']}")
    with output.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, ISSUE_COLUMNS, delimiter="\t", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def issues(dataset: dict, models: dict[str, dict]) -> Iterator[dict]:
    for name, recipe in {model["input"]: model for model in models.values()}.items():
        if found := objects.tiny_objects.find(recipe, dataset):
            yield issue(objects.tiny_objects, name, found)
    for name, model in models.items():
        if found := objects.too_many_objects.find(model["max_objects"], model, dataset):
            yield issue(objects.too_many_objects, name, found)


def issue(check: Check, name: str, found: str) -> dict:
    return {
        "file": "",
        "record": check.record,
        "id": name,
        "check": check.name,
        "severity": check.severity,
        "found": found,
        "action": check.action(None),
    }


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=InputError):
        check_objects(
            Path(snakemake.input.dataset), snakemake.params.models, Path(snakemake.output[0])
        )
