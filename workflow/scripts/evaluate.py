"""Measures the predictions of a split: tables, curves, and pictures of the best and worst."""

import json
import re
from pathlib import Path

import pandas as pd

import console
from coco.errors import InputError as UnreadableImageError
from coco.images import read_image
from evaluation import figures, image_scores, metrics, overlays, predictions
from evaluation.errors import InputError
from evaluation.matching import by_image


def evaluate(
    predictions_file: Path,
    truth_file: Path,
    max_detections: int,
    min_score: float,
    overlay_count: int,
    metrics_file: Path,
    per_class_file: Path,
    per_image_file: Path,
    precision_recall_file: Path,
    overlay_folder: Path,
):
    """Write all that is known about the predictions of one split.

    `max_detections` per image and class count for the metrics. Predictions with at least
    `min_score` count for the scores per image, and are drawn: the `overlay_count` best images
    and as many of the worst.
    """
    truth = json.loads(truth_file.read_text(encoding="utf-8"))
    found = predictions.read(predictions_file, truth)

    evaluations = [
        metrics.evaluate(truth, found, iou_type, max_detections) for iou_type in metrics.IOU_TYPES
    ]
    write_table(pd.DataFrame(map(metrics.summary, evaluations)), metrics_file)

    per_class = pd.concat([metrics.per_class(evaluation, truth) for evaluation in evaluations])
    wrong = image_scores.false_positives_without_objects(truth, found, min_score)
    per_class["false_positives_without_objects"] = per_class["class"].map(wrong)
    write_table(per_class, per_class_file)

    scores = image_scores.image_scores(truth, found, min_score)
    write_table(scores, per_image_file)

    figures.precision_recall(evaluations[-1]).savefig(precision_recall_file)
    shown = [prediction for prediction in found if prediction["score"] >= min_score]
    write_overlays(truth, shown, scores, overlay_count, overlay_folder)


def write_table(table: pd.DataFrame, path: Path):
    """A TSV file; what is not defined stays empty."""
    table.to_csv(path, sep="\t", index=False, float_format="%.6f", lineterminator="\n")


def write_overlays(truth: dict, found: list[dict], scores: pd.DataFrame, count: int, folder: Path):
    """Draw truth and predictions of the `count` best and the `count` worst images."""
    folder.mkdir(parents=True, exist_ok=True)
    images = {image["id"]: image for image in truth["images"]}
    objects, drawn = by_image(truth["annotations"]), by_image(found)
    quality = scores.set_index("image_id")["quality"]
    best, worst = image_scores.best_and_worst(scores, count)
    for name, identifiers in (("best", best), ("worst", worst)):
        for rank, identifier in enumerate(identifiers, start=1):
            image = images[identifier]
            picture = overlays.side_by_side(
                read_image(image),
                objects[identifier],
                drawn[identifier],
                truth["categories"],
                f"{Path(image['file_name']).name}: quality {quality[identifier]:.2f}",
            )
            picture.save(folder / f"{name}_{rank}_{file_stem(image['file_name'])}.png")


def file_stem(file_name: str) -> str:
    """The image's name as a part of another file's name: plain characters, 40 at most."""
    return re.sub(r"[^\w.-]+", "_", Path(file_name).stem)[:40]


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=(InputError, UnreadableImageError)):
        evaluate(
            predictions_file=Path(snakemake.input.predictions),
            truth_file=Path(snakemake.input.truth),
            max_detections=snakemake.params.evaluation["max_detections"],
            min_score=snakemake.params.evaluation["min_score"],
            overlay_count=snakemake.params.evaluation["overlays"],
            metrics_file=Path(snakemake.output.metrics),
            per_class_file=Path(snakemake.output.per_class),
            per_image_file=Path(snakemake.output.per_image),
            precision_recall_file=Path(snakemake.output.precision_recall),
            overlay_folder=Path(snakemake.output.overlays),
        )
