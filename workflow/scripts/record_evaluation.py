"""Writes beside the tables of an evaluation where their numbers come from."""

import json
from pathlib import Path

import console
import sidecars


def record_evaluation(
    files: dict[str, str], tables: list[str], row: dict, settings: dict, output: Path
):
    """Write a provenance.json.

    Args:
        files: the paths of all that the numbers were made of, by what they are, the nearest first.
        tables: the paths of the tables.
        row: model, fold, run and split.
        settings: the sections of the configuration that decide the numbers.
        output: path of the JSON file.
    """
    about = json.loads(Path(files["model"]).read_text(encoding="utf-8"))
    training = sidecars.of_training(about)
    sidecars.write(output, row, about["seed"], tables, files, settings, training=training)


if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        record_evaluation(
            files={name: str(path) for name, path in snakemake.input.items() if name != "tables"},
            tables=list(snakemake.input.tables),
            row=dict(snakemake.wildcards.items()),
            settings=snakemake.params.settings,
            output=Path(snakemake.output[0]),
        )
