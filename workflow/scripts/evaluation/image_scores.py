"""How well each single image was predicted, to find those worth a look."""

import numpy as np
import pandas as pd

from evaluation.confusion import confused
from evaluation.matching import ALL, IOU_50, Matching


def image_scores(matching: Matching, truth: dict, threshold: float) -> pd.DataFrame:
    """A row per image, in the truth's order.

    Columns:
        image_id, file_name, objects (crowds not counted);
        predictions, true_positives, false_positives, false_negatives: of detections with a score
            of at least `threshold`, matched at an IoU of 0.5;
        confused: of the false negatives, those taken for another class;
        mean_iou: of the matched pairs, NaN without any;
        f1: 2 TP / (2 TP + FP + FN);
        quality: panoptic quality, mean_iou * f1 (Kirillov et al., 2019);
        image_AP50: see `average_precisions`; of all detections.
    f1 and quality of an image without objects are 1 if nothing was predicted, else 0.
    """
    overlaps = matching.overlaps
    image_of, score = overlaps.detections.image, overlaps.detections.score

    def per_image(image: np.ndarray, weights=None) -> np.ndarray:
        return np.bincount(image, weights, minlength=len(overlaps.image_ids))

    kept = score >= threshold
    detection, _, iou = matching.pairs()
    iou, detection = iou[kept[detection]], detection[kept[detection]]
    hits = per_image(image_of[detection])
    overlap = per_image(image_of[detection], iou)
    wrong = per_image(image_of[kept & matching.wrong()[:, IOU_50]])
    objects = per_image(overlaps.objects.image[~matching.excluded[:, ALL]])
    taken = [object_ for object_, _ in confused(matching, threshold)]
    total = objects + hits + wrong  # = 2 TP + FP + FN
    scores = pd.DataFrame(
        {
            "objects": objects,
            "predictions": per_image(image_of[kept]),
            "true_positives": hits,
            "false_positives": wrong,
            "false_negatives": objects - hits,
            "confused": per_image(overlaps.objects.image[taken]),
            "mean_iou": np.where(hits, overlap / np.maximum(hits, 1), np.nan),
            "f1": np.where(total, 2 * hits / np.maximum(total, 1), 1.0),
            "quality": np.where(total, 2 * overlap / np.maximum(total, 1), 1.0),
            "image_AP50": average_precisions(matching),
        },
        index=overlaps.image_ids,
    )
    images = pd.DataFrame(truth["images"], columns=["id", "file_name"])
    scores = scores.loc[images["id"]].reset_index(drop=True)
    return pd.concat([images.rename(columns={"id": "image_id"}), scores], axis=1)


def average_precisions(matching: Matching) -> np.ndarray:
    """The AP of each image at an IoU of 0.5, all its classes in one curve: float [images].

    This is `compute_ap` of Matterport's Mask R-CNN, whose mean over images its tutorials report.
    COCO's AP has a curve per class over all images, so that one confident mistake anywhere counts
    against all that scored less; here it counts in its own image only. An image without objects
    has 1 if nothing was found in it, else 0, where the original divides by zero.
    """
    overlaps = matching.overlaps
    detections = overlaps.detections
    right, wrong = matching.right()[:, IOU_50], matching.wrong()[:, IOU_50]
    order = np.lexsort((-detections.score, detections.image))
    order = order[(right | wrong)[order]]
    images = np.arange(len(overlaps.image_ids) + 1)
    first = np.searchsorted(detections.image[order], images)
    objects = np.bincount(
        overlaps.objects.image[~matching.excluded[:, ALL]], minlength=len(overlaps.image_ids)
    )
    result = np.zeros(len(overlaps.image_ids))
    for image, count in enumerate(objects):
        found = right[order[first[image] : first[image + 1]]]
        if count:
            precision = np.cumsum(found) / np.arange(1, len(found) + 1)
            precision = np.maximum.accumulate(precision[::-1])[::-1]
            result[image] = precision[found].sum() / count
        else:
            result[image] = not len(found)
    return result
