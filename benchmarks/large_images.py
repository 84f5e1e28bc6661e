"""What large images cost in memory, and what windows gain over resizing for small objects.

    uv run python benchmarks/large_images.py memory [--side 20000]
    uv run python benchmarks/large_images.py comparison [--cores 2]

`memory` draws one TIFF in tiles and takes it through import, check, training records and
prediction, each in a process of its own, whose largest resident memory and time it prints. It
predicts twice: with a stand-in for a trained network, which takes what is bright for an object, to
see that every object is found once; and with a network that is small and untrained.

`comparison` draws twenty images of 768 px with objects of 13 to 25 px, and trains the same small
model on as many examples of 128 px for as long: once on images that are resized, once on windows.
"""

import argparse
import contextlib
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import tifffile
import yaml

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))  # before the benchmark `evaluation`

import configuration  # noqa: E402

TILE = 256
CELL = 96  # px; a square of this side has one object or none
CLASSES = ("disc", "square")


# Images


def draw(path: Path, side: int, seed: int, filled: float) -> list[dict]:
    """Write a TIFF, tile by tile; returns its objects as COCO annotations without ids."""
    rng = np.random.default_rng(seed)
    cells = np.argwhere(rng.random((side // CELL, side // CELL)) < filled)
    radii = rng.integers(6, 13, len(cells))
    centres = cells * CELL + rng.integers(12, CELL - 12, (len(cells), 2))
    kinds = rng.integers(0, 2, len(cells))

    def tiles():
        for top in range(0, side, TILE):
            for left in range(0, side, TILE):
                tile = rng.integers(20, 90, (TILE, TILE, 3), np.uint8)
                moved = centres - [top, left]
                near = (moved > -13).all(axis=1) & (moved < TILE + 13).all(axis=1)
                for (y, x), radius, kind in zip(
                    moved[near].tolist(), radii[near].tolist(), kinds[near].tolist(), strict=True
                ):
                    if kind == 0:
                        cv2.circle(tile, (x, y), radius, (200, 190, 160), -1)
                    else:
                        corners = (x - radius, y - radius), (x + radius, y + radius)
                        cv2.rectangle(tile, *corners, (200, 190, 160), -1)
                yield tile

    shape = {"shape": (side, side, 3), "dtype": np.uint8, "tile": (TILE, TILE)}
    tifffile.imwrite(path, tiles(), **shape, photometric="rgb", compression="zlib", bigtiff=True)
    return [
        {"category_id": int(kind) + 1, "segmentation": [outline(*centre, radius, kind)]}
        for centre, radius, kind in zip(centres, radii, kinds, strict=True)
    ]


def outline(y, x, radius, kind) -> list[float]:
    turns = np.linspace(0, 2 * np.pi, 4 if kind else 32, endpoint=False) + (np.pi / 4) * kind
    length = (radius + 0.5) * (np.sqrt(2) if kind else 1)
    points = np.stack([x + 0.5 + length * np.cos(turns), y + 0.5 + length * np.sin(turns)], axis=1)
    return points.ravel().round(2).tolist()


def write_data(folder: Path, count: int, side: int, filled: float):
    """Write images and a COCO file of them."""
    folder.mkdir(parents=True, exist_ok=True)
    categories = [{"id": number, "name": name} for number, name in enumerate(CLASSES, 1)]
    content = {"images": [], "annotations": [], "categories": categories}
    for number in range(count):
        name = f"{number:02}.tif"
        image = {"id": number, "file_name": name, "height": side, "width": side}
        content["images"].append(image)
        for annotation in draw(folder / name, side, number, filled):
            annotation |= {"id": len(content["annotations"]) + 1, "image_id": number}
            content["annotations"].append(annotation | {"iscrowd": 0})
    (folder / "annotations.json").write_text(json.dumps(content))


def source(folder: Path) -> dict:
    return {
        "format": "coco",
        "annotations": f"{folder}/annotations.json",
        "images": str(folder),
    }


# Memory


def settings(folder: Path) -> dict:
    """The configuration of the benchmark, complete."""
    config = {
        "dataset": "large_images",
        "sources": [source(folder)],
        "images": {"max_pixels": 2_000_000_000},
        "inputs": {"windows": {"mode": "crop", "size": 512, "overlap": 64, "empty_windows": 0.2}},
        "models": {"tiny": {"input": "windows", "architecture": TINY}},
    }
    config["inputs"]["windows"] |= {"preset": "none"}
    schema = configuration.load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    return configuration.complete(config, schema)


TINY = {"alpha": 0.35, "pyramid_channels": 16, "anchor_scales": [8, 16, 24, 32, 48]}
TINY |= {"box_head_channels": 32, "mask_head_channels": 16, "mask_head_convolutions": 1}


def import_and_check(folder: Path, config: dict) -> str:
    from import_annotations import import_annotations
    from validate_dataset import validate_dataset

    imported, embedded = folder / "imported.json", folder / "embedded"
    import_annotations(config["sources"], config["images"], imported, embedded)
    names = ("dataset.json", "quarantine.json", "issues.tsv", "counts.tsv")
    outputs = [folder / name for name in names]
    rules = config["validation"]
    validate_dataset(imported, None, rules, *outputs, log="the table of issues")
    dataset = json.loads(outputs[0].read_text())
    return f"{len(dataset['images'])} image, {len(dataset['annotations'])} objects"


def records(folder: Path, config: dict) -> str:
    from make_shard import make_shard

    output = folder / "1-of-1.tfrecord"
    recipe = config["inputs"]["windows"]
    make_shard(folder / "dataset.json", recipe, 0, "train", "1-of-1", output)
    made = json.loads(output.with_suffix(".json").read_text())["records"]
    empty = sum(not record["instances"] for record in made)
    return f"{len(made)} windows of 512 px, {empty} of them empty"


class Bright:
    """Stands in for a network: takes what is bright for an object, of the first class."""

    def find(self, inputs, windows, batch_size):
        return [self.objects(pixels) for pixels in inputs]

    def objects(self, pixels):
        bright = (pixels[..., 0] > 150).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(bright)
        boxes = [(y, x, y + h, x + w) for x, y, w, h, _ in stats[1:].tolist()]
        parts = [labels[y1:y2, x1:x2] == n for n, (y1, x1, y2, x2) in enumerate(boxes, 1)]
        return {
            "boxes": np.array(boxes, float).reshape(-1, 4),
            "class_ids": np.ones(count - 1, int),
            "scores": np.full(count - 1, 0.9),
            "masks": [part.astype(float) for part in parts],
        }


def predict_with(net, folder: Path, config: dict) -> tuple[dict, list[dict]]:
    import console
    import predict

    truth = json.loads((folder / "dataset.json").read_text())
    recipe = config["inputs"]["windows"]
    plans = [predict.plan(image, recipe, config["prediction"]) for image in truth["images"]]
    progress = console.Progress("predict", sum(len(plan.corners) for plan in plans))
    (found,) = predict.find(net, plans, progress).values()
    return truth, found


def predict_bright(folder: Path, config: dict) -> str:
    from evaluation import metrics

    truth, found = predict_with(Bright(), folder, config)
    for annotation in truth["annotations"]:
        annotation["category_id"] = 1
    row = metrics.summary(metrics.evaluate(truth, found, "segm", max_detections=10**6))
    objects = len(truth["annotations"])
    return f"{len(found)} found of {objects}, AP50 {row['AP50']:.4f} in whole-image coordinates"


def predict_untrained(folder: Path, config: dict) -> str:
    import backend
    import network

    backend.start(threads=2)
    architecture = config["models"]["tiny"]["architecture"]
    _, found = predict_with(network.build(architecture, 512, 3, CLASSES), folder, config)
    return f"{len(found)} detections"


STAGES = {
    "import and check": import_and_check,
    "training records": records,
    "prediction, stand-in": predict_bright,
    "prediction, network": predict_untrained,
}


def stage(name: str, folder: Path):
    """Run one stage in this process and print its row of the table."""
    config = settings(folder)
    begin = time.monotonic()
    with contextlib.redirect_stdout(sys.stderr):
        result = STAGES[name](folder, config)
    status = Path("/proc/self/status").read_text()
    peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024
    print(f"| {name} | {peak:.0f} | {time.monotonic() - begin:.0f} | {result} |", flush=True)


def memory(folder: Path, side: int):
    write_data(folder, 1, side, filled=0.05)
    size = (folder / "00.tif").stat().st_size / 2**20
    print(f"{side} x {side} px, RGB: {side * side * 3 / 2**20:.0f} MiB, {size:.0f} in the file\n")
    print("| stage | peak MiB | s | |\n|---|---|---|---|", flush=True)
    for name in STAGES:
        command = [sys.executable, __file__, "stage", "--name", name, "--folder", str(folder)]
        subprocess.run(command, check=True)


# Comparison


def comparison(folder: Path, cores: int):
    write_data(folder, 20, 768, filled=0.5)
    small = {"proposals": 50, "train_rois": 16, "max_objects": 64, "pyramid_channels": 32}
    architecture = TINY | small | {"box_head_channels": 64}
    training = {"epochs": 24, "batch_size": 8, "learning_rate": 0.002, "warmup_epochs": 0.5}
    training |= {"evaluate_every": 4}
    # 36 windows cover an image: as many examples of each, the anchors as large as the objects.
    inputs = {
        "windows": {"mode": "crop", "size": 128, "copies": 0},
        "resized": {"mode": "resize", "size": 128, "copies": 35},
    }
    anchors = {"windows": [12, 16, 24, 32, 48], "resized": [2, 3, 4, 6, 8]}
    config = {
        "dataset": "large_images",
        "sources": [source(folder)],
        "split": {"train": 0.5, "val": 0.1, "test": 0.4},
        "inputs": inputs,
        "models": {
            name: {
                "input": name,
                "architecture": architecture | {"anchor_scales": anchors[name]},
                "training": training,
            }
            for name in inputs
        },
        "prediction": {"max_detections": 100},
        "evaluation": {"max_detections": 100, "overlays": 2},
    }
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(config, sort_keys=False))
    command = ["snakemake", "--cores", str(cores), "--quiet", "rules", "--configfile", str(file)]
    subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True)
    print((ROOT / "results" / "large_images" / "evaluation.tsv").read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["memory", "comparison", "stage"])
    parser.add_argument("--folder", type=Path, default=ROOT / "results" / "large_images_data")
    parser.add_argument("--side", type=int, default=20_000)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--name", help="of the stage")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    if arguments.what == "memory":
        memory(folder / "memory", arguments.side)
    elif arguments.what == "comparison":
        comparison(folder / "comparison", arguments.cores)
    else:
        stage(arguments.name, folder)


if __name__ == "__main__":
    main()
