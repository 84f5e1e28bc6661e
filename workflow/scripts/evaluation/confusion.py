"""Which class is taken for which, with the background as a class of its own."""

import numpy as np
import pandas as pd

from evaluation.matching import ALL, IOU_50, IOU_THRESHOLDS, Matching

BACKGROUND = "(background)"


def confusion(matching: Matching, threshold: float) -> np.ndarray:
    """int [classes + 1, classes + 1]: objects of a true class (row) taken for a class (column).

    The last row holds detections of nothing, the last column objects that were not found. Only
    detections of at least `threshold` count. Each finds the object that it found by COCO's rules
    at an IoU of 0.5, which fills the diagonal; those left over then take, best score first, the
    objects left over of any other class.
    """
    overlaps = matching.overlaps
    objects, detections = overlaps.objects, overlaps.detections
    kept = detections.score >= threshold
    right = kept & matching.right()[:, IOU_50]
    waiting = kept & matching.wrong()[:, IOU_50]
    free = ~matching.excluded[:, ALL]
    free[matching.found[right, ALL, IOU_50]] = False

    nothing = len(overlaps.classes)
    matrix = np.zeros((nothing + 1, nothing + 1), int)
    np.add.at(matrix, (detections.label[right], detections.label[right]), 1)
    pairs = np.flatnonzero(overlaps.iou >= IOU_THRESHOLDS[IOU_50])
    pairs = pairs[waiting[overlaps.detection[pairs]] & free[overlaps.object[pairs]]]
    order = np.lexsort((-overlaps.iou[pairs], -detections.score[overlaps.detection[pairs]]))
    for pair in pairs[order]:
        detection, object_ = overlaps.detection[pair], overlaps.object[pair]
        if waiting[detection] and free[object_]:
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
