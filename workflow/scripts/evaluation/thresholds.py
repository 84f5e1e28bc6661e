"""The score from which a detection is believed, and what is found from there on.

Masks or boxes are right at an IoU of 0.5. The threshold is chosen on the validation images and
used on others: chosen on the images that are measured, it would flatter the model.
"""

import numpy as np
import pandas as pd

from evaluation.matching import ALL, IOU_50, Matching

FALLBACK = 0.5  # where nothing was found, nothing can be chosen
EVERY_CLASS = "(all)"


def choose(matching: Matching, label: int | None = None) -> float:
    """The score threshold with the highest F1, of one class or of all together.

    Of equally good thresholds the highest; 0.5 if no detection is right.
    """
    right, wrong, objects = _counted(matching, label)
    score = matching.overlaps.detections.score
    order = np.argsort(-score, kind="stable")
    order = order[(right | wrong)[order]]
    hits, misses = np.cumsum(right[order]), np.cumsum(wrong[order])
    if not len(order) or not hits[-1]:
        return FALLBACK
    f1 = 2 * hits / (hits + misses + objects)
    score = score[order]
    f1[:-1][score[:-1] == score[1:]] = -1  # equal scores pass together
    return float(score[f1.argmax()])


def scores_at(matching: Matching, threshold: float, label: int | None = None) -> dict:
    """What the detections of at least `threshold` are worth, for one class or all together.

    objects, true_positives, false_positives, false_negatives; precision, recall and F1, each 0-1,
    NaN where there is nothing to divide by.
    """
    right, wrong, objects = _counted(matching, label)
    kept = matching.overlaps.detections.score >= threshold
    hits, misses = int((right & kept).sum()), int((wrong & kept).sum())
    return {
        "objects": objects,
        "true_positives": hits,
        "false_positives": misses,
        "false_negatives": objects - hits,
        "precision": hits / (hits + misses) if hits + misses else np.nan,
        "recall": hits / objects if objects else np.nan,
        "F1": 2 * hits / (hits + misses + objects) if hits + misses + objects else np.nan,
    }


def table(matching: Matching) -> pd.DataFrame:
    """The best threshold of all classes together and of each class, and what it achieves."""
    rows = []
    for name, label in every_class(matching):
        threshold = choose(matching, label)
        rows.append(
            {"class": name, "threshold": threshold, **scores_at(matching, threshold, label)}
        )
    return pd.DataFrame(rows)


def every_class(matching: Matching) -> list[tuple[str, int | None]]:
    """Names and labels: all classes together, then each."""
    classes = matching.overlaps.classes
    return [(EVERY_CLASS, None), *((name, label) for label, name in enumerate(classes))]


def _counted(matching: Matching, label: int | None) -> tuple[np.ndarray, np.ndarray, int]:
    """Right and wrong detections, bool, and the number of objects."""
    overlaps = matching.overlaps
    right, wrong = matching.right()[:, IOU_50], matching.wrong()[:, IOU_50]
    objects = ~matching.excluded[:, ALL]
    if label is not None:
        own = overlaps.detections.label == label
        right, wrong = right & own, wrong & own
        objects = objects & (overlaps.objects.label == label)
    return right, wrong, int(objects.sum())
