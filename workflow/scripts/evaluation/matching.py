"""Which objects of one image were found, which were missed, and what was made up."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from pycocotools import mask as mask_utils


@dataclass(frozen=True)
class Matching:
    """Positions in the lists that were matched.

    Attributes:
        pairs: (object, prediction, IoU of their masks) of each object that was found.
        missed: objects that no prediction found.
        false_positives: predictions that found no object.
    """

    pairs: list[tuple[int, int, float]]
    missed: list[int]
    false_positives: list[int]


def match(objects: list[dict], predictions: list[dict], threshold: float = 0.5) -> Matching:
    """Match the predictions of one image to its objects, class by class, best score first.

    As in COCO: a prediction finds the object, not yet found, that its mask overlaps most, if
    their IoU is at least `threshold`. A prediction that has at least that part of itself in a
    crowd region is neither right nor wrong, and a crowd region cannot be missed. All masks
    are RLE.
    """
    crowd = np.array([bool(item.get("iscrowd", 0)) for item in objects], bool)
    ious = _ious(objects, predictions, crowd)
    free = ~crowd
    pairs, false_positives = [], []
    for number in sorted(range(len(predictions)), key=lambda n: -predictions[n]["score"]):
        candidates = np.where(free, ious[number], 0)
        best = int(candidates.argmax()) if len(objects) else None
        if best is not None and candidates[best] >= threshold:
            pairs.append((best, number, float(candidates[best])))
            free[best] = False
        elif not (ious[number, crowd] >= threshold).any():
            false_positives.append(number)
    return Matching(pairs, np.flatnonzero(free).tolist(), sorted(false_positives))


def by_image(records: list[dict]) -> dict[int, list[dict]]:
    """Annotations or predictions of each image id; an empty list for any other id."""
    groups = defaultdict(list)
    for record in records:
        groups[record["image_id"]].append(record)
    return groups


def _ious(objects: list[dict], predictions: list[dict], crowd: np.ndarray) -> np.ndarray:
    """float [predictions, objects]; 0 between different classes."""
    if not objects or not predictions:
        return np.zeros((len(predictions), len(objects)))
    ious = mask_utils.iou(
        [item["segmentation"] for item in predictions],
        [item["segmentation"] for item in objects],
        crowd.astype(int).tolist(),
    )
    classes = [
        np.array([item["category_id"] for item in items]) for items in (predictions, objects)
    ]
    return np.where(classes[0][:, None] == classes[1][None, :], ious, 0)
