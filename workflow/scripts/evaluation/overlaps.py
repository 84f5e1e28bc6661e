"""The objects and the detections of a split as columns, and the pairs of them that overlap.

Computed once for boxes and once for masks; every number of the evaluation starts from it.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from pycocotools import mask as mask_utils

IOU_TYPES = ("bbox", "segm")
LEAST = 0.1  # IoU of the pairs that are kept: what overlaps less is background (Bolya et al., 2020)


@dataclass(frozen=True)
class Objects:
    """The truth, image by image; each attribute is an array with a value per object.

    Attributes:
        number: position in the truth's annotations.
        image: position in `Overlaps.image_ids`.
        label: position in `Overlaps.classes`.
        area: px², as the annotation says.
        crowd: bool.
    """

    number: np.ndarray
    image: np.ndarray
    label: np.ndarray
    area: np.ndarray
    crowd: np.ndarray


@dataclass(frozen=True)
class Detections:
    """The predictions that count, by image, class and falling score.

    Attributes:
        number: position in the list of predictions.
        image, label: as for `Objects`.
        area: px², of the box or of the mask.
        score: 0-1.
        rank: 0 for the best of its image and class, then 1, 2, ...
    """

    number: np.ndarray
    image: np.ndarray
    label: np.ndarray
    area: np.ndarray
    score: np.ndarray
    rank: np.ndarray


@dataclass(frozen=True)
class Overlaps:
    """What overlaps what.

    Attributes:
        iou_type: "bbox" or "segm".
        max_detections: detections per image and class that count, best first.
        image_ids: ascending.
        classes: names, in the order of their ids.
        objects, detections: see there.
        detection, object, iou: one value per pair of the same image, of any two classes, with an
            IoU of at least `LEAST`; of a crowd, the part of the detection that lies in it.
            Sorted by detection, then by IoU, then by object.
    """

    iou_type: str
    max_detections: int
    image_ids: np.ndarray
    classes: list[str]
    objects: Objects
    detections: Detections
    detection: np.ndarray
    object: np.ndarray
    iou: np.ndarray


def find_overlaps(
    truth: dict, predictions: list[dict], iou_type: str, max_detections: int = 100
) -> Overlaps:
    """Compare all predictions (COCO results) with all objects of their images."""
    categories = sorted(truth["categories"], key=lambda category: category["id"])
    label_of = {category["id"]: label for label, category in enumerate(categories)}
    image_ids = np.array(sorted(image["id"] for image in truth["images"]), dtype=np.int64)
    image_of = {identifier: position for position, identifier in enumerate(image_ids.tolist())}
    objects = _objects(truth["annotations"], image_of, label_of)
    detections = _detections(predictions, image_of, label_of, iou_type, max_detections)

    sizes = {image["id"]: (image.get("height"), image.get("width")) for image in truth["images"]}
    true_shapes = [
        _shape(truth["annotations"][number], iou_type, sizes) for number in objects.number
    ]
    found_shapes = [
        predictions[number]["bbox" if iou_type == "bbox" else "segmentation"]
        for number in detections.number
    ]
    return Overlaps(
        iou_type,
        max_detections,
        image_ids,
        [category["name"] for category in categories],
        objects,
        detections,
        *_pairs(objects, detections, true_shapes, found_shapes, len(image_ids)),
    )


def by_image(records: list[dict]) -> dict[int, list[dict]]:
    """Annotations or predictions of each image id; an empty list for any other id."""
    groups = defaultdict(list)
    for record in records:
        groups[record["image_id"]].append(record)
    return groups


def _objects(annotations: list[dict], image_of: dict, label_of: dict) -> Objects:
    image = _column(annotations, lambda item: image_of[item["image_id"]], np.int64)
    order = np.argsort(image, kind="stable")
    label = _column(annotations, lambda item: label_of[item["category_id"]], np.int64)
    area = _column(annotations, lambda item: item["area"], float)
    crowd = _column(annotations, lambda item: item.get("iscrowd", 0), bool)
    return Objects(order, image[order], label[order], area[order], crowd[order])


def _detections(
    predictions: list[dict], image_of: dict, label_of: dict, iou_type: str, limit: int
) -> Detections:
    image = _column(predictions, lambda item: image_of[item["image_id"]], np.int64)
    label = _column(predictions, lambda item: label_of[item["category_id"]], np.int64)
    score = _column(predictions, lambda item: item["score"], float)
    if iou_type == "bbox":
        area = _column(predictions, lambda item: item["bbox"][2] * item["bbox"][3], float)
    else:
        area = _column(predictions, lambda item: mask_utils.area(item["segmentation"]), float)
    order = np.lexsort((-score, label, image))  # stable, as COCO's sorting is
    group = image[order] * len(label_of) + label[order]
    _, starts, counts = np.unique(group, return_index=True, return_counts=True)
    rank = np.arange(len(group)) - np.repeat(starts, counts)
    order, rank = order[rank < limit], rank[rank < limit]
    return Detections(order, image[order], label[order], area[order], score[order], rank)


def _column(records: list[dict], value, dtype) -> np.ndarray:
    return np.fromiter(map(value, records), dtype, len(records))


def _shape(annotation: dict, iou_type: str, sizes: dict):
    """The box, or the RLE of a mask that may also be polygons or plain run lengths."""
    if iou_type == "bbox":
        return annotation["bbox"]
    mask = annotation["segmentation"]
    if isinstance(mask, list):
        return mask_utils.merge(mask_utils.frPyObjects(mask, *sizes[annotation["image_id"]]))
    if isinstance(mask["counts"], list):
        return mask_utils.frPyObjects(mask, *sizes[annotation["image_id"]])
    return mask


def _pairs(
    objects: Objects, detections: Detections, true_shapes: list, found_shapes: list, images: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    crowd = objects.crowd.astype(int).tolist()
    first_object = np.searchsorted(objects.image, np.arange(images + 1)).tolist()
    first_detection = np.searchsorted(detections.image, np.arange(images + 1)).tolist()
    parts = []
    for image in range(images):
        there = slice(first_object[image], first_object[image + 1])
        found = slice(first_detection[image], first_detection[image + 1])
        if there.start == there.stop or found.start == found.stop:
            continue
        ious = mask_utils.iou(found_shapes[found], true_shapes[there], crowd[there])
        rows, columns = np.nonzero(ious >= LEAST)
        parts.append((rows + found.start, columns + there.start, ious[rows, columns]))
    if not parts:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    detection, object_, iou = map(np.concatenate, zip(*parts, strict=True))
    order = np.lexsort((object_, iou, detection))
    return detection[order], object_[order], iou[order]
