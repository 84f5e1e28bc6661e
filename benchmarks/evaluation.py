"""Time and memory of a whole evaluation, as large as COCO's val2017.

    uv run python benchmarks/evaluation.py [--images 5000] [--objects 36000] [--detections 100000]

Draws objects and detections of 80 classes in images of 640 x 480, writes them as the workflow
would, chooses a threshold and evaluates with `workflow/scripts/evaluate.py`, figures and
intervals included. The images themselves are not needed: no overlays are drawn.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from pycocotools import mask as mask_utils

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from choose_threshold import choose_threshold
from evaluate import OUTPUTS, evaluate

WIDTH, HEIGHT, CLASSES = 640, 480, 80
THREADS = 2


def outline(rng, centre, radius) -> dict:
    """Mask, box and area of a bumpy ellipse."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    reach = radius * (1 + 0.15 * np.sin(3 * angles + rng.uniform(0, 6)))
    points = centre + reach[:, None] * np.stack([np.cos(angles), 0.7 * np.sin(angles)], axis=1)
    points = np.clip(points, 0, [WIDTH, HEIGHT])
    rle = mask_utils.frPyObjects([points.ravel().tolist()], HEIGHT, WIDTH)[0]
    return {
        "segmentation": {"size": [HEIGHT, WIDTH], "counts": rle["counts"].decode()},
        "bbox": mask_utils.toBbox(rle).tolist(),
        "area": int(mask_utils.area(rle)),
    }


def draw(images: int, objects: int, detections: int) -> tuple[dict, list[dict]]:
    """A truth, and predictions of it that are often right."""
    rng = np.random.default_rng(0)
    weight = 1 / np.arange(1, CLASSES + 1)  # few classes are common, many are rare
    labels = rng.choice(CLASSES, objects, p=weight / weight.sum()) + 1
    annotations, places = [], []
    for number, label in enumerate(labels.tolist(), 1):
        centre, radius = rng.uniform([40, 40], [WIDTH - 40, HEIGHT - 40]), rng.lognormal(3.4, 0.6)
        places.append((centre, radius))
        annotations.append(
            {
                "id": number,
                "image_id": int(rng.integers(1, images + 1)),
                "category_id": label,
                "iscrowd": int(rng.random() < 0.01),
                **outline(rng, centre, radius),
            }
        )
    predictions = []
    for number in range(detections):
        target = rng.integers(objects)
        near = number < objects or rng.random() < 0.3
        centre, radius = places[number if number < objects else target]
        if near:
            centre = centre + rng.normal(0, 0.1 * radius, 2)
            radius = radius * rng.lognormal(0, 0.1)
        item = annotations[number if number < objects else target]
        same = rng.random() < 0.9
        predictions.append(
            {
                "image_id": item["image_id"] if near else int(rng.integers(1, images + 1)),
                "category_id": item["category_id"] if same else int(rng.integers(1, CLASSES + 1)),
                "score": round(float(rng.beta(4, 2) if near else rng.beta(1, 4)), 5),
                **outline(rng, centre, radius),
            }
        )
    truth = {
        "images": [
            {"id": number, "file_name": f"{number:06}.jpg", "width": WIDTH, "height": HEIGHT}
            for number in range(1, images + 1)
        ],
        "categories": [{"id": n, "name": f"class {n}"} for n in range(1, CLASSES + 1)],
        "annotations": annotations,
    }
    return truth, predictions


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=5_000)
    parser.add_argument("--objects", type=int, default=36_000)
    parser.add_argument("--detections", type=int, default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = folder / "truth.json", folder / "predictions.json"
        for path, content in zip(files, draw(**vars(arguments)), strict=True):
            path.write_text(json.dumps(content))
        del content
        before = peak_gib()
        start, worked = time.perf_counter(), time.process_time()
        choose_threshold(files[1], files[0], 100, folder / "threshold.tsv")
        chosen = time.perf_counter()
        output = {name: folder / file for name, file in OUTPUTS.items()}
        evaluate(
            files[1], files[0], folder / "threshold.tsv", output, overlay_count=0, threads=THREADS
        )
        end = time.perf_counter()
        print((folder / "metrics.tsv").read_text())
    print(
        f"threshold {chosen - start:.0f} s, evaluation {end - chosen:.0f} s, on {THREADS} threads"
    )
    print(f"of which the processor worked {time.process_time() - worked:.0f} s")
    print(f"peak memory {peak_gib():.2f} GiB ({before:.2f} GiB from drawing the data)")


def peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
