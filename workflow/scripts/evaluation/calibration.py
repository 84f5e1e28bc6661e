"""Whether a score means what it says: of detections with a score of 0.8, are 80 % right?"""

import numpy as np
import pandas as pd

from evaluation.matching import IOU_50, Matching
from evaluation.thresholds import every_class

BINS = 10


def table(matching: Matching) -> pd.DataFrame:
    """A row per class, and for all together, and tenth of the scores that has detections.

    Columns: class, score_from, score_to, detections, mean_score, precision (the share of the
    detections that find an object at an IoU of 0.5, 0-1).
    """
    detections = matching.overlaps.detections
    right, wrong = matching.right()[:, IOU_50], matching.wrong()[:, IOU_50]
    bins = np.minimum((detections.score * BINS).astype(int), BINS - 1)
    rows = []
    for name, label in every_class(matching):
        chosen = right | wrong
        if label is not None:
            chosen = chosen & (detections.label == label)
        for number in np.unique(bins[chosen]):
            inside = chosen & (bins == number)
            rows.append(
                {
                    "class": name,
                    "score_from": number / BINS,
                    "score_to": (number + 1) / BINS,
                    "detections": inside.sum(),
                    "mean_score": detections.score[inside].mean(),
                    "precision": right[inside].mean(),
                }
            )
    columns = ["class", "score_from", "score_to", "detections", "mean_score", "precision"]
    return pd.DataFrame(rows, columns=columns)


def expected_error(calibration: pd.DataFrame, name: str) -> float:
    """The mean distance between score and precision of a class (ECE; Guo et al., 2017)."""
    bins = calibration[calibration["class"] == name]
    if bins.empty:
        return np.nan
    distance = (bins["mean_score"] - bins["precision"]).abs()
    return float(np.average(distance, weights=bins["detections"]))
