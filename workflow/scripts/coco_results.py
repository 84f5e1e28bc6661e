"""Detections as COCO results."""

from coco import runs
from mrcnn.masks import paste


def as_results(
    found: dict, image_id: int, height: int, width: int, scale=(1.0, 1.0), corner=(0, 0)
) -> list:
    """The detections of one image, in COCO's form, as pixels of the image.

    Args:
        found: `boxes` `(N, 4)` in pixels of the input, `class_ids` `(N,)`, `scores` `(N,)`, best
            first, and N `masks`, each stretched over its box.
        image_id: of the image.
        height, width: of the image in pixels.
        scale: pixels of the input per pixel of the image, along y and x.
        corner: y and x of the input's first pixel in the image at this scale.
    """
    results = []
    for box, class_id, score, mask in zip(
        (found["boxes"] + (*corner, *corner)) / (*scale, *scale),
        found["class_ids"],
        found["scores"],
        found["masks"],
        strict=True,
    ):
        (top, left, _, _), pixels = paste(mask, box, (height, width))
        if not pixels.any():
            continue
        results.append(
            {
                "image_id": image_id,
                "category_id": int(class_id),
                "segmentation": runs.place(pixels, top, left, height, width),
                "bbox": [
                    round(float(value), 2)
                    for value in (box[1], box[0], box[3] - box[1], box[2] - box[0])
                ],
                "score": round(float(score), 5),
            }
        )
    return results
