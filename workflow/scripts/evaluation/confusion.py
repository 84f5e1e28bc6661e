"""Which class is taken for which, with the background as a class of its own."""

import numpy as np
import pandas as pd

from evaluation.matching import ALL, IOU_50, IOU_THRESHOLDS, Matching

BACKGROUND = "(background)"


def confused(matching: Matching, threshold: float) -> list[tuple[int, int]]:
    """Pairs of an object and a detection of another class that it is taken for.

    Positions in the overlaps' objects and detections. Only detections of at least `threshold`
    count. Those that found no object by COCO's rules at an IoU of 0.5 take, best score first,
    the objects that were not found.
    """
    overlaps = matching.overlaps
    waiting, free = _left_over(matching, threshold)
    pairs = np.flatnonzero(overlaps.iou >= IOU_THRESHOLDS[IOU_50])
    pairs = pairs[waiting[overlaps.detection[pairs]] & free[overlaps.object[pairs]]]
    order = np.lexsort(
        (-overlaps.iou[pairs], -overlaps.detections.score[overlaps.detection[pairs]])
    )
    taken = []
    for pair in pairs[order]:
        detection, object_ = overlaps.detection[pair], overlaps.object[pair]
        if waiting[detection] and free[object_]:
            waiting[detection] = free[object_] = False
            taken.append((int(object_), int(detection)))
    return taken


def _left_over(matching: Matching, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """bool [detections] that are wrong, bool [objects] that are not found."""
    kept = matching.overlaps.detections.score >= threshold
    free = ~matching.excluded[:, ALL]
    free[matching.found[kept & matching.right()[:, IOU_50], ALL, IOU_50]] = False
    return kept & matching.wrong()[:, IOU_50], free


def confusion(matching: Matching, threshold: float) -> np.ndarray:
    """int [classes + 1, classes + 1]: objects of a true class (row) taken for a class (column).

    The diagonal holds what was found, the last row detections of nothing, the last column objects
    that were not found; see `confused` for the rest.
    """
    objects, detections = matching.overlaps.objects, matching.overlaps.detections
    nothing = len(matching.overlaps.classes)
    matrix = np.zeros((nothing + 1, nothing + 1), int)
    right = (detections.score >= threshold) & matching.right()[:, IOU_50]
    np.add.at(matrix, (detections.label[right], detections.label[right]), 1)
    waiting, free = _left_over(matching, threshold)
    for object_, detection in confused(matching, threshold):
        waiting[detection] = free[object_] = False
        matrix[objects.label[object_], detections.label[detection]] += 1
    matrix[nothing, :nothing] = np.bincount(detections.label[waiting], minlength=nothing)
    matrix[:nothing, nothing] = np.bincount(objects.label[free], minlength=nothing)
    return matrix


def table(matrix: np.ndarray, classes: list[str]) -> pd.DataFrame:
    """A row per pair of a true and a predicted class that occurs: true, predicted, count."""
    names = np.array([*classes, BACKGROUND], object)
    true, predicted = np.nonzero(matrix)
    return pd.DataFrame(
        {"true": names[true], "predicted": names[predicted], "count": matrix[true, predicted]}
    )
