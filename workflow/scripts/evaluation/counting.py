"""How well the number of objects in an image is predicted: what a count by eye is replaced by."""

import numpy as np
import pandas as pd

from evaluation.bootstrap import interval
from evaluation.matching import ALL, IOU_50, Matching
from evaluation.thresholds import every_class


def counts(matching: Matching, threshold: float, label: int | None = None):
    """True and predicted number of objects of one class, or of all: int [images] each.

    Crowds, and detections in them, are not counted.
    """
    overlaps = matching.overlaps
    objects = ~matching.excluded[:, ALL]
    detections = (overlaps.detections.score >= threshold) & ~matching.ignored[:, ALL, IOU_50]
    if label is not None:
        objects = objects & (overlaps.objects.label == label)
        detections = detections & (overlaps.detections.label == label)
    images = len(overlaps.image_ids)
    return (
        np.bincount(overlaps.objects.image[objects], minlength=images),
        np.bincount(overlaps.detections.image[detections], minlength=images),
    )


def table(matching: Matching, threshold: float, weights: np.ndarray) -> pd.DataFrame:
    """A row for all classes together and for each, over all images.

    Columns:
        class, images, objects, predicted: sums over the images;
        mean_error: predicted minus true number per image, with the bounds of its 95 % interval
            from the draws `weights`, `[draws, images]`;
        mean_absolute_error, root_mean_square_error: per image;
        exact: share of the images with the right number, 0-1.
    """
    rows = []
    for name, label in every_class(matching):
        true, predicted = counts(matching, threshold, label)
        error = predicted - true
        bias = error.mean() if len(error) else np.nan
        low, high = interval(bias, weights @ error / np.maximum(weights.sum(axis=1), 1))
        rows.append(
            {
                "class": name,
                "images": len(error),
                "objects": true.sum(),
                "predicted": predicted.sum(),
                "mean_error": bias,
                "mean_error_low": low,
                "mean_error_high": high,
                "mean_absolute_error": abs(error).mean() if len(error) else np.nan,
                "root_mean_square_error": np.sqrt((error**2).mean()) if len(error) else np.nan,
                "exact": (error == 0).mean() if len(error) else np.nan,
            }
        )
    return pd.DataFrame(rows)
