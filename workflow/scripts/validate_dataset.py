"""Checks the imported data and writes what is usable, what is not, and why.

Nothing is lost: in = used + quarantined + merged (repeats another record) + dropped (class not
wanted), for images and for annotations, and every record that is not used has a row in issues.tsv.
counts.tsv has the sums.
"""

import csv
import sys
from pathlib import Path

import console
from coco import json_files, ledger, refusal, validation
from coco.errors import InputError


def validate_dataset(
    imported: Path,
    classes: list | None,
    settings: dict,
    dataset: Path,
    quarantine: Path,
    issues: Path,
    counts: Path,
    log: str,
):
    """Write the four files, unless too little is usable; `log` receives the issues as well."""
    result = validation.validate(json_files.read(imported), classes, settings)
    write_table(result.issues, ledger.ISSUE_COLUMNS, sys.stdout)
    for kind, total in result.totals.items():
        console.say(refusal.summary(kind, total))
    # Snakemake removes the outputs of a job that fails, but not its log.
    refusal.refuse_unusable(result, settings["max_quarantined"], full_list=log)
    json_files.write(dataset, result.dataset)
    json_files.write(quarantine, result.quarantine)
    for path, rows, columns in (
        (issues, result.issues, ledger.ISSUE_COLUMNS),
        (counts, result.counts, ledger.COUNT_COLUMNS),
    ):
        with path.open("w", encoding="utf-8", newline="") as file:
            write_table(rows, columns, file)
    if result.issues:
        console.say(f"{len(result.issues)} issues: {issues}")


def write_table(rows: list[dict], columns: tuple[str, ...], file):
    table = csv.DictWriter(file, columns, delimiter="\t", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=InputError):
        validate_dataset(
            imported=Path(snakemake.input.imported),
            classes=snakemake.params.classes,
            settings=snakemake.params.validation,
            dataset=Path(snakemake.output.dataset),
            quarantine=Path(snakemake.output.quarantine),
            issues=Path(snakemake.output.issues),
            counts=Path(snakemake.output.counts),
            log=snakemake.log[0],
        )
