"""How well each single image was predicted, to find the best and the worst."""

import math

import numpy as np
import pandas as pd

from evaluation.matching import by_image, match


def image_scores(truth: dict, predictions: list[dict], min_score: float = 0.5) -> pd.DataFrame:
    """A row per image, in the truth's order, from predictions with at least `min_score`.

    Columns:
        image_id, file_name, objects (crowds not counted), predictions;
        true_positives, false_positives, false_negatives: matched at mask IoU 0.5;
        mean_iou: of the matched masks, NaN without any;
        f1: 2 TP / (2 TP + FP + FN);
        quality: panoptic quality, mean_iou * f1 (Kirillov et al., 2019).
    f1 and quality of an image without objects are 1 if nothing was predicted, else 0.
    """
    annotations = by_image(truth["annotations"])
    found = by_image([item for item in predictions if item["score"] >= min_score])
    rows = []
    for image in truth["images"]:
        matching = match(annotations[image["id"]], found[image["id"]])
        ious = [iou for _, _, iou in matching.pairs]
        right, wrong, missed = len(ious), len(matching.false_positives), len(matching.missed)
        total = 2 * right + wrong + missed
        rows.append(
            {
                "image_id": image["id"],
                "file_name": image["file_name"],
                "objects": right + missed,
                "predictions": len(found[image["id"]]),
                "true_positives": right,
                "false_positives": wrong,
                "false_negatives": missed,
                "mean_iou": float(np.mean(ious)) if ious else math.nan,
                "f1": 2 * right / total if total else 1.0,
                "quality": 2 * sum(ious) / total if total else 1.0,
            }
        )
    return pd.DataFrame(rows)


def best_and_worst(scores: pd.DataFrame, count: int) -> tuple[list[int], list[int]]:
    """The ids of the `count` best and worst images by quality, the extremes first.

    Images with neither objects nor false positives show nothing and are left out. Of equally
    good images the one with more objects comes first. No image is on both sides.
    """
    shown = scores[scores["objects"] + scores["false_positives"] > 0]
    ranked = shown.sort_values(["quality", "objects", "file_name"], ascending=[False, False, True])[
        "image_id"
    ].tolist()
    best = ranked[: min(count, math.ceil(len(ranked) / 2))]
    worst = ranked[len(best) :][::-1][:count]
    return best, worst


def false_positives_without_objects(
    truth: dict, predictions: list[dict], min_score: float = 0.5
) -> dict[str, int]:
    """For each class: predictions of at least `min_score` in images without any object."""
    occupied = {annotation["image_id"] for annotation in truth["annotations"]}
    wrong = [
        prediction["category_id"]
        for prediction in predictions
        if prediction["score"] >= min_score and prediction["image_id"] not in occupied
    ]
    return {category["name"]: wrong.count(category["id"]) for category in truth["categories"]}
