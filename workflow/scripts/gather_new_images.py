"""Puts together what the jobs found in a folder of new images, and ranks the images to label."""

import csv
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import console
from coco import json_files
from coco.exports import detections
from coco.formats.files import below
from evaluation import informative
from new_images import IMAGES, ISSUES, images, spelt


def gather_new_images(parts: list[Path], folder: str, pixel: dict, output: dict[str, Path]):
    """Write the files of all parts as one.

    Args:
        parts: what `predict_new_images` wrote, a folder for each job.
        folder: of the images.
        pixel: `size` and `unit`, for the table of instances.
        output: paths `results`, `coco`, `instances`, `images`, `issues`, `to_label`, and the
            folders `labels` and `overlays`.
    """
    results = [one for part in read(parts, "results") for one in part]
    contents = list(read(parts, "instances"))
    joined = {
        key: [one for part in contents for one in part[key]] for key in ("images", "annotations")
    }
    whole = detections.dataset([], contents[0]["categories"], [])
    whole |= {"images": sorted(joined["images"], key=lambda one: one["file_name"])}
    # By image, so that another number of jobs changes neither order nor ids.
    place = {image["id"]: number for number, image in enumerate(whole["images"])}
    results.sort(key=lambda one: place[one["image_id"]])
    joined["annotations"].sort(key=lambda one: place[one["image_id"]])
    whole["annotations"] = [
        one | {"id": number} for number, one in enumerate(joined["annotations"], 1)
    ]
    json_files.write(output["results"], results)
    json_files.write(output["coco"], whole)

    rows = sorted(rows_of(parts, "instances"), key=lambda row: (row["image"], int(row["label"])))
    rows = [row | detections.in_units(row, pixel) for row in rows]
    detections.write_table(rows, detections.columns(pixel), output["instances"])
    looked = sorted(rows_of(parts, "images"), key=lambda row: row["image"])
    detections.write_table(looked, IMAGES, output["images"])
    detections.write_table(ranked(looked), ["rank", *IMAGES], output["to_label"])
    issues = [*rows_of(parts, "issues"), *no_images(folder)]
    detections.write_table(sorted(issues, key=lambda row: row["file"]), ISSUES, output["issues"])
    for name in ("labels", "overlays"):
        output[name].mkdir(parents=True)
        for part in parts:
            link(part / name, output[name])
    console.say(
        f"{folder}: {len(rows)} instances in {len(looked)} images; "
        f"{len(issues)} files could not be used{', see issues.csv' if issues else ''}"
    )


def read(parts: list[Path], name: str) -> Iterator:
    yield from (json_files.read(part / f"{name}.json") for part in parts)


def rows_of(parts: list[Path], name: str) -> Iterator[dict]:
    for part in parts:
        with (part / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def ranked(rows: list[dict]) -> list[dict]:
    """The images, the one whose labels would help most first."""
    values = [np.array([float(row[key]) for row in rows]) for key in ("uncertainty", "unlikeness")]
    order = informative.order(*values)
    return [{"rank": rank} | rows[position] for rank, position in enumerate(order, 1)]


def no_images(folder: str) -> Iterator[dict]:
    """A row for each file whose name is not an image's."""
    used = set(images(folder))
    for path in below(folder):
        file = path.relative_to(folder).as_posix()
        if file not in used:
            yield {"file": spelt(file), "check": "no_image", "found": "not an image by its name"}


def link(source: Path, target: Path):
    """Show the files below one folder in another, without a second copy where that is possible."""
    for file in itertools.chain(source.rglob("*")):
        place = target / file.relative_to(source)
        if file.is_dir():
            place.mkdir(exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                place.hardlink_to(file)
            except OSError:
                shutil.copyfile(file, place)


if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        gather_new_images(
            parts=[Path(part) for part in snakemake.input.parts],
            folder=snakemake.params.folder,
            pixel=snakemake.params.pixel,
            output={name: Path(path) for name, path in snakemake.output.items()},
        )
