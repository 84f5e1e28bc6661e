"""Writes beside the tables of a data set where their numbers come from."""

import json
from pathlib import Path

import console
import provenance
import sidecars


def record_results(
    tables: list[str], files: dict[str, str], evaluations: list[str], config: dict, output: Path
):
    """Write a provenance.json.

    Args:
        tables: the paths of the tables.
        files: the paths of the data set's files, by what they are.
        evaluations: the provenance.json of each evaluation.
        config: the whole configuration.
        output: path of the JSON file.
    """
    sidecars.write(
        output,
        {"dataset": config["dataset"]},
        config["seed"],
        tables,
        files,
        config,
        evaluations=provenance.digests(evaluations),
    )


if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        record_results(
            tables=list(snakemake.input.tables),
            files={"dataset": str(snakemake.input.dataset)},
            evaluations=list(snakemake.input.evaluations),
            config=json.loads(json.dumps(snakemake.params.config)),
            output=Path(snakemake.output[0]),
        )
