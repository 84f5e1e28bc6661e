"""The provenance.json beside tables, see workflow/schemas/provenance.schema.yaml."""

import json
from pathlib import Path

import environment
import provenance

NAME = "provenance.json"
TRAINING = (  # of a model.json
    *("best_epoch", "epochs", "val_AP", "weights_sha256", "fingerprint"),
    *("backend", "device", "code", "versions", "machine"),
)


def write(
    output: Path,
    what: dict[str, str],
    seed: int,
    tables: list[str],
    files: dict[str, str],
    settings: dict,
    **more,
):
    """Write a provenance.json.

    Args:
        output: path of the JSON file.
        what: what the tables are of.
        seed: of the training, or of the data stages.
        tables: their paths.
        files: the paths of all that the numbers were made of, by what they are, the nearest first.
        settings: the part of the configuration that decides the numbers.
        more: further keys.
    """
    content = {
        "what": what,
        "seed": seed,
        "tables": provenance.digests(tables),
        "files": {
            name: {"path": path, "sha256": provenance.digest(path)} for name, path in files.items()
        },
        "config": {"sha256": provenance.of_values(settings), "values": settings},
        **more,
        **environment.describe(),
    }
    output.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_of_training(
    output: Path, what: dict[str, str], tables: list[str], files: dict[str, str], settings: dict
):
    """The same for tables that one training's weights made: `files` has its model.json, `model`."""
    about = json.loads(Path(files["model"]).read_text(encoding="utf-8"))
    training = {key: about[key] for key in TRAINING}
    write(output, what, about["seed"], tables, files, settings, training=training)
