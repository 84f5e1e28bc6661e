"""Writes beside the tables of an evaluation where their numbers come from."""

from pathlib import Path

import console
import sidecars

if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        sidecars.write_of_training(
            output=Path(snakemake.output[0]),
            what=dict(snakemake.wildcards.items()),
            tables=list(snakemake.input.tables),
            files={name: str(path) for name, path in snakemake.input.items() if name != "tables"},
            settings=snakemake.params.settings,
        )
