"""Draws training images as a model is shown them: as they are, and in augmented copies."""

from collections import defaultdict
from pathlib import Path

import console
from coco import images, json_files, records, runs, shards, tfrecord
from coco.errors import InputError
from evaluation.input_sheet import COLUMNS, input_sheet
from evaluation.painting import Mask
from evaluation.palette import COLOURS

ROWS = 4  # images


def plot_inputs(indexes: list[Path], split: Path, output: Path):
    """Draw the images of the shards that show most objects, a row each."""
    names = {image["id"]: image["file_name"] for image in json_files.read(split)["images"]}
    rows = []
    for image_id, places in most_objects(indexes).items():
        inputs = [drawn(records.parse(tfrecord.read_at(*place))) for place in places]
        rows.append((f"{Path(names[image_id]).name}: as it is, and augmented", inputs))
    input_sheet(rows).save(output)


def most_objects(indexes: list[Path]) -> dict[int, list[tuple]]:
    """The images that show most objects, and for each where the fullest view of each copy is."""
    views = defaultdict(dict)
    for path in indexes:
        for entry in shards.read_index(path)["records"]:
            place = path.with_suffix(".tfrecord"), entry["offset"], entry["length"]
            count, copies = entry["instances"], views[entry["image_id"]]
            if count > copies.get(entry["copy"], (0,))[0]:
                copies[entry["copy"]] = count, place
    full = [image for image in sorted(views) if 0 in views[image]]
    chosen = sorted(full, key=lambda image: -views[image][0][0])[:ROWS]
    return {
        image: [place for _, (_, place) in sorted(views[image].items())[:COLUMNS]]
        for image in chosen
    }


def drawn(record: dict) -> tuple:
    """Pixels of a record and its masks, without crowds."""
    pixels = images.as_rgb(record["image"])
    masks = [
        Mask(runs.place(mask, *map(int, box[:2]), *pixels.shape[:2]), COLOURS[class_id % 7 - 1])
        for mask, box, class_id, crowd in zip(
            record["masks"], record["boxes"], record["classes"], record["crowd"], strict=True
        )
        if not crowd
    ]
    return pixels, masks


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=InputError):
        plot_inputs(
            [Path(path) for path in snakemake.input.shards],
            Path(snakemake.input.split),
            Path(snakemake.output[0]),
        )
