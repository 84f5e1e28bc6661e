"""Puts the metrics of all runs into one table, and the models in the order of their worth."""

from pathlib import Path

import numpy as np
import pandas as pd

import console
from evaluation.bootstrap import interval
from evaluation.thresholds import EVERY_CLASS

KEYS = ["model", "fold", "run", "split"]
METRICS = ["AP", "AP50", "AP75"]
DIFFERENCE = ["AP_difference", "AP_difference_low", "AP_difference_high"]


def compare_models(
    metrics: list[Path],
    draws: list[Path],
    thresholds: list[Path],
    rows: list[dict],
    evaluation: Path,
    leaderboard: Path,
    settings: dict[str, dict] | None = None,
):
    """Write one row per evaluation and IoU type, and one per model, split and IoU type.

    Args:
        metrics, draws: the tables of each evaluation.
        thresholds: the threshold.tsv of each model, fold and run, in the order of `rows`.
        rows: what each evaluation is of: model, fold, run and split.
        evaluation: TSV; the rows' keys, then the columns of metrics.tsv, digit by digit.
        leaderboard: TSV, see `rank`.
        settings: for each model the values of the keys in which the models differ, such as
            `training.learning_rate`: the last columns of both tables.
    """
    settings = pd.DataFrame.from_dict(settings or {}, orient="index")
    table = pd.concat(
        with_keys(pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False), row)
        for path, row in zip(metrics, rows, strict=True)
    )
    table.join(settings, on="model").to_csv(evaluation, sep="\t", index=False, lineterminator="\n")
    console.say(table.drop(columns="fold").loc[:, :"AP75"].to_string(index=False))

    runs = list(dict.fromkeys((row["model"], row["fold"], row["run"]) for row in rows))
    validation = pd.DataFrame(
        (model, validation_ap(path)) for (model, _, _), path in zip(runs, thresholds, strict=True)
    )
    drawn = pd.concat(
        with_keys(pd.read_csv(path, sep="\t"), row) for path, row in zip(draws, rows, strict=True)
    )
    numbers = table[METRICS].apply(pd.to_numeric)
    ranked = rank(table.assign(**numbers), drawn, validation.groupby(0, sort=False)[1].mean())
    ranked.join(settings, on="model").to_csv(
        leaderboard, sep="\t", index=False, float_format="%.6f", lineterminator="\n"
    )


def with_keys(table: pd.DataFrame, row: dict) -> pd.DataFrame:
    for position, key in enumerate(KEYS):
        table.insert(position, key, row[key])
    return table


def validation_ap(path: Path) -> float:
    table = pd.read_csv(path, sep="\t", keep_default_na=False, na_values=[""]).set_index("class")
    return table.loc[EVERY_CLASS, "AP"]


def rank(evaluation: pd.DataFrame, draws: pd.DataFrame, validation: pd.Series) -> pd.DataFrame:
    """A row per model, split and IoU type, the model with the highest validation AP first.

    Columns:
        model; val_AP: the mean over its runs of the mask AP on the validation images;
        chosen: "yes" for the model with the highest; split, iou_type, runs;
        AP, AP50, AP75: means over the runs, that is over seeds and folds;
        AP_spread: the standard deviation over the runs; AP_spread_seeds: over the seeds of a
            fold, on average over the folds; AP_spread_folds: over the folds' means;
        AP_low, AP_high: the 95 % interval of the mean, for other images of the same kind;
        AP_difference: to the chosen model, and its 95 % interval, of both on the same images.
    """
    groups = ["split", "iou_type"]
    models = validation.sort_values(ascending=False, kind="stable").index
    rows = []
    for (split, iou_type), own in evaluation.groupby(groups, sort=False):
        drawn = draws[(draws["split"] == split) & (draws["iou_type"] == iou_type)]
        drawn = drawn.pivot_table("AP", "draw", "model", aggfunc="mean", dropna=False)
        means = own.groupby("model", sort=False)[METRICS].mean()
        chosen = models[0]
        for model in models:
            of_model = own[own["model"] == model]
            low, high = interval(means.loc[model, "AP"], drawn[model].to_numpy(), 0, 1)
            difference = means.loc[model, "AP"] - means.loc[chosen, "AP"]
            apart = interval(difference, (drawn[model] - drawn[chosen]).to_numpy())
            row = {
                "model": model,
                "val_AP": validation[model],
                "chosen": "yes" if model == chosen else "no",
                "split": split,
                "iou_type": iou_type,
                "runs": len(of_model),
                **means.loc[model],
                **spreads(of_model),
                "AP_low": low,
                "AP_high": high,
            }
            for name, value in zip(DIFFERENCE, (difference, *apart), strict=True):
                row[name] = value if model != chosen else np.nan
            rows.append(row)
    return pd.DataFrame(rows)


def spreads(runs: pd.DataFrame) -> dict:
    """How far the runs of a model lie apart; NaN where there is only one of a kind."""
    of_fold = runs.groupby("fold")["AP"]
    return {
        "AP_spread": runs["AP"].std(),
        "AP_spread_seeds": of_fold.std().mean(),
        "AP_spread_folds": of_fold.mean().std(),
    }


if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        compare_models(
            metrics=[Path(path) for path in snakemake.input.metrics],
            draws=[Path(path) for path in snakemake.input.draws],
            thresholds=[Path(path) for path in snakemake.input.thresholds],
            rows=snakemake.params.rows,
            evaluation=Path(snakemake.output.evaluation),
            leaderboard=Path(snakemake.output.leaderboard),
            settings=snakemake.params.settings,
        )
