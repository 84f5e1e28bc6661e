"""Puts the training that did best on the validation images into a folder, for use elsewhere."""

import json
import shutil
from pathlib import Path

import pandas as pd

import console
from compare_models import validation_ap

FILES = ("weights", "model", "threshold")


def choose_run(files: dict[str, list[Path]], rows: list[dict], model: str | None, output: dict):
    """Copy the files of the best run of the best model, and say which it is.

    Args:
        files: for each of FILES the paths of all runs, in the order of `rows`.
        rows: what each run is: model, fold, run.
        model: the model to take; None takes the one whose runs did best on average.
        output: a path for each of FILES, and `about`.
    """
    table = pd.DataFrame(rows)
    table["val_AP"] = [validation_ap(path) for path in files["threshold"]]
    table["val_AP"] = table["val_AP"].fillna(0)
    means = table.groupby("model", sort=False)["val_AP"].mean()
    chosen = model or means.idxmax()
    best = int(table.loc[table["model"] == chosen, "val_AP"].idxmax())
    for name in FILES:
        shutil.copyfile(files[name][best], output[name])
    about = rows[best] | {"val_AP": float(table.loc[best, "val_AP"])}
    about["path"] = files["weights"][best].parent.as_posix()
    output["about"].write_text(json.dumps(about, indent=1) + "\n")
    console.say(f"{about['path']}: AP {about['val_AP']:.3f} on the validation images")


if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        choose_run(
            files={name: [Path(path) for path in snakemake.input[name]] for name in FILES},
            rows=snakemake.params.rows,
            model=snakemake.params.model,
            output={name: Path(path) for name, path in snakemake.output.items()},
        )
