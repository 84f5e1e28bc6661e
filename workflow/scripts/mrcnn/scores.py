"""Precision and recall of one image, as the original counts them.

This is not COCO's AP: classes are mixed in one curve, and each image has a curve of its own. Its
mean over images depends on how objects are spread over them. For COCO's AP use `pycocotools`.
"""

import numpy as np

from mrcnn.overlaps import compute_overlaps, compute_overlaps_masks


def trim_zeros(x):
    """The rows of `(N, M)` that are not all zero: boxes without their padding."""
    return x[x.any(axis=1)]


def compute_matches(
    gt_boxes,
    gt_class_ids,
    gt_masks,
    pred_boxes,
    pred_class_ids,
    pred_scores,
    pred_masks,
    iou_threshold=0.5,
    score_threshold=0.0,
):
    """Pairs of true and predicted objects.

    The predictions choose, best score first, the object of their class whose mask overlaps
    theirs most and that nobody chose before. Objects with a box of zeros are padding.

    Args:
        gt_boxes, pred_boxes: `(N, 4)` and `(M, 4)`.
        gt_class_ids, pred_class_ids: int `(N,)` and `(M,)`.
        gt_masks, pred_masks: `(H, W, N)` and `(H, W, M)`.
        pred_scores: `(M,)`.
        iou_threshold: what a pair must overlap at least.
        score_threshold: the same, in spite of its name; the higher one counts.

    Returns:
        gt_match: float `(N,)`, the prediction of each object, or -1.
        pred_match: float `(M,)`, the object of each prediction, or -1.
        overlaps: float32 `(M, N)`, of the masks.

        Predictions are numbered by falling score, without padding.
    """
    true, found = np.flatnonzero(gt_boxes.any(axis=1)), np.flatnonzero(pred_boxes.any(axis=1))
    found = found[np.argsort(pred_scores[found])[::-1]]
    gt_class_ids, pred_class_ids = gt_class_ids[true], pred_class_ids[found]
    overlaps = compute_overlaps_masks(pred_masks[..., found], gt_masks[..., true])

    gt_match, pred_match = np.full(len(true), -1.0), np.full(len(found), -1.0)
    for i in range(len(found)):
        for j in np.argsort(overlaps[i])[::-1]:
            if overlaps[i, j] < max(iou_threshold, score_threshold):
                break
            if gt_match[j] < 0 and gt_class_ids[j] == pred_class_ids[i]:
                gt_match[j], pred_match[i] = i, j
                break
    return gt_match, pred_match, overlaps


def compute_ap(
    gt_boxes,
    gt_class_ids,
    gt_masks,
    pred_boxes,
    pred_class_ids,
    pred_scores,
    pred_masks,
    iou_threshold=0.5,
):
    """The area under the precision-recall curve of one image, all classes together.

    An image without objects scores 1 if nothing is found in it and 0 if something is: so the mean
    over images is a number and charges for false alarms. The original's is 0/0 there.

    Args: those of `compute_matches`.

    Returns:
        mAP: 0 to 1.
        precisions: float `(M + 2,)`, after each prediction, best first, made non-increasing;
            with a value before the first and one after the last.
        recalls: float `(M + 2,)`, from 0 to 1.
        overlaps: float32 `(M, N)`, of the masks.
    """
    gt_match, pred_match, overlaps = compute_matches(
        gt_boxes, gt_class_ids, gt_masks, pred_boxes, pred_class_ids, pred_scores, pred_masks,
        iou_threshold,
    )  # fmt: skip
    hits = np.cumsum(pred_match >= 0)
    nothing = not len(gt_match) and not len(pred_match)
    precisions = np.concatenate([[0], hits / np.arange(1, len(hits) + 1), [float(nothing)]])
    recalls = np.concatenate([[0], hits / max(len(gt_match), 1), [1]])
    precisions = np.maximum.accumulate(precisions[::-1])[::-1]
    return np.sum(np.diff(recalls) * precisions[1:]), precisions, recalls, overlaps


def compute_ap_range(
    gt_box,
    gt_class_id,
    gt_mask,
    pred_box,
    pred_class_id,
    pred_score,
    pred_mask,
    iou_thresholds=None,
    verbose=1,
):
    """The mean of `compute_ap` over thresholds of overlap, by default 0.5, 0.55, ..., 0.95.

    Args: those of `compute_matches`, and
        iou_thresholds: the thresholds.
        verbose: 1 prints each value.
    """
    thresholds = np.arange(0.5, 1.0, 0.05) if iou_thresholds is None else iou_thresholds
    values = []
    for threshold in thresholds:
        value, *_ = compute_ap(
            gt_box, gt_class_id, gt_mask, pred_box, pred_class_id, pred_score, pred_mask,
            iou_threshold=threshold,
        )  # fmt: skip
        values.append(value)
        if verbose:
            print(f"AP @{threshold:.2f}:\t {value:.3f}")
    mean = np.mean(values)
    if verbose:
        print(f"AP @{thresholds[0]:.2f}-{thresholds[-1]:.2f}:\t {mean:.3f}")
    return mean


def compute_recall(pred_boxes, gt_boxes, iou):
    """The share of objects that some box overlaps.

    Args:
        pred_boxes, gt_boxes: `(M, 4)` and `(N, 4)`.
        iou: what a box must overlap an object at least; it counts for the one it overlaps most.

    Returns:
        recall: 0 to 1; 1 when there are no objects.
        positive_ids: indices of the boxes that overlap an object.
    """
    if not len(gt_boxes):
        return 1.0, np.empty(0, int)
    overlaps = compute_overlaps(pred_boxes, gt_boxes)
    positive_ids = np.flatnonzero(overlaps.max(axis=1) >= iou)
    found = np.unique(overlaps[positive_ids].argmax(axis=1))
    return len(found) / len(gt_boxes), positive_ids
