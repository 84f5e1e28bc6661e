"""Why average precision is lost: which kinds of mistake cost how much.

The decomposition of Bolya et al., "TIDE: A General Toolbox for Identifying Object Detection
Errors", ECCV 2020, at an IoU of 0.5. Each wrong detection and each object that was not found is
a mistake of one kind; the cost of a kind is the AP50 that is gained when its mistakes alone are
mended. Costs do not add up to the whole loss: some mistakes hide behind others.

Unlike there, detections that a crowd region excuses are no mistakes, and classes without objects
have no AP.
"""

import numpy as np
import pandas as pd

from evaluation.matching import ALL, IOU_50, IOU_THRESHOLDS, Matching
from evaluation.metrics import mean, precision_over_recall
from evaluation.overlaps import LEAST

KINDS = ("classification", "localisation", "both", "duplicate", "background", "missed")
CLASSIFICATION, LOCALISATION, BOTH, DUPLICATE, BACKGROUND, MISSED = range(len(KINDS))
POSITIVE = IOU_THRESHOLDS[IOU_50]


def mistakes(matching: Matching) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The kind of each wrong detection, and what it was after.

    Returns:
        kind: int `[detections]`, position in `KINDS`, -1 for a detection that is not wrong.
            In this order: localisation, of its class it overlaps an object by 0.1 to 0.5;
            classification, it overlaps an object of another class by 0.5 or more; duplicate, an
            object of its class that a better detection has found; background, less than 0.1 of
            anything; and both: what is left, wrong class and badly placed.
        target: int `[detections]`, the object that a detection of the first two kinds would have
            found, -1 if that was found by another one.
        missed: bool `[objects]`, neither found nor a target.
    """
    overlaps = matching.overlaps
    objects, detections = overlaps.objects, overlaps.detections
    count = len(detections.score)
    pair = ~objects.crowd[overlaps.object]
    detection, object_, iou = overlaps.detection[pair], overlaps.object[pair], overlaps.iou[pair]
    same = detections.label[detection] == objects.label[object_]
    own, own_iou = _largest(detection[same], object_[same], iou[same], count)
    other, other_iou = _largest(detection[~same], object_[~same], iou[~same], count)

    kind = np.full(count, BACKGROUND)
    kind[other_iou >= LEAST] = BOTH
    kind[own_iou >= POSITIVE] = DUPLICATE
    kind[other_iou >= POSITIVE] = CLASSIFICATION
    kind[(own_iou >= LEAST) & (own_iou < POSITIVE)] = LOCALISATION
    kind[~matching.wrong()[:, IOU_50]] = -1

    found = np.zeros(len(objects.area), bool)
    found[matching.found[matching.right()[:, IOU_50], ALL, IOU_50]] = True
    target = np.select([kind == CLASSIFICATION, kind == LOCALISATION], [other, own], -1)
    target[np.append(found, True)[target]] = -1
    missed = ~found & ~objects.crowd
    missed[target[target >= 0]] = False
    return kind, target, missed


def _largest(detection: np.ndarray, object_: np.ndarray, iou: np.ndarray, count: int):
    """The object that each detection overlaps most, or -1, and its IoU. Pairs ascend by IoU."""
    best, value = np.full(count, -1), np.zeros(count)
    best[detection], value[detection] = object_, iou  # the last one stays
    return best, value


def costs(matching: Matching) -> pd.DataFrame:
    """A row per kind of mistake, for all objects, each class and each size.

    Columns:
        iou_type; group: "all", "class" or "size"; name: of the class or size;
        error: the kind; count: its mistakes;
        delta_AP50: what mending them would gain, 0-1; share: of the sum over the kinds.
    """
    kind, target, missed = mistakes(matching)
    classes = matching.overlaps.classes
    rows = []
    for size, (name, *_) in enumerate(matching.sizes):
        before, after = _precisions(matching, size, kind, target, missed)
        gains = np.maximum(after - before, 0)
        mended = [max(mean(column) - mean(before), 0) for column in after]
        wrong = matching.wrong(size)[:, IOU_50]
        counts = _counts(matching, wrong, kind, missed & ~matching.excluded[:, size])
        group = ("all", "all") if size == ALL else ("size", name)
        rows += _rows(*group, counts.sum(axis=1), mended)
        if size == ALL:
            for label, class_ in enumerate(classes):
                rows += _rows("class", class_, counts[:, label], gains[:, label])
    table = pd.DataFrame(rows)
    table.insert(0, "iou_type", matching.overlaps.iou_type)
    return table


def _precisions(matching: Matching, size: int, kind, target, missed):
    """AP50 of each class `[classes]`, and with each kind mended `[kinds, classes]`."""
    detections, labels = matching.overlaps.detections, len(matching.overlaps.classes)
    right = matching.right(size)[:, IOU_50]
    wrong = matching.wrong(size)[:, IOU_50]
    counted = ~matching.excluded[:, size]
    all_objects = np.bincount(matching.overlaps.objects.label[counted], minlength=labels)
    missed_objects = np.bincount(
        matching.overlaps.objects.label[counted & missed], minlength=labels
    )
    finder = _best_of_each_target(target, detections.score, counted)

    def precisions(right, wrong, label_of, objects):
        order = np.lexsort((-detections.score, label_of))
        order = order[right[order] | wrong[order]]
        first = np.searchsorted(label_of[order], np.arange(labels + 1))
        result = np.full(labels, np.nan)
        for label in np.flatnonzero(all_objects):
            part = order[first[label] : first[label + 1], None]
            if objects[label]:
                curve = precision_over_recall(right[part], wrong[part], objects[label])
                result[label] = curve.mean()
            else:  # all were missed: what is left is right only if it is nothing
                result[label] = float(not len(part))
        return result

    before = precisions(right, wrong, detections.label, all_objects)
    after = []
    for number in range(len(KINDS)):
        mended = finder & (kind == number)
        label_of = detections.label.copy()
        label_of[mended] = matching.overlaps.objects.label[target[mended]]
        objects = all_objects - missed_objects if number == MISSED else all_objects
        after.append(precisions(right | mended, wrong & (kind != number), label_of, objects))
    return before, np.array(after)


def _best_of_each_target(target: np.ndarray, score: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """bool `[detections]`: mending makes one detection of each object right, the best one."""
    after_one = np.flatnonzero(target >= 0)
    after_one = after_one[counted[target[after_one]]]
    ranked = after_one[np.argsort(-score[after_one], kind="stable")]
    _, first = np.unique(target[ranked], return_index=True)
    best = np.zeros(len(target), bool)
    best[ranked[first]] = True
    return best


def _counts(matching: Matching, wrong, kind, missed) -> np.ndarray:
    """int `[kinds, classes]`: of detections by their own class, of missed objects by theirs."""
    labels = len(matching.overlaps.classes)
    counts = np.zeros((len(KINDS), labels), int)
    np.add.at(counts, (kind[wrong], matching.overlaps.detections.label[wrong]), 1)
    counts[MISSED] = np.bincount(matching.overlaps.objects.label[missed], minlength=labels)
    return counts


def _rows(group: str, name: str, counts, gains) -> list[dict]:
    total = np.nansum(gains)
    return [
        {
            "group": group,
            "name": name,
            "error": error,
            "count": int(count),
            "delta_AP50": gain,
            "share": gain / total if total > 0 else np.nan,
        }
        for error, count, gain in zip(KINDS, counts, gains, strict=True)
    ]
