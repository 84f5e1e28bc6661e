"""Writes beside the tables of a data set where their numbers come from."""

import json
from pathlib import Path

import console
import environment
import provenance


def record_results(
    tables: list[str], files: dict[str, str], evaluations: list[str], config: dict, output: Path
):
    """Write a provenance.json, see workflow/schemas/provenance.schema.yaml.

    Args:
        tables: the paths of the tables.
        files: the paths of the data set's files, by what they are.
        evaluations: the provenance.json of each evaluation.
        config: the whole configuration.
        output: path of the JSON file.
    """
    content = {
        "what": {"dataset": config["dataset"]},
        "seed": config["seed"],
        "tables": provenance.digests(tables),
        "files": {
            name: {"path": path, "sha256": provenance.digest(path)} for name, path in files.items()
        },
        "evaluations": provenance.digests(evaluations),
        "config": {"sha256": provenance.of_values(config), "values": config},
        **environment.describe(),
    }
    output.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        record_results(
            tables=list(snakemake.input.tables),
            files={"dataset": str(snakemake.input.dataset)},
            evaluations=list(snakemake.input.evaluations),
            config=json.loads(json.dumps(snakemake.params.config)),
            output=Path(snakemake.output[0]),
        )
