"""Applies a trained model to one part of a folder of unlabelled images."""

import json
from pathlib import Path

import numpy as np

import backend
import console
from coco import checksums, images, orientation
from coco.errors import InputError
from coco.exports import detections
from coco.pictures import picture
from evaluation import informative, overlays
from export_predictions import read_threshold
from image_features import describe
from import_annotations import image_id
from mrcnn.errors import ModelError
from new_images import IMAGES, ISSUES, part, spelt
from predict import find, load, plan


def predict_new_images(
    folder: str,
    item: str,
    trained: dict[str, Path],
    prediction: dict,
    draw: bool,
    min_score: float | None,
    output: Path,
):
    """Write what is found in the images of one part.

    Args:
        folder: of the images.
        item: the part, such as "2-of-8".
        trained: `weights`, `model`, `threshold` of a training, and `known`, its images' features.
        prediction: section of the configuration.
        draw: whether to draw overlays.
        min_score: replaces the chosen threshold.
        output: folder for the files of `coco.exports.detections`, images.csv, issues.csv and
            overlays.
    """
    about = json.loads(trained["model"].read_text())
    threshold = read_threshold(trained["threshold"]) if min_score is None else min_score
    categories = [{"id": number, "name": name} for number, name in enumerate(about["classes"], 1)]
    usable, issues = inspect(folder, part(folder, item), about["images"])
    net = load(about, trained["weights"], prediction)
    plans = [plan(image, about["input"], prediction) for image in usable]
    windows = sum(len(one.corners) for one in plans)
    found = find(net, plans, console.Progress(f"predict {folder} {item}", windows))
    vectors = describe(net, plans)
    known = informative.Familiar(np.load(trained["known"])["features"])

    output.mkdir(parents=True)
    results = [one for image in usable for one in found[image["id"]]]
    detections.write(usable, categories, results, threshold, output)
    rows = [
        row_of(image, found[image["id"]], threshold, known, vectors[image["id"]])
        for image in usable
    ]
    detections.write_table(rows, IMAGES, output / "images.csv")
    detections.write_table(issues, ISSUES, output / "issues.csv")
    stems = detections.stems([image["name"] for image in usable])
    for image, stem in zip(usable, stems, strict=True) if draw else ():
        path = output / "overlays" / f"{stem}.jpg"
        overlay(image, found[image["id"]], threshold, categories, path)


def inspect(folder: str, paths: list[str], settings: dict) -> tuple[list[dict], list[dict]]:
    """The records of the images that can be read, and a row of ISSUES for each other."""
    usable, issues = [], []
    for path in paths:
        if (name := spelt(path)) != path:
            found = "the name of the file is not UTF-8 in one line, rename the file"
            issues.append({"file": name, "check": "unreadable_image", "found": found})
            continue
        file = images.inspect(Path(folder, path), settings)
        if file.problem:
            issues.append({"file": path, "check": file.check, "found": file.problem})
            continue
        turn = orientation.UPRIGHT if settings["exif"] == "ignore" else file.exif
        width, height = orientation.size_after(turn, (file.width, file.height))
        record = {"id": image_id(path), "file_name": str(Path(folder, path)), "name": path}
        record |= {"width": width, "height": height, "sha256": file.sha256}
        record |= {"orientation": turn, "channels": settings["channels"]}
        usable.append(record | ({"intensity": file.intensity} if file.deep else {}))
    return usable, issues


def row_of(image: dict, found: list[dict], threshold: float, known, vector) -> dict:
    scores = np.array([one["score"] for one in found])
    return {
        "image": image["name"],
        "width": image["width"],
        "height": image["height"],
        "instances": int((scores >= threshold).sum()),
        "uncertainty": f"{informative.uncertainty(scores, threshold):.4f}",
        "unlikeness": f"{known.unlikeness(vector[None])[0]:.4f}",
        "sha256": image["sha256"],
    }


def overlay(image: dict, found: list[dict], threshold: float, categories: list, path: Path):
    """A picture of the instances, each in the colour of its class."""
    believed = [one for one in found if one["score"] >= threshold]
    pixels, believed = picture(image, believed)
    path.parent.mkdir(parents=True, exist_ok=True)
    overlays.alone(pixels, believed, categories, image["name"]).save(path, quality=90)


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=(InputError, ModelError)):
        backend.start(snakemake.threads, gpu=snakemake.resources.get("gpu", 0))
        found = Path(snakemake.output.found)
        predict_new_images(
            folder=snakemake.params.folder,
            item=snakemake.wildcards.part,
            trained={
                name: Path(snakemake.input[name])
                for name in ("weights", "model", "threshold", "known")
            },
            prediction=snakemake.params.prediction,
            draw=snakemake.params.overlays,
            min_score=snakemake.params.min_score,
            output=found,
        )
        checksums.write_folder(Path(snakemake.output.checksums), found)
