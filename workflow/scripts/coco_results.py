"""Detections as COCO results."""

import numpy as np
from pycocotools import mask as coco_mask

from mrcnn.masks import paste


def as_results(found: dict, image_id: int, height: int, width: int, scale=(1.0, 1.0)) -> list:
    """The detections of one image, in COCO's form, as pixels of the image.

    Args:
        found: `boxes` `(N, 4)` in pixels of the input, `class_ids` `(N,)`, `scores` `(N,)`, best
            first, and N `masks`, each stretched over its box.
        image_id: of the image.
        height, width: of the image in pixels.
        scale: pixels of the input per pixel of the image, along y and x.
    """
    results = []
    for box, class_id, score, mask in zip(
        found["boxes"] / (*scale, *scale),
        found["class_ids"],
        found["scores"],
        found["masks"],
        strict=True,
    ):
        (top, left, bottom, right), pixels = paste(mask, box, (height, width))
        if not pixels.any():
            continue
        canvas = np.zeros((height, width), np.uint8, order="F")
        canvas[top:bottom, left:right] = pixels
        rle = coco_mask.encode(canvas)
        results.append(
            {
                "image_id": image_id,
                "category_id": int(class_id),
                "segmentation": {"size": [height, width], "counts": rle["counts"].decode()},
                "bbox": [
                    round(float(value), 2)
                    for value in (box[1], box[0], box[3] - box[1], box[2] - box[0])
                ],
                "score": round(float(score), 5),
            }
        )
    return results
