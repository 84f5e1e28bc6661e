"""How long import, validation and split take for many small images, and how much memory.

    uv run python benchmarks/data_scale.py 1000 10000

Makes as many images of 64 x 64 px with ten polygons each in a temporary folder, and runs the stages
one after the other, each in a process of its own, as the workflow does.
"""

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

import configuration  # noqa: E402
from import_annotations import import_annotations  # noqa: E402
from split_dataset import split_dataset  # noqa: E402
from validate_dataset import validate_dataset  # noqa: E402

SIDE, OBJECTS, POINTS, CLASSES = 64, 10, 16, 5
STAGES = ("import", "validate", "split")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=int, nargs="+", help="numbers of images")
    stages = " | ".join(f"{name}, s" for name in STAGES)
    print(f"| images | annotations | {stages} | of that CPU, s | peak GiB |")
    print("|---" * 7 + "|", flush=True)
    for count in parser.parse_args().images:
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), count)
            measured = [in_own_process(stage, Path(folder)) for stage in STAGES]
        seconds = " | ".join(f"{taken:.1f}" for taken, _, _ in measured)
        cpu = sum(busy for _, busy, _ in measured)
        peak = max(memory for _, _, memory in measured)
        line = f"| {count:,} | {count * OBJECTS:,} | {seconds} | {cpu:.1f} | {peak:.2f} |"
        print(line, flush=True)


def make(folder: Path, count: int):
    """A COCO file and its images, all different."""
    rng = np.random.default_rng(0)
    (folder / "images").mkdir()
    images, annotations = [], []
    for number in range(count):
        name = f"{number:06}.png"
        pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
        for index in range(OBJECTS):
            polygon = blob(rng)
            cv2.fillPoly(pixels, [polygon.astype(np.int32)], rng.integers(50, 255, 3).tolist())
            annotations.append(annotation(number, len(annotations), index % CLASSES, polygon))
        cv2.imwrite(str(folder / "images" / name), pixels)
        images.append({"id": number, "file_name": name, "width": SIDE, "height": SIDE})
    categories = [{"id": number, "name": f"class {number}"} for number in range(CLASSES)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "instances.json").write_text(json.dumps(content))


def blob(rng: np.random.Generator) -> np.ndarray:
    """The points of an outline within the image."""
    angles = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    radius = rng.uniform(4, 9) * rng.uniform(0.8, 1.2, POINTS)
    around = radius[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.round(rng.uniform(11, SIDE - 11, 2) + around, 2)


def annotation(image: int, number: int, category: int, polygon: np.ndarray) -> dict:
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "segmentation": [polygon.ravel().tolist()],
        "bbox": [*low.tolist(), *(high - low).tolist()],
        "area": float(cv2.contourArea(polygon.astype(np.float32))),
        "iscrowd": 0,
    }


def in_own_process(stage: str, folder: Path) -> tuple[float, float, float]:
    """Seconds, seconds of CPU time, and peak resident memory in GiB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (stage, folder))


def measure(stage: str, folder: Path) -> tuple[float, float, float]:
    start, busy = time.perf_counter(), time.process_time()
    run(stage, folder)
    taken, busy = time.perf_counter() - start, time.process_time() - busy
    return taken, busy, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def run(stage: str, folder: Path):
    schema = configuration.load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    settings = configuration.complete({}, schema)
    source = {
        "format": "coco",
        "annotations": str(folder / "instances.json"),
        "images": str(folder / "images"),
    }
    if stage == "import":
        import_annotations(
            [source], settings["images"], folder / "imported.json", folder / "embedded"
        )
    elif stage == "validate":
        names = {"dataset": "json", "quarantine": "json", "issues": "tsv", "counts": "tsv"}
        outputs = {name: folder / f"{name}.{end}" for name, end in names.items()}
        validate_dataset(
            folder / "imported.json", None, settings["validation"], **outputs, log="the log"
        )
    else:
        parts = {name: folder / f"{name}.json" for name in ("train", "val", "test")}
        tables = {name: folder / f"{name}.tsv" for name in ("splits", "leaks", "balance")}
        split_dataset(folder / "dataset.json", settings["split"], 0, "holdout", parts, tables)


if __name__ == "__main__":
    main()
