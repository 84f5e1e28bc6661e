"""COCO's average precision and recall, computed by pycocotools.

`COCOeval.summarize` knows 100 detections per image only, prints, and writes -1 for what is
not defined. Here the number is free, nothing is printed, and undefined is NaN.
"""

import contextlib
import io
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pycocotools import mask as mask_utils
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

IOU_TYPES = ("bbox", "segm")
IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALL_THRESHOLDS = np.linspace(0.0, 1.0, 101)
ALL, SMALL, MEDIUM, LARGE = range(4)  # object areas: any, < 32², 32² to 96², > 96² px
IOU_50, IOU_75 = 0, 5


@dataclass(frozen=True)
class Evaluation:
    """Precision and recall of one set of predictions.

    Attributes:
        iou_type: "bbox" or "segm".
        max_detections: detections per image and class that count, best first.
        classes: names, in the order of their ids.
        precision: float [10 IoU thresholds, 101 recalls, classes, 4 areas], 0-1; the highest
            precision at each recall or beyond, 0 where that recall is not reached, NaN for a
            class without objects of that area.
        recall: float [10 IoU thresholds, classes, 4 areas, 3], 0-1, with at most 1, 10 and
            `max_detections` detections; NaN for a class without objects of that area.
    """

    iou_type: str
    max_detections: int
    classes: list[str]
    precision: np.ndarray
    recall: np.ndarray


def evaluate(
    truth: dict, predictions: list[dict], iou_type: str = "segm", max_detections: int = 100
) -> Evaluation:
    """Evaluate COCO results as pycocotools does; crowd regions excuse what lies in them.

    Detections with the same score in one image count in their order. A mask's size class
    follows its own area, as in detectron2; pycocotools takes the box's where there is one.
    """
    limits = sorted({1, 10, max_detections})
    categories = sorted(truth["categories"], key=lambda category: category["id"])
    with contextlib.redirect_stdout(io.StringIO()):
        coco_eval = COCOeval(
            _coco(truth, truth["annotations"]),
            _coco(truth, [_measured(item, iou_type) for item in predictions]),
            iou_type,
        )
        coco_eval.params.maxDets = limits
        coco_eval.evaluate()
        coco_eval.accumulate()
    precision, recall = (
        np.where(values > -1, values, np.nan)
        for values in (coco_eval.eval["precision"], coco_eval.eval["recall"])
    )
    columns = [limits.index(limit) for limit in (1, 10, max_detections)]
    return Evaluation(
        iou_type=iou_type,
        max_detections=max_detections,
        classes=[category["name"] for category in categories],
        precision=precision[..., columns[-1]],
        recall=recall[..., columns],
    )


def summary(evaluation: Evaluation) -> dict:
    """COCO's numbers as one row: means over thresholds and classes, 0-1 or NaN."""
    precision, recall = evaluation.precision, evaluation.recall
    return {
        "iou_type": evaluation.iou_type,
        "AP": _mean(precision[..., ALL]),
        "AP50": _mean(precision[IOU_50, ..., ALL]),
        "AP75": _mean(precision[IOU_75, ..., ALL]),
        "APs": _mean(precision[..., SMALL]),
        "APm": _mean(precision[..., MEDIUM]),
        "APl": _mean(precision[..., LARGE]),
        "AR1": _mean(recall[..., ALL, 0]),
        "AR10": _mean(recall[..., ALL, 1]),
        "ARmax": _mean(recall[..., ALL, 2]),
        "max_detections": evaluation.max_detections,
    }


def per_class(evaluation: Evaluation, truth: dict) -> pd.DataFrame:
    """A row per class: images and instances (without crowds), AP, AP50, AP75, AR."""
    categories = sorted(truth["categories"], key=lambda category: category["id"])
    rows = []
    for position, category in enumerate(categories):
        precision = evaluation.precision[:, :, position, ALL]
        images = [
            annotation["image_id"]
            for annotation in truth["annotations"]
            if annotation["category_id"] == category["id"] and not annotation.get("iscrowd", 0)
        ]
        rows.append(
            {
                "iou_type": evaluation.iou_type,
                "class": category["name"],
                "images": len(set(images)),
                "instances": len(images),
                "AP": _mean(precision),
                "AP50": _mean(precision[IOU_50]),
                "AP75": _mean(precision[IOU_75]),
                "AR": _mean(evaluation.recall[:, position, ALL, 2]),
            }
        )
    return pd.DataFrame(rows)


def _coco(truth: dict, annotations: list[dict]) -> COCO:
    """A COCO object of copies, since COCOeval writes into annotations, with ids from 1 on."""
    coco = COCO()
    coco.dataset = {
        "images": truth["images"],
        "categories": truth["categories"],
        "annotations": [
            {"iscrowd": 0, **annotation, "id": number}
            for number, annotation in enumerate(annotations, start=1)
        ],
    }
    coco.createIndex()
    return coco


def _measured(prediction: dict, iou_type: str) -> dict:
    if iou_type == "bbox":
        _, _, width, height = prediction["bbox"]
        return {**prediction, "area": width * height}
    return {**prediction, "area": float(mask_utils.area(prediction["segmentation"]))}


def _mean(values: np.ndarray) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else float("nan")
