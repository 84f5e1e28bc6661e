"""Puts the metrics of all models into one table."""

from pathlib import Path

import pandas as pd

import console


def compare_models(metrics: list[Path], rows: list[dict], output: Path):
    """Write one row per evaluation and IoU type.

    Args:
        metrics: the metrics.tsv of each evaluation.
        rows: what each of them is of: model, fold, run and split, in the same order.
        output: TSV; the rows' keys, then the columns of metrics.tsv, digit by digit.
    """
    tables = []
    for path, row in zip(metrics, rows, strict=True):
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        for position, key in enumerate(("model", "fold", "run", "split")):
            table.insert(position, key, row[key])
        tables.append(table)
    evaluation = pd.concat(tables)
    evaluation.to_csv(output, sep="\t", index=False, lineterminator="\n")
    console.say(evaluation.drop(columns="fold").loc[:, :"AP75"].to_string(index=False))


if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        compare_models(
            [Path(path) for path in snakemake.input.metrics],
            snakemake.params.rows,
            Path(snakemake.output[0]),
        )
