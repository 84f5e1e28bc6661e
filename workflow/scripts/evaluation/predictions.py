"""Reads the predictions of a split, and refuses what could not be evaluated."""

import json
import math
from numbers import Integral, Real
from pathlib import Path

import numpy as np

from evaluation.errors import InputError


def read(path: Path, truth: dict) -> list[dict]:
    """The predictions of a COCO results file, checked against `truth`.

    Raises:
        InputError: the file is no JSON list, or an entry does not fit the truth's images
            and categories; the message names the file and the entry.
    """
    try:
        predictions = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: not a JSON file ({error}); predict again") from None
    if not isinstance(predictions, list):
        raise InputError(f"{path}: expected a list of COCO results, found one {_kind(predictions)}")
    try:
        check(predictions, truth)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return predictions


def check(predictions: list[dict], truth: dict):
    """Raise an `InputError` that names the first entry that does not fit the truth.

    Each prediction needs `image_id` and `category_id` of the truth, a finite `score`, a
    `bbox` [x, y, width, height] in pixels, and a `segmentation`: compressed run lengths of
    the image's size.
    """
    sizes = {image["id"]: [image["height"], image["width"]] for image in truth["images"]}
    categories = {category["id"]: category["name"] for category in truth["categories"]}
    for position, prediction in enumerate(predictions):
        problem = _problem(prediction, sizes, categories)
        if problem:
            raise InputError(f"entry {position}{_place(prediction)}: {problem}")


def _problem(prediction: dict, sizes: dict, categories: dict) -> str | None:
    if not isinstance(prediction, dict):
        return f"expected an object with image_id, category_id, score, found a {_kind(prediction)}"
    keys = ("image_id", "category_id", "segmentation", "bbox", "score")
    missing = [key for key in keys if key not in prediction]
    if missing:
        return f"lacks {', '.join(missing)}"
    if not _known(prediction["image_id"], sizes):
        return (
            f"image_id {prediction['image_id']!r} is not in the truth, which has "
            f"{len(sizes)} images; predict and evaluate the same split"
        )
    if not _known(prediction["category_id"], categories):
        names = ", ".join(f"{key} ({name})" for key, name in categories.items())
        return (
            f"category_id {prediction['category_id']!r} is not in the truth, which has "
            f"{names}; the model was trained on other classes"
        )
    if not _finite(prediction["score"]):
        return f"score {prediction['score']!r} is not a finite number"
    box = prediction["bbox"]
    if not (isinstance(box, list) and len(box) == 4 and all(map(_finite, box))):
        return f"bbox {box!r} is not [x, y, width, height] in pixels"
    if box[2] < 0 or box[3] < 0:
        return f"bbox {box!r} has a negative width or height"
    return _mask_problem(prediction["segmentation"], sizes[prediction["image_id"]])


def _mask_problem(segmentation: dict, size: list[int]) -> str | None:
    if not (isinstance(segmentation, dict) and isinstance(segmentation.get("counts"), str)):
        return 'segmentation is not compressed RLE: {"size": [height, width], "counts": "..."}'
    if segmentation.get("size") != size:
        return (
            f"the mask's size is {segmentation.get('size')}, the image's is {size} "
            "(height, width); masks belong to the whole image at its own size"
        )
    runs = run_lengths(segmentation["counts"])
    if runs.sum() != size[0] * size[1] or runs.min() < 0:
        return f"the mask's counts do not fill its {size[0]} x {size[1]} pixels"
    return None


def run_lengths(counts: str) -> np.ndarray:
    """The run lengths, zeros first, that pycocotools wrote as the text `counts`: int [runs].

    pycocotools itself reads beyond a text that is too short. Each length is a number of
    5-bit digits, lowest first; from the fourth on it is the difference to the last but one.
    """
    digits = np.frombuffer(counts.encode("latin-1", "replace"), np.uint8).astype(np.int64) - 48
    ends = np.flatnonzero(~digits & 32)
    if not len(ends):
        return np.zeros(1, np.int64)
    digits = digits[: ends[-1] + 1]
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    places = np.arange(len(digits)) - np.repeat(starts, lengths)
    runs = np.add.reduceat((digits & 31) << (5 * np.minimum(places, 11)), starts)
    runs -= np.where(digits[ends] & 16, 1 << (5 * np.minimum(lengths, 12)), 0)
    runs[1::2] = np.cumsum(runs[1::2])
    runs[2::2] = np.cumsum(runs[2::2])
    return runs


def _known(key: object, known: dict) -> bool:
    return isinstance(key, Integral) and key in known


def _finite(value: object) -> bool:
    return isinstance(value, Real) and math.isfinite(value)


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__


def _place(prediction: object) -> str:
    image = prediction.get("image_id") if isinstance(prediction, dict) else None
    return "" if image is None else f" (image {image})"
