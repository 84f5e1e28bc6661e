"""What a user gets who keeps the detections from the chosen score threshold on."""

import numpy as np
import pandas as pd

from evaluation import calibration
from evaluation.bootstrap import interval
from evaluation.boundary import boundary_iou
from evaluation.matching import ALL, IOU_50, Matching
from evaluation.thresholds import every_class, scores_at


def table(
    matching: Matching,
    truth: dict,
    predictions: list[dict],
    threshold: float,
    weights: np.ndarray,
) -> pd.DataFrame:
    """A row for all classes together, and one for each; masks at an IoU of 0.5.

    Columns:
        class, threshold, and those of `thresholds.scores_at`;
        F1_low, F1_high: the 95 % interval of F1, from the draws `weights`; NaN where it rests on a
            single image;
        mask_IoU, boundary_IoU: means over the objects that were found;
        empty_images: without any object of any class, crowds included;
        false_positives_per_empty_image: in these, NaN where there are none;
        calibration_error: of all detections' scores, whatever the threshold.
    """
    overlaps = matching.overlaps
    pairs = outlines(matching, truth, predictions, threshold)
    calibrated = calibration.table(matching)
    empty = np.setdiff1d(np.arange(len(overlaps.image_ids)), overlaps.objects.image)
    rows = []
    for name, label in every_class(matching):
        own = pairs if label is None else pairs[pairs["label"] == label]
        hits, wrong, objects = per_image(matching, threshold, label)
        counted = hits + wrong + objects
        total = weights @ counted * (np.count_nonzero(counted) > 1)
        f1 = np.where(total, 2 * (weights @ hits) / np.maximum(total, 1), np.nan)
        scores = scores_at(matching, threshold, label)
        low, high = interval(scores["F1"], f1, 0, 1)
        rows.append(
            {
                "class": name,
                "threshold": threshold,
                **scores,
                "F1_low": low,
                "F1_high": high,
                "mask_IoU": own["mask_IoU"].mean(),
                "boundary_IoU": own["boundary_IoU"].mean(),
                "empty_images": len(empty),
                "false_positives_per_empty_image": wrong[empty].mean() if len(empty) else np.nan,
                "calibration_error": calibration.expected_error(calibrated, name),
            }
        )
    return pd.DataFrame(rows)


def outlines(
    matching: Matching, truth: dict, predictions: list[dict], threshold: float
) -> pd.DataFrame:
    """label, mask_IoU and boundary_IoU of each object that was found."""
    overlaps = matching.overlaps
    detection, object_, iou = matching.pairs()
    kept = overlaps.detections.score[detection] >= threshold
    detection, object_, iou = detection[kept], object_[kept], iou[kept]
    boundaries = [
        boundary_iou(truth["annotations"][true]["segmentation"], predictions[found]["segmentation"])
        for true, found in zip(
            overlaps.objects.number[object_], overlaps.detections.number[detection], strict=True
        )
    ]
    return pd.DataFrame(
        {
            "label": overlaps.objects.label[object_],
            "mask_IoU": iou,
            "boundary_IoU": np.array(boundaries, float),
        }
    )


def per_image(matching: Matching, threshold: float, label: int | None = None):
    """Right and wrong detections, and objects, of one class or of all: int [images] each."""
    overlaps = matching.overlaps
    detections, objects = overlaps.detections, overlaps.objects
    kept = detections.score >= threshold
    counted = ~matching.excluded[:, ALL]
    if label is not None:
        kept = kept & (detections.label == label)
        counted = counted & (objects.label == label)
    images = len(overlaps.image_ids)
    return (
        np.bincount(detections.image[kept & matching.right()[:, IOU_50]], minlength=images),
        np.bincount(detections.image[kept & matching.wrong()[:, IOU_50]], minlength=images),
        np.bincount(objects.image[counted], minlength=images),
    )
