"""Makes tidecv.json: a drawn data set of boxes, and what tidecv 1.0.1 says of its mistakes.

    uv run --with tidecv==1.0.1 python tests/evaluation/tidecv_reference.py

tidecv is no dependency: it brings another OpenCV along.
"""

import json
from pathlib import Path

import numpy as np
from tidecv import TIDE, Data

CLASSES = 3
NAMES = dict(zip(("Cls", "Loc", "Both", "Dupe", "Bkg", "Miss"), range(6), strict=True))


def draw(images: int = 40) -> tuple[dict, list[dict]]:
    """Objects, and detections with every kind of mistake; each score occurs once."""
    rng = np.random.default_rng(0)
    annotations, predictions = [], []

    def predict(image, category, box, score):
        predictions.append(
            {
                "image_id": image,
                "category_id": int(category),
                "bbox": [round(float(value), 2) for value in box],
                "score": round(float(score), 4) + len(predictions) * 1e-7,
            }
        )

    for image in range(1, images + 1):
        for _ in range(rng.integers(0, 9)):
            x, y, width, height = (*rng.integers(0, 150, 2), *rng.integers(10, 60, 2))
            category = int(rng.integers(1, CLASSES + 1))
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image,
                    "category_id": category,
                    "bbox": [int(x), int(y), int(width), int(height)],
                    "area": int(width * height),
                    "iscrowd": 0,
                }
            )
            for _ in range(rng.integers(0, 4)):
                moved = np.array([x, y, width, height]) + rng.normal(0, 6, 4) * rng.random()
                seen = category if rng.random() < 0.75 else rng.integers(1, CLASSES + 1)
                predict(image, seen, np.maximum(moved, 1), rng.beta(3, 2))
        for _ in range(rng.integers(0, 3)):
            box = (*rng.integers(0, 150, 2), *rng.integers(10, 60, 2))
            predict(image, rng.integers(1, CLASSES + 1), box, rng.beta(2, 3))
    truth = {
        "images": [{"id": image} for image in range(1, images + 1)],
        "categories": [{"id": n, "name": f"class {n}"} for n in range(1, CLASSES + 1)],
        "annotations": annotations,
    }
    return truth, predictions


def ask_tidecv(truth: dict, predictions: list[dict]) -> dict:
    true, found = Data("truth", max_dets=1000), Data("predictions", max_dets=1000)
    for image in truth["images"]:
        for data in (true, found):
            data.add_image(image["id"], str(image["id"]))
    for item in truth["annotations"]:
        true.add_ground_truth(item["image_id"], item["category_id"], item["bbox"])
    for item in predictions:
        found.add_detection(item["image_id"], item["category_id"], item["score"], item["bbox"])
    tide = TIDE()
    run = tide.evaluate(true, found, mode=TIDE.BOX)
    gains = {error.short_name: gain / 100 for error, gain in run.fix_main_errors().items()}
    counts = {error.short_name: count for error, count in run.count_errors().items()}
    return {
        "AP50": run.ap / 100,
        "delta_AP50": [gains[name] for name in NAMES],
        "count": [counts[name] for name in NAMES],
    }


if __name__ == "__main__":
    truth, predictions = draw()
    content = {"truth": truth, "predictions": predictions, **ask_tidecv(truth, predictions)}
    path = Path(__file__).with_name("tidecv.json")
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
    print({key: content[key] for key in ("AP50", "delta_AP50", "count")}, path.stat().st_size)
