"""Truth and predictions to evaluate, drawn from squares."""

import numpy as np
from pycocotools import mask as mask_utils

SIZE = 128


def square(x: int, y: int, side: int, size: int = SIZE) -> dict:
    """Mask and box of a square, as in an annotation."""
    mask = np.zeros((size, size), np.uint8, order="F")
    mask[y : y + side, x : x + side] = 1
    rle = mask_utils.encode(mask)
    return {
        "segmentation": {"size": [size, size], "counts": rle["counts"].decode()},
        "bbox": [x, y, side, side],
    }


def annotation(number: int, image: int, category: int, x: int, y: int, side: int, crowd=0) -> dict:
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "area": side * side,
        "iscrowd": crowd,
        **square(x, y, side),
    }


def prediction(image: int, category: int, x: int, y: int, side: int, score: float) -> dict:
    return {"image_id": image, "category_id": category, "score": score, **square(x, y, side)}


def as_predictions(annotations: list[dict]) -> list[dict]:
    """The truth itself as a model would predict it."""
    keys = ("image_id", "category_id", "segmentation", "bbox")
    return [
        {**{key: item[key] for key in keys}, "score": 1 - item["id"] / 1000}
        for item in annotations
        if not item["iscrowd"]
    ]


def small_truth() -> dict:
    """Four images: two classes, a crowd in the third, nothing in the last."""
    return {
        "images": [
            {"id": number, "file_name": f"{number}.png", "width": SIZE, "height": SIZE}
            for number in (11, 12, 13, 14)
        ],
        "categories": [{"id": 1, "name": "leaf"}, {"id": 2, "name": "ring"}],
        "annotations": [
            annotation(1, 11, 1, 4, 4, 20),
            annotation(2, 11, 2, 60, 60, 40),
            annotation(3, 12, 1, 10, 70, 30),
            annotation(4, 12, 1, 70, 10, 50),
            annotation(5, 13, 2, 5, 5, 20),
            annotation(6, 13, 1, 40, 40, 80, crowd=1),
        ],
    }


def crowded(seed: int, iou_type: str) -> tuple[dict, list[dict]]:
    """Many objects and detections on little room: ties, crowds, more than 100 detections."""
    rng = np.random.default_rng(seed)
    truth = {
        "images": [{"id": number, "width": 128, "height": 128} for number in (3, 1, 2, 7)],
        "categories": [{"id": n, "name": f"class {n}"} for n in (1, 2, 9)],
        "annotations": [
            annotation(
                number,
                int(rng.choice([1, 2, 3])),
                int(rng.choice([1, 2])),
                *rng.integers(0, 60, 2).tolist(),
                int(rng.choice([10, 20, 31, 32, 33, 60])),
                crowd=int(rng.random() < 0.1),
            )
            for number in range(1, 60)
        ],
    }
    predictions = [
        prediction(
            int(rng.choice([1, 2, 3, 7])),
            int(rng.choice([1, 2, 9])),
            *rng.integers(0, 60, 2).tolist(),
            int(rng.choice([10, 20, 31, 32, 33, 60])),
            float(rng.integers(1, 30)) / 30,
        )
        for _ in range(1000)
    ]
    if iou_type == "segm":
        for item in predictions:
            del item["bbox"]  # pycocotools would take the area of the box
    return truth, predictions
