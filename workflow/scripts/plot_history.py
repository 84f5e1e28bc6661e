"""Draws a training's learning curves."""

from pathlib import Path

import pandas as pd

import console
from coco import json_files
from evaluation import figures
from evaluation.learning_curves import learning_curves


def plot_history(history: Path, model: Path, output: Path):
    about = json_files.read(model)
    figure = learning_curves(
        pd.read_csv(history, sep="\t"),
        best_epoch=about["best_epoch"],
        planned=about["training"]["epochs"],
        evaluate_every=about["training"]["evaluate_every"],
    )
    figures.save(figure, output)


if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        plot_history(
            Path(snakemake.input.history), Path(snakemake.input.model), Path(snakemake.output.png)
        )
