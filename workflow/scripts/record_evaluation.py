"""Writes beside the tables of an evaluation where their numbers come from."""

import json
from pathlib import Path

import console
import environment
import provenance

TRAINING = (
    *("best_epoch", "epochs", "val_AP", "weights_sha256", "fingerprint"),
    *("backend", "device", "code", "versions", "machine"),
)


def record_evaluation(
    files: dict[str, str], tables: list[str], row: dict, settings: dict, output: Path
):
    """Write a provenance.json, see workflow/schemas/provenance.schema.yaml.

    Args:
        files: the paths of all that the numbers were made of, by what they are, the nearest first.
        tables: the paths of the tables.
        row: model, fold, run and split.
        settings: the sections of the configuration that decide the numbers.
        output: path of the JSON file.
    """
    about = json.loads(Path(files["model"]).read_text())
    content = {
        "what": row,
        "seed": about["seed"],
        "tables": provenance.digests(tables),
        "files": {
            name: {"path": path, "sha256": provenance.digest(path)} for name, path in files.items()
        },
        "config": {"sha256": provenance.of_values(settings), "values": settings},
        "training": {key: about[key] for key in TRAINING},
        **environment.describe(),
    }
    output.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        inputs = dict(snakemake.input.items())
        names = ("tables", "code")
        record_evaluation(
            files={name: str(path) for name, path in inputs.items() if name not in names},
            tables=list(snakemake.input.tables),
            row=dict(snakemake.wildcards.items()),
            settings=snakemake.params.settings,
            output=Path(snakemake.output[0]),
        )
