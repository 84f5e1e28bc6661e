"""Writes the predictions of a split in the forms that other tools read."""

import os
from pathlib import Path

import pandas as pd

import console
from coco import json_files
from coco.exports import coco_json, detections
from evaluation.thresholds import EVERY_CLASS


def export_predictions(
    predictions: Path,
    splits: dict[str, Path],
    split: str,
    threshold: float,
    pixel: dict,
    folder: Path,
):
    """Write the files of `coco.exports.detections`, with the sources' own ids.

    Args:
        predictions: COCO results.
        splits: the COCO files of all splits, which decide the ids together, as for `exports/coco`.
        split: the one that was predicted.
        threshold: the score from which detections are believed.
        pixel: section of the configuration.
    """
    parts = {name: json_files.read(path) for name, path in splits.items()}
    truth = parts[split]
    every_image = [image for part in parts.values() for image in part["images"]]
    image_ids, remarks = coco_json.restored("image", every_image)
    category_ids, more = coco_json.restored("category", truth["categories"])
    root = common_folder([image["file_name"] for image in truth["images"]])
    images = [
        {
            "id": image_ids[image["id"]],
            "name": Path(image["file_name"]).absolute().relative_to(root).as_posix(),
            "width": image["width"],
            "height": image["height"],
        }
        for image in truth["images"]
    ]
    categories = [
        {"id": category_ids[one["id"]], "name": one["name"]} for one in truth["categories"]
    ]
    results = [
        one
        | {
            "image_id": image_ids[one["image_id"]],
            "category_id": category_ids[one["category_id"]],
        }
        for one in json_files.read(predictions)
    ]
    folder.mkdir(parents=True)
    detections.write(images, categories, results, threshold, folder, pixel)
    console.say(f"{folder}: {len(images)} images, named from {root}")
    for remark in remarks + more:
        console.say(remark)


def common_folder(paths: list[str]) -> str:
    """Absolute, since sources may be given either way."""
    return os.path.commonpath([Path(path).absolute().parent for path in paths]) if paths else "."


def read_threshold(path: Path) -> float:
    """The score that was chosen on the validation images, for all classes."""
    table = pd.read_csv(path, sep="\t", keep_default_na=False).set_index("class")
    return float(table.loc[EVERY_CLASS, "threshold"])


if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        own = snakemake.params.min_score
        export_predictions(
            predictions=Path(snakemake.input.predictions),
            splits={name: Path(snakemake.input[name]) for name in ("train", "val", "test")},
            split=snakemake.wildcards.split,
            threshold=read_threshold(Path(snakemake.input.threshold)) if own is None else own,
            pixel=snakemake.params.pixel,
            folder=Path(snakemake.output[0]),
        )
