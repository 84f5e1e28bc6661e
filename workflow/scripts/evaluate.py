"""Measures the predictions of a split: tables, figures, and galleries of images."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

import console
from coco.errors import InputError as UnreadableImageError
from draw_galleries import draw_galleries
from evaluation import (
    bootstrap,
    calibration,
    charts,
    confusion,
    counting,
    figures,
    image_scores,
    metrics,
    operating_point,
    predictions,
    tables,
    thresholds,
    tide,
)
from evaluation.errors import InputError
from evaluation.matching import ALL, Matching, match
from evaluation.overlaps import IOU_TYPES, find_overlaps
from evaluation.sizes import ANY, COCO_SIZES, thirds

OUTPUTS = {
    "metrics": "metrics.tsv",
    "per_class": "per_class.tsv",
    "per_size": "per_size.tsv",
    "per_iou": "per_iou.tsv",
    "per_recall": "precision_recall.tsv",
    "per_image": "per_image.tsv",
    "operating_point": "operating_point.tsv",
    "confusion": "confusion.tsv",
    "errors": "errors.tsv",
    "counting": "counting.tsv",
    "calibration": "calibration.tsv",
    "draws": "draws.tsv",
    "precision_recall_figure": "precision_recall.png",
    "confusion_figure": "confusion.png",
    "errors_figure": "errors.png",
    "counting_figure": "counting.png",
    "calibration_figure": "calibration.png",
    "overlays": "overlays",
}


class Measured(NamedTuple):
    """What was measured on boxes, or on masks."""

    matching: Matching
    evaluation: metrics.Evaluation
    drawn: list[np.ndarray]  # for each size, APs [draws, classes, IoU thresholds]


def evaluate(
    predictions_file: Path,
    truth_file: Path,
    threshold_file: Path | None,
    output: dict[str, Path],
    max_detections: int = 100,
    min_score: float | None = None,
    overlay_count: int = 4,
    threads: int = 2,
):
    """Write all that is known about the predictions of one split.

    Args:
        threshold_file: what `choose_threshold.py` found on the validation split.
        output: paths of all `OUTPUTS`.
        max_detections: per image and class, for all numbers.
        min_score: replaces the chosen threshold where one score has to decide.
        overlay_count: how many images each gallery shows.
        threads: for the intervals, which take most of the time.
    """
    truth = json.loads(truth_file.read_text(encoding="utf-8"))
    found = predictions.read(predictions_file, truth)
    threshold = read_threshold(threshold_file) if min_score is None else min_score
    weights = bootstrap.image_weights(truth)
    boxes, masks = (
        measure(truth, found, iou_type, max_detections, weights, threads) for iou_type in IOU_TYPES
    )
    scores = image_scores.image_scores(masks.matching, truth, threshold)
    matrix = confusion.confusion(masks.matching, threshold)
    of_boxes, of_masks = map(coco_tables, (boxes, masks))
    written = {name: pd.concat([of_boxes[name], of_masks[name]]) for name in of_masks} | {
        "per_image": scores,
        "operating_point": operating_point.table(masks.matching, truth, found, threshold, weights),
        "confusion": confusion.table(matrix, masks.evaluation.classes),
        "counting": counting.table(masks.matching, threshold, weights),
        "calibration": calibration.table(masks.matching),
    }
    draw_galleries(
        truth, found, masks.matching, threshold, scores, overlay_count, output["overlays"]
    )
    drawn = {
        "precision_recall": figures.precision_recall(masks.evaluation),
        "confusion": charts.confusion_matrix(matrix, masks.evaluation.classes),
        "errors": charts.error_costs(of_masks["errors"]),
        "counting": charts.counted(*counting.counts(masks.matching, threshold)),
        "calibration": charts.calibration(written["calibration"]),
    }
    for name, figure in drawn.items():
        figures.save(figure, output[f"{name}_figure"])
    # What other rules take comes last: behind a checkpoint Snakemake sees no half-finished job.
    for name, table in reversed(written.items()):
        write_table(table, output[name])


def read_threshold(path: Path) -> float:
    table = pd.read_csv(path, sep="\t", keep_default_na=False).set_index("class")
    return float(table.loc[thresholds.EVERY_CLASS, "threshold"])


def measure(
    truth: dict,
    found: list[dict],
    iou_type: str,
    max_detections: int,
    weights: np.ndarray,
    threads: int,
) -> Measured:
    overlaps = find_overlaps(truth, found, iou_type, max_detections)
    matching = match(overlaps, (ANY, *COCO_SIZES, *thirds(truth)))
    with ThreadPoolExecutor(threads) as pool:
        sizes = range(len(matching.sizes))
        drawn = list(pool.map(partial(bootstrap.average_precision, matching, weights), sizes))
    return Measured(matching, metrics.accumulate(matching), drawn)


def coco_tables(measured: Measured) -> dict[str, pd.DataFrame]:
    """COCO's numbers, of boxes or masks, and what they lose to each kind of mistake."""
    matching, evaluation, drawn = measured
    row = tables.metrics(evaluation, drawn[ALL])
    row["mean_image_AP50"] = metrics.mean(image_scores.average_precisions(matching))
    return {
        "metrics": pd.DataFrame([row]),
        "per_class": tables.per_class(evaluation, matching, drawn[ALL]),
        "per_size": tables.per_size(evaluation, matching, drawn),
        "per_iou": tables.per_iou(evaluation),
        "per_recall": tables.per_recall(evaluation),
        "errors": tide.costs(matching),
        "draws": tables.draws(evaluation, drawn[ALL]),
    }


def write_table(table: pd.DataFrame, path: Path):
    """A TSV file; what is not defined stays empty."""
    table.to_csv(path, sep="\t", index=False, float_format="%.6f", lineterminator="\n")


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=(InputError, UnreadableImageError)):
        evaluate(
            predictions_file=Path(snakemake.input.predictions),
            truth_file=Path(snakemake.input.truth),
            threshold_file=Path(snakemake.input.threshold),
            output={name: Path(snakemake.output[name]) for name in OUTPUTS},
            max_detections=snakemake.params.evaluation["max_detections"],
            min_score=snakemake.params.evaluation["min_score"],
            overlay_count=snakemake.params.evaluation["overlays"],
            threads=snakemake.threads,
        )
