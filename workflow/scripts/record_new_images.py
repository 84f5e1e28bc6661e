"""Writes beside the tables of a folder of new images where their numbers come from."""

import json
from pathlib import Path

import console
import sidecars

RUN = "model", "fold", "run"


def record_new_images(
    files: dict[str, str], tables: list[str], dataset: str, settings: dict, output: Path
):
    """Write a provenance.json.

    Args:
        files: the paths of all that the numbers were made of, by what they are, the nearest first:
            among them `images`, the table of the images, and `model` and `chosen`, what the
            training is.
        tables: the paths of the tables.
        dataset: its name.
        settings: the part of the configuration that decides the numbers, with `folder`.
        output: path of the JSON file.
    """
    about, chosen = (
        json.loads(Path(files[name]).read_text(encoding="utf-8")) for name in ("model", "chosen")
    )
    what = {"dataset": dataset, "folder": settings["folder"]}
    what |= {key: chosen[key] for key in RUN}
    training = sidecars.of_training(about)
    sidecars.write(output, what, about["seed"], tables, files, settings, training=training)


if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        record_new_images(
            files={name: str(path) for name, path in snakemake.input.items() if name != "tables"},
            tables=list(snakemake.input.tables),
            dataset=snakemake.wildcards.dataset,
            settings=json.loads(json.dumps(snakemake.params.settings)),
            output=Path(snakemake.output[0]),
        )
