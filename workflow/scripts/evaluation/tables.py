"""COCO's numbers as tables: in all, per class, per size, per IoU threshold, per recall."""

import numpy as np
import pandas as pd

from evaluation.bootstrap import PARTS, RESAMPLES, interval
from evaluation.matching import ALL, IOU_50, IOU_75, IOU_THRESHOLDS, Matching
from evaluation.metrics import RECALL_THRESHOLDS, Evaluation, mean, summary
from evaluation.sizes import ANY
from evaluation.thresholds import EVERY_CLASS

METRICS = {"AP": slice(None), "AP50": slice(IOU_50, IOU_50 + 1), "AP75": slice(IOU_75, IOU_75 + 1)}


def metrics(evaluation: Evaluation, drawn: np.ndarray) -> dict:
    """COCO's row, and the 95 % intervals of AP, AP50 and AP75."""
    row = summary(evaluation)
    of_draws = over_classes(drawn)
    for name in METRICS:
        row |= _bounds(name, row[name], of_draws[name])
    return row


def draws(evaluation: Evaluation, drawn: np.ndarray) -> pd.DataFrame:
    """A row per draw of the images: iou_type, kind, draw, AP, AP50, AP75.

    A draw is a "resample", a "half" or a "quarter".

    The same draw of two models is of the same images: their differences can be compared.
    """
    table = pd.DataFrame(over_classes(drawn))
    table.insert(0, "draw", np.arange(len(table)))
    table.insert(0, "kind", np.repeat(["resample", "half", "quarter"], [RESAMPLES, PARTS, PARTS]))
    table.insert(0, "iou_type", evaluation.iou_type)
    return table


def per_class(evaluation: Evaluation, matching: Matching, drawn: np.ndarray) -> pd.DataFrame:
    """A row per class: images and instances (without crowds), AP, AP50, AP75, AR, intervals.

    Objects of a single image say nothing of other images: they have no interval.
    """
    rows = []
    for label, name in enumerate(evaluation.classes):
        precision = evaluation.precision[:, :, label, ALL]
        objects = matching.counted(label)
        row = {
            "iou_type": evaluation.iou_type,
            "class": name,
            "images": len(np.unique(matching.overlaps.objects.image[objects])),
            "instances": len(objects),
            **{metric: mean(precision[chosen]) for metric, chosen in METRICS.items()},
            "AR": mean(evaluation.recall[:, label, ALL, 2]),
        }
        for metric in ("AP", "AP50"):
            values = drawn[:, label, METRICS[metric]].mean(axis=1)
            row |= _bounds(metric, row[metric], values if row["images"] > 1 else values * np.nan)
        rows.append(row)
    return pd.DataFrame(rows)


def per_size(evaluation: Evaluation, matching: Matching, drawn: list[np.ndarray]) -> pd.DataFrame:
    """A row per size: its range in px², instances, AP, AP50, AP75, AR, interval of AP.

    `area_to` of what has no upper bound is NaN.

    Args:
        drawn: for each size `[draws, classes, IoU thresholds]`.
    """
    rows = []
    for number, (name, least, most) in enumerate(matching.sizes):
        precision = evaluation.precision[..., number]
        row = {
            "iou_type": evaluation.iou_type,
            "size": name,
            "area_from": least,
            "area_to": most if most < ANY.most else np.nan,
            "instances": int((~matching.excluded[:, number]).sum()),
            **{metric: mean(precision[chosen]) for metric, chosen in METRICS.items()},
            "AR": mean(evaluation.recall[..., number, 2]),
        }
        row |= _bounds("AP", row["AP"], over_classes(drawn[number])["AP"])
        rows.append(row)
    return pd.DataFrame(rows)


def per_iou(evaluation: Evaluation) -> pd.DataFrame:
    """AP at each IoU threshold, for all classes and each: iou_type, class, iou, AP."""
    average = evaluation.precision[..., ALL].mean(axis=1)
    columns = [(EVERY_CLASS, [mean(row) for row in average])]
    columns += zip(evaluation.classes, average.T, strict=True)
    return pd.DataFrame(
        {"iou_type": evaluation.iou_type, "class": name, "iou": iou, "AP": value}
        for name, values in columns
        for iou, value in zip(IOU_THRESHOLDS.round(2), values, strict=True)
    )


def per_recall(evaluation: Evaluation) -> pd.DataFrame:
    """The curves: iou_type, class, recall, and the precision at IoU 0.50, 0.75, and on average."""
    curves = evaluation.precision[..., ALL]
    return pd.concat(
        pd.DataFrame(
            {
                "iou_type": evaluation.iou_type,
                "class": name,
                "recall": RECALL_THRESHOLDS.round(2),
                "precision_50": curves[IOU_50, :, label],
                "precision_75": curves[IOU_75, :, label],
                "precision_mean": curves[:, :, label].mean(axis=0),
            }
        )
        for label, name in enumerate(evaluation.classes)
    )


def over_classes(drawn: np.ndarray) -> dict[str, np.ndarray]:
    """AP, AP50 and AP75 of each draw, from its APs `[draws, classes, IoU thresholds]`."""
    defined = ~np.isnan(drawn[..., 0])
    count = defined.sum(axis=1)
    result = {}
    for name, chosen in METRICS.items():
        total = np.where(defined, drawn[..., chosen].mean(axis=2), 0).sum(axis=1)
        result[name] = np.where(count, total / np.maximum(count, 1), np.nan)
    return result


def _bounds(name: str, value: float, drawn: np.ndarray) -> dict:
    low, high = interval(value, drawn, 0, 1)
    return {f"{name}_low": low, f"{name}_high": high}
