"""COCO's average precision and recall, to the last digit those of pycocotools."""

from dataclasses import dataclass

import numpy as np

from evaluation.matching import ALL, IOU_50, IOU_75, LARGE, MEDIUM, SMALL, Matching, match
from evaluation.overlaps import find_overlaps

RECALL_THRESHOLDS = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True)
class Evaluation:
    """Precision and recall of one set of predictions.

    Attributes:
        iou_type: "bbox" or "segm".
        max_detections: detections per image and class that count, best first.
        classes: names, in the order of their ids.
        precision: float [10 IoU thresholds, 101 recalls, classes, sizes], 0-1; the highest
            precision at each recall or beyond, 0 where that recall is not reached, NaN for a
            class without objects of that size. The first sizes are any, < 32², 32² to 96² and
            > 96² px.
        recall: float [10 IoU thresholds, classes, sizes, 3], 0-1, with at most 1, 10 and
            `max_detections` detections; NaN for a class without objects of that size.
    """

    iou_type: str
    max_detections: int
    classes: list[str]
    precision: np.ndarray
    recall: np.ndarray


def evaluate(
    truth: dict, predictions: list[dict], iou_type: str = "segm", max_detections: int = 100
) -> Evaluation:
    """Evaluate COCO results as pycocotools does; crowd regions excuse what lies in them.

    Detections with the same score in one image count in their order. A mask's size class
    follows its own area, as in detectron2; pycocotools takes the box's where there is one.
    """
    return accumulate(match(find_overlaps(truth, predictions, iou_type, max_detections)))


def accumulate(matching: Matching) -> Evaluation:
    """Precision over recall, and recall, of all classes and sizes."""
    overlaps = matching.overlaps
    thresholds, sizes = matching.found.shape[2], len(matching.sizes)
    limits = (1, 10, overlaps.max_detections)
    shape = thresholds, len(RECALL_THRESHOLDS), len(overlaps.classes), sizes
    precision = np.full(shape, np.nan)
    recall = np.full((thresholds, len(overlaps.classes), sizes, len(limits)), np.nan)
    right = [matching.right(size) for size in range(sizes)]
    wrong = [matching.wrong(size) for size in range(sizes)]
    for label in range(len(overlaps.classes)):
        order = matching.ranked(label)
        rank = overlaps.detections.rank[order]
        for size in range(sizes):
            objects = len(matching.counted(label, size))
            if not objects:
                continue
            hits = right[size][order]
            curves = precision_over_recall(hits, wrong[size][order], objects)
            precision[:, :, label, size] = curves
            for position, limit in enumerate(limits):
                recall[:, label, size, position] = hits[rank < limit].sum(axis=0) / objects
    return Evaluation(
        overlaps.iou_type, overlaps.max_detections, overlaps.classes, precision, recall
    )


def precision_over_recall(right: np.ndarray, wrong: np.ndarray, objects: int) -> np.ndarray:
    """Precision at `RECALL_THRESHOLDS`: float [IoU thresholds, 101].

    Args:
        right, wrong: bool [detections, IoU thresholds], best detection first.
        objects: how many there are to find, at least one.
    """
    hits = np.cumsum(right, axis=0, dtype=float)
    misses = np.cumsum(wrong, axis=0, dtype=float)
    precision = hits / (misses + hits + np.spacing(1))
    precision = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    precision = np.concatenate([precision, np.zeros((1, precision.shape[1]))])
    recall = hits / objects
    return np.stack(
        [
            column[np.searchsorted(reached, RECALL_THRESHOLDS, side="left")]
            for column, reached in zip(precision.T, recall.T, strict=True)
        ]
    )


def summary(evaluation: Evaluation) -> dict:
    """COCO's numbers as one row: means over thresholds and classes, 0-1 or NaN."""
    precision, recall = evaluation.precision, evaluation.recall
    return {
        "iou_type": evaluation.iou_type,
        "AP": mean(precision[..., ALL]),
        "AP50": mean(precision[IOU_50, ..., ALL]),
        "AP75": mean(precision[IOU_75, ..., ALL]),
        "APs": mean(precision[..., SMALL]),
        "APm": mean(precision[..., MEDIUM]),
        "APl": mean(precision[..., LARGE]),
        "AR1": mean(recall[..., ALL, 0]),
        "AR10": mean(recall[..., ALL, 1]),
        "ARmax": mean(recall[..., ALL, 2]),
        "max_detections": evaluation.max_detections,
    }


def mean(values: np.ndarray) -> float:
    """Of the defined values; NaN without any."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else float("nan")
