"""Writes the clean data set, split as for the training, in a form that other tools read."""

from pathlib import Path

import console
from coco import json_files
from coco.errors import InputError
from coco.exports import coco_json, label_maps, voc, yolo

FORMATS = {"coco": coco_json, "yolo": yolo, "voc": voc, "label_maps": label_maps}


def export_dataset(parts: dict[str, Path], name: str, folder: Path):
    """Write the files of the splits, `parts` by name, to the folder, and say what is lost."""
    content = {split: json_files.read(path) for split, path in parts.items()}
    remarks = FORMATS[name].write(content, folder)
    images = sum(len(part["images"]) for part in content.values())
    objects = sum(len(part["annotations"]) for part in content.values())
    console.say(f"{folder}: {images} images with {objects} objects")
    for remark in remarks:
        console.say(f"{name}: {remark}")


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=InputError):
        export_dataset(
            parts={split: Path(snakemake.input[split]) for split in ("train", "val", "test")},
            name=snakemake.wildcards.format,
            folder=Path(snakemake.output[0]),
        )
