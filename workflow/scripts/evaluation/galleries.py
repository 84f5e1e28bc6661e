"""The galleries of a report: which images they show, and the mistakes that are named in them."""

import hashlib
import math

import pandas as pd

from evaluation.confusion import confused
from evaluation.matching import Matching
from evaluation.tide import KINDS, mistakes

WORDS = dict(  # for the kinds of mistake that a detection can be
    zip(
        KINDS,
        ("wrong class", "badly placed", "wrong class, badly placed", "found twice", "nothing here"),
        strict=False,
    )
)


def choose(scores: pd.DataFrame, count: int) -> dict[str, list[int]]:
    """At most `count` image ids for each gallery, the extremes first.

    Args:
        scores: of `image_scores.image_scores`.

    Returns:
        best, worst: by quality, no image in both; images with neither objects nor false positives
        show nothing and are left out; of equally good images the one with more objects comes first.
        missed, confused: those with most objects that were not found, or taken for another class;
        images without any are left out. random: drawn by the names of the files, the same each
        time, from all images.
    """
    shown = scores[scores["objects"] + scores["false_positives"] > 0]
    ranked = _ids(shown, quality=False, objects=False)
    best = ranked[: min(count, math.ceil(len(ranked) / 2))]
    missed = scores["false_negatives"] - scores["confused"]
    drawn = scores["file_name"].map(lambda name: hashlib.sha256(name.encode()).hexdigest())
    return {
        "best": best,
        "worst": ranked[len(best) :][::-1][:count],
        "missed": _ids(scores.assign(missed=missed)[missed > 0], missed=False)[:count],
        "confused": _ids(scores[scores["confused"] > 0], confused=False)[:count],
        "random": _ids(scores.assign(drawn=drawn), drawn=True)[:count],
    }


def _ids(scores: pd.DataFrame, **ascending: bool) -> list[int]:
    """The ids of the images, sorted by these columns, then by the file's name."""
    columns = [*ascending, "file_name"]
    return scores.sort_values(columns, ascending=[*ascending.values(), True])["image_id"].tolist()


def named_mistakes(matching: Matching, threshold: float) -> tuple[dict[int, str], dict[int, str]]:
    """What is wrong with objects and detections, for those with whom something is.

    Returns:
        By position in the truth's annotations: "missed", or the class that they are taken for.
        By position in the predictions, of those with a score of at least `threshold`: `WORDS`.
    """
    overlaps = matching.overlaps
    missed, wrong, _ = matching.at(threshold)
    of_objects = dict.fromkeys(sorted(missed), "missed")
    for object_, detection in confused(matching, threshold):
        name = overlaps.classes[overlaps.detections.label[detection]]
        of_objects[int(overlaps.objects.number[object_])] = f"taken for {name}"
    kind, _, _ = mistakes(matching)
    of_detections = {
        int(number): WORDS[KINDS[kind[position]]]
        for position, number in enumerate(overlaps.detections.number)
        if int(number) in wrong
    }
    return of_objects, of_detections
