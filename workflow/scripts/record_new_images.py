"""Writes beside the tables of a folder of new images where their numbers come from."""

import json
from pathlib import Path

import console
import sidecars

RUN = "model", "fold", "run"


def what_it_is(dataset: str, folder: str, chosen: Path) -> dict[str, str]:
    """The data set, the folder, and the training that was chosen, by its run.json."""
    run = json.loads(chosen.read_text(encoding="utf-8"))
    return {"dataset": dataset, "folder": folder} | {key: run[key] for key in RUN}


if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        sidecars.write_of_training(
            output=Path(snakemake.output[0]),
            what=what_it_is(
                snakemake.wildcards.dataset,
                snakemake.params.settings["folder"],
                Path(snakemake.input.chosen),
            ),
            tables=list(snakemake.input.tables),
            files={name: str(path) for name, path in snakemake.input.items() if name != "tables"},
            settings=snakemake.params.settings,
        )
