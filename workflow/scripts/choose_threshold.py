"""Chooses, on the validation images, the score from which a model's detections are believed."""

import json
from pathlib import Path

import pandas as pd

import console
from evaluation import metrics, predictions, thresholds
from evaluation.errors import InputError
from evaluation.matching import ALL, IOU_50, match
from evaluation.metrics import mean
from evaluation.overlaps import find_overlaps


def choose_threshold(predictions_file: Path, truth_file: Path, max_detections: int, output: Path):
    """Write the threshold with the best F1 of masks, of all classes together and of each.

    AP and AP50 of the validation images stand beside it: models are chosen by them.
    """
    truth = json.loads(truth_file.read_text(encoding="utf-8"))
    found = predictions.read(predictions_file, truth)
    matching = match(find_overlaps(truth, found, "segm", max_detections))
    table = thresholds.table(matching)
    precision = metrics.accumulate(matching).precision[..., ALL]
    for name, chosen in (("AP", precision), ("AP50", precision[IOU_50, :])):
        by_class = [mean(chosen[..., label]) for label in range(precision.shape[-1])]
        table[name] = [mean(chosen), *by_class]
    write(table, output)
    best = table.iloc[0]
    console.say(f"score from {best['threshold']:.2f}: F1 {best['F1']:.3f} on {truth_file.stem}")


def write(table: pd.DataFrame, output: Path):
    """A TSV file; the threshold keeps every digit, as scores are compared with it."""
    table = table.assign(threshold=table["threshold"].map(repr))
    table.to_csv(output, sep="\t", index=False, float_format="%.6f", lineterminator="\n")


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=InputError):
        choose_threshold(
            predictions_file=Path(snakemake.input.predictions),
            truth_file=Path(snakemake.input.truth),
            max_detections=snakemake.params.max_detections,
            output=Path(snakemake.output[0]),
        )
