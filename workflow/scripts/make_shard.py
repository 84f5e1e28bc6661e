"""Writes one file of training records: images at the input's size, as they are and augmented."""

from pathlib import Path

import cv2

import console
from coco import json_files, shards
from coco.errors import InputError


def make_shard(split_path, recipe, seed, split, item, output):
    """Write one shard of a split; only training images are augmented.

    Args:
        split_path: the split's COCO file.
        recipe: an entry of the configuration's `inputs`.
        seed: of all random draws.
        split: "train" or "val".
        item: "2-of-4": the second of four shards.
        output: the .tfrecord; its index goes beside it.
    """
    dataset = json_files.read(split_path)
    images = len(shards.images_of(dataset, item, seed))
    progress = console.Progress(f"shard {split} {item}", images)
    shards.write(output, dataset, recipe, item, split == "train", seed, progress.update)


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=InputError):
        cv2.setNumThreads(snakemake.threads)
        make_shard(
            split_path=Path(snakemake.input.split),
            recipe=snakemake.params.input,
            seed=snakemake.params.seed,
            split=snakemake.wildcards.split,
            item=snakemake.wildcards.scatteritem,
            output=Path(snakemake.output.records),
        )
