"""Checks the imported data and writes what is usable, what is not, and why.

Nothing is lost: in = used + quarantined + merged (repeats another record) + dropped (class not
wanted), for images and for annotations, and every record that is not used has a row in issues.tsv.
"""

import csv
import sys
from pathlib import Path

import console
from coco import json_files, validation
from coco.errors import InputError


def validate_dataset(
    imported: Path,
    classes: list | None,
    settings: dict,
    dataset: Path,
    quarantine: Path,
    issues: Path,
    log: str,
):
    """Write the three files, unless too little is usable; `log` receives the issues as well."""
    result = validation.validate(json_files.read(imported), classes, settings)
    write_issues(result.issues, sys.stdout)
    for kind, total in result.totals.items():
        console.say(validation.summary(kind, total))
    # Snakemake removes the outputs of a job that fails, but not its log.
    validation.refuse_unusable(result, settings["max_quarantined"], full_list=log)
    json_files.write(dataset, result.dataset)
    json_files.write(quarantine, result.quarantine)
    with issues.open("w", encoding="utf-8", newline="") as file:
        write_issues(result.issues, file)
    if result.issues:
        console.say(f"{len(result.issues)} issues: {issues}")


def write_issues(issues: list[dict], file):
    table = csv.DictWriter(file, validation.ISSUE_COLUMNS, delimiter="\t", lineterminator="\n")
    table.writeheader()
    table.writerows(issues)


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=InputError):
        validate_dataset(
            imported=Path(snakemake.input.imported),
            classes=snakemake.params.classes,
            settings=snakemake.params.validation,
            dataset=Path(snakemake.output.dataset),
            quarantine=Path(snakemake.output.quarantine),
            issues=Path(snakemake.output.issues),
            log=snakemake.log[0],
        )
