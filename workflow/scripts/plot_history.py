"""Draws a training's learning curves."""

from pathlib import Path

import pandas as pd

import console
from evaluation import figures


def plot_history(history: Path, output: Path):
    figures.learning_curves(pd.read_csv(history, sep="\t")).savefig(output)


if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        plot_history(Path(snakemake.input.history), Path(snakemake.output[0]))
