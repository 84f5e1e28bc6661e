"""How sure the numbers are: the evaluation repeated on other draws of the same images.

Objects of one image are not independent, images (or groups of images) are: so whole images are
drawn. A draw is a weight per image, how often it was drawn; AP with weights is exactly the AP of a
data set in which each image lies that often.

Draws of two kinds are needed. Those with replacement (the bootstrap, Efron and Tibshirani, 1993)
say how far a number is off by chance. Random halves and quarters say how far AP is too high on
average: its precision is the highest at a recall *or beyond*, which flatters classes of few
objects, and which draws with replacement, whose truth is flattered too, hardly show.
"""

import numpy as np
from scipy import stats

from evaluation.matching import ALL, Matching
from evaluation.metrics import RECALL_THRESHOLDS

RESAMPLES = 1000
PARTS = 100  # halves, and as many quarters
CONFIDENCE = 1.96  # standard deviations on either side that hold 95 % of a normal distribution
UNSURE = 0.45  # standard deviation of a bias, in parts of it, as benchmarks/coverage.py measures
CELLS = 200_000  # detections of a class times draws at a time: a few arrays in the cache
TOO_HIGH = np.arange(101) / 100 < RECALL_THRESHOLDS  # NumPy's 0.57 is more than 57 / 100


def image_weights(truth: dict) -> np.ndarray:
    """How often each image is drawn: float [draws, images], images by ascending id.

    The first `RESAMPLES` draws are with replacement, then come `PARTS` halves, two by two the
    whole, and `PARTS` quarters. Images with the same value of `group` are drawn together. The same
    images give the same draws, so that models that were measured on them can be compared draw by
    draw. A single image, or group, says nothing of others: its draws are NaN, as are those without
    an image, and so is what is computed from them.
    """
    images = sorted(truth["images"], key=lambda image: image["id"])
    groups = [str(image.get("group") or f"image {image['id']}") for image in images]
    names, group_of = np.unique(groups, return_inverse=True)
    count = len(names)
    rng = np.random.default_rng([image["id"] for image in images])
    resamples = rng.multinomial(resample_size(count), np.full(count, 1 / count), RESAMPLES)
    drawn = np.concatenate([resamples, parts(count, 2, rng), parts(count, 4, rng)])
    some = drawn.any(axis=1, keepdims=True) & (count > 1)
    return np.where(some, drawn[:, group_of], np.nan)


def resample_size(count: int) -> int:
    """How many of `count` images to draw: `CONFIDENCE` standard deviations of the mean of so many
    are the half-width of the t interval of the mean of all (Student, 1908)."""
    if count < 2:
        return count
    return max(round((count - 1) * (CONFIDENCE / stats.t.ppf(0.975, count - 1)) ** 2), 1)


def parts(count: int, number: int, rng: np.random.Generator) -> np.ndarray:
    """Random halves, quarters, ..., `number` by `number` the whole: bool [PARTS, count]."""
    dealt = rng.permuted(np.tile(np.arange(count) % number, (PARTS // number, 1)), axis=1)
    return np.concatenate([dealt == part for part in range(number)])


def interval(
    value: float, drawn: np.ndarray, least: float = -np.inf, most: float = np.inf
) -> tuple[float, float]:
    """The bounds of the 95 % interval of a number, for any number of images of the same kind.

    Args:
        value: the number, of all images.
        drawn: the same number of each draw, as `image_weights` orders them.
        least, most: between which the number can be.

    Returns:
        Two bounds with the value between them; NaN where it is not defined.
    """
    kinds = np.split(drawn, [RESAMPLES, RESAMPLES + PARTS])
    resamples, halves, quarters = (kind[~np.isnan(kind)] for kind in kinds)
    if np.isnan(value) or not resamples.size:
        return float("nan"), float("nan")
    bias = bias_of(value, halves.mean(), quarters.mean()) if quarters.size else 0.0
    reach = CONFIDENCE * np.hypot(resamples.std(), UNSURE * bias)
    low, high = np.clip([value - bias - reach, value - bias + reach], least, most)
    return float(min(low, value)), float(max(high, value))


def bias_of(whole: float, half: float, quarter: float) -> float:
    """How far a number is too high that is `half` of half of the images, and `quarter` of quarters.

    A bias of `a n^-1/2 + b n^-1` is assumed; of half of the images, a has 2^1/2 times the effect
    and b twice, of a quarter 2 and 4 times.
    """
    root, more, most = 2**0.5, half - whole, quarter - half
    of_b = (most - root * more) / (2 - root)
    return (more - of_b) / (root - 1) + of_b


def average_precision(matching: Matching, weights: np.ndarray, size: int = ALL) -> np.ndarray:
    """The AP of each class: float [draws, classes, IoU thresholds], NaN without objects.

    Args:
        matching: of all images.
        weights: `[draws, images]`, as `image_weights` gives them.
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
    """AP of one class: float [draws, IoU thresholds].

    Args:
        drawn: float `[detections, draws]`, how often each detection's image was drawn.
        right, wrong: bool `[detections, IoU thresholds]`, best detection first.
        objects: `[draws]`, how many there are to find.
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
    exact = np.flatnonzero(percent - whole < 1e-9)
    passed = whole + 1
    passed.flat[exact] -= TOO_HIGH[whole.flat[exact].astype(int)]
    return passed
