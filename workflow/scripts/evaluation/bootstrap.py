"""How sure the numbers are: the evaluation repeated on images drawn with replacement.

Objects of one image are not independent, images (or groups of images) are: so whole images are
drawn. A resample is a weight per image, how often it was drawn; AP with weights is exactly the AP
of a data set in which each image lies that often.
"""

import numpy as np

from evaluation.matching import ALL, Matching
from evaluation.metrics import RECALL_THRESHOLDS

RESAMPLES = 1000
CONFIDENCE = 0.95
CELLS = 200_000  # detections of a class times resamples at a time: a few arrays in the cache
TOO_HIGH = np.arange(101) / 100 < RECALL_THRESHOLDS  # NumPy's 0.57 is more than 57 / 100


def image_weights(truth: dict, resamples: int = RESAMPLES) -> np.ndarray:
    """How often each image is drawn: float [resamples, images], images by ascending id.

    Images with the same value of `group` are drawn together. The same images give the same
    draws, so that models that were measured on them can be compared resample by resample.
    """
    images = sorted(truth["images"], key=lambda image: image["id"])
    groups = [image.get("group") or f"image {image['id']}" for image in images]
    names, group_of = np.unique([str(group) for group in groups], return_inverse=True)
    rng = np.random.default_rng([image["id"] for image in images])
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), resamples)
    return drawn[:, group_of].astype(float)


def average_precision(matching: Matching, weights: np.ndarray, size: int = ALL) -> np.ndarray:
    """The AP of each class: float [resamples, classes, IoU thresholds], NaN without objects.

    Args:
        matching: of all images.
        weights: `[resamples, images]`, as `image_weights` gives them.
        size: position in the matching's sizes.
    """
    overlaps = matching.overlaps
    thresholds = matching.found.shape[2]
    result = np.full((len(weights), len(overlaps.classes), thresholds), np.nan)
    all_right, all_wrong = matching.right(size), matching.wrong(size)
    drawn = np.ascontiguousarray(weights.T)
    for label in range(len(overlaps.classes)):
        counted = matching.counted(label, size)
        order = matching.ranked(label)
        right, wrong = all_right[order], all_wrong[order]
        used = (right | wrong).any(axis=1)
        right, wrong, image = right[used], wrong[used], overlaps.detections.image[order[used]]
        to_find = np.bincount(overlaps.objects.image[counted], minlength=weights.shape[1])
        objects = weights @ to_find
        step = max(CELLS // max(len(image), 1), 16)
        for start in range(0, len(weights), step):
            batch = slice(start, start + step)
            result[batch, label] = _curves(drawn[image, batch], right, wrong, objects[batch])
    return result


def _curves(drawn: np.ndarray, right: np.ndarray, wrong: np.ndarray, objects: np.ndarray):
    """AP of one class: float [resamples, IoU thresholds].

    Args:
        drawn: float `[detections, resamples]`, how often each detection's image was drawn.
        right, wrong: bool `[detections, IoU thresholds]`, best detection first.
        objects: `[resamples]`, how many there are to find.
    """
    result = np.full((len(objects), right.shape[1]), np.nan)
    some = objects > 0
    percent = 100 / np.maximum(objects, 1)
    counted = right | wrong
    always = counted.all(axis=1)
    seen_always = np.cumsum(drawn * always[:, None], axis=0)
    for threshold in range(right.shape[1]):
        hit = np.flatnonzero(right[:, threshold])  # precision peaks at the hits
        hits = np.cumsum(drawn[hit], axis=0)
        seen = seen_always[hit]
        sometimes = np.flatnonzero(counted[:, threshold] & ~always)
        if sometimes.size:
            more = np.cumsum(drawn[sometimes], axis=0)
            before = np.searchsorted(sometimes, hit, side="right")
            seen[before > 0] += more[before[before > 0] - 1]
        precision = hits / np.maximum(seen, 1)
        precision = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
        passed = _passed(hits * percent)
        passed[1:] -= passed[:-1].copy()  # by this hit, not by one before
        total = np.einsum("ij,ij->j", precision, passed)
        result[some, threshold] = total[some] / len(RECALL_THRESHOLDS)
    return result


def _passed(percent: np.ndarray) -> np.ndarray:
    """How many of `RECALL_THRESHOLDS` a recall, in %, reaches."""
    whole = np.floor(percent + 1e-9)
    exact = np.nonzero(percent - whole < 1e-9)
    passed = whole + 1
    passed[exact] -= TOO_HIGH[whole[exact].astype(int)]
    return passed


def interval(value: float, resampled: np.ndarray) -> tuple[float, float]:
    """The bounds of the 95 % interval around `value`, from the same number of each resample."""
    defined = resampled[~np.isnan(resampled)]
    if np.isnan(value) or not defined.size:
        return float("nan"), float("nan")
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(defined, (tail, 1 - tail))
    return float(low), float(high)
