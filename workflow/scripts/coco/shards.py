"""Training data in files of many records each: what goes where, writing and reading.

Beside each `.tfrecord` lies an index, a `.json` of the same name, which says what is in it and
where: see workflow/schemas/shard_index.schema.yaml.
"""

import hashlib
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from coco import augmentation, checksums, json_files, records, sampling, tfrecord, views
from coco.errors import InputError, remake


def images_of(dataset: dict, item: str, seed: int) -> list[dict]:
    """The images of one shard: `item` is its name, such as "1-of-4".

    Images are dealt out in an order that depends on their bytes, so that each shard has its
    share of every source.
    """
    number, count = (int(part) for part in item.split("-of-"))
    dealt = sorted(
        dataset["images"], key=lambda image: (order(seed, image["sha256"]), image["file_name"])
    )
    return dealt[number - 1 :: count]


def order(*parts) -> str:
    """A sort key that shuffles, the same way each time."""
    return hashlib.sha256(" ".join(map(str, parts)).encode()).hexdigest()


def write(
    path: Path,
    dataset: dict,
    recipe: dict,
    item: str,
    augment: bool,
    seed: int,
    report: Callable[[int], None] = lambda done: None,
):
    """Write one shard of a split to `path`, a .tfrecord, and its index beside it.

    Args:
        path: where to.
        dataset: the whole split, a COCO data set.
        recipe: an entry of `inputs`.
        item: the shard's name, such as "1-of-4".
        augment: write augmented copies too, more of images with rare classes, and of windows
            without objects only the fraction that the recipe asks for.
        seed: of all random draws.
        report: called after each image with the number of images done.
    """
    annotations = defaultdict(list)
    for annotation in dataset["annotations"]:
        annotations[annotation["image_id"]].append(annotation)
    copies, empty = defaultdict(lambda: 1), 1.0
    if augment:
        empty = recipe["empty_windows"]
        count = 1 + augmentation.values_of(recipe)["copies"]
        copies = sampling.copies_of_images(dataset, count, recipe["repeat_rare"])

    # Made image by image, stored in a shuffled order, and never all in memory.
    with tempfile.TemporaryFile(dir=path.parent) as unsorted:
        entries = []
        for done, image in enumerate(images_of(dataset, item, seed), 1):
            of_image = annotations[image["id"]]
            for view in views.of_image(image, of_image, recipe, copies[image["id"]], seed, empty):
                data = records.serialise(view, image)
                entries.append(
                    {
                        "image_id": image["id"],
                        "copy": view.copy,
                        "window": view.window,
                        "offset": unsorted.tell(),
                        "length": len(data),
                        "instances": len(view.objects),
                    }
                )
                unsorted.write(data)
            report(done)
        entries.sort(key=lambda entry: order(seed, *entry.values()))
        store(entries, unsorted, path)

    index = {
        "sha256": checksums.digest(path),
        "classes": [category["name"] for category in dataset["categories"]],
        "size": recipe["size"],
        "channels": dataset["info"]["images"]["channels"],
        "records": entries,
    }
    json_files.write(path.with_suffix(".json"), index)


def store(entries: list[dict], source: BinaryIO, path: Path):
    """Copy records into a TFRecord file, in the order of `entries`, whose `offset` is updated."""
    with path.open("wb") as file:
        for entry in entries:
            source.seek(entry["offset"])
            entry["offset"] = tfrecord.append(file, source.read(entry["length"]))


def read_index(path: str | Path) -> dict:
    """The index at `path`; InputError if the .tfrecord beside it is not the one it describes."""
    path = Path(path)
    index = json_files.read(path)
    shard = path.with_suffix(".tfrecord")
    if not shard.exists():
        raise InputError(f"{shard}: missing. {remake(path)}")
    found = checksums.digest(shard)
    if found != index["sha256"]:
        raise InputError(
            f"{shard}: changed since it was written (sha256 {found[:12]}..., expected "
            f"{index['sha256'][:12]}...). {remake(shard)}"
        )
    return index


class Reader(Sequence):
    """The records of several shards, as `records.parse` returns them, in random access.

    It holds no open files: it can be pickled, and used by several threads at once.

    Args:
        paths: the shards' index files. Each shard is checked as a whole first.

    Attributes:
        classes: names of the classes 1, 2, ...
        size: side of the images in pixels.
        channels: of the images.
        digests: sha256 of each shard.
        most_instances: the largest number of objects in a record.

    Raises:
        InputError: a shard is damaged, or the shards do not belong together.
    """

    def __init__(self, paths: Sequence[str | Path]):
        indices = {Path(path): read_index(path) for path in paths}
        forms = {
            (tuple(index["classes"]), index["size"], index["channels"])
            for index in indices.values()
        }
        if len(forms) != 1:
            raise InputError(
                f"{', '.join(map(str, paths))}: shards of {len(forms)} different inputs, expected "
                f"those of one. {remake(*paths)}"
            )
        ((classes, self.size, self.channels),) = forms
        self.classes = list(classes)
        self.digests = [index["sha256"] for index in indices.values()]
        entries = [
            (path.with_suffix(".tfrecord"), entry)
            for path, index in indices.items()
            for entry in index["records"]
        ]
        self.most_instances = max((entry["instances"] for _, entry in entries), default=0)
        self.places = [(path, entry["offset"], entry["length"]) for path, entry in entries]

    def __len__(self):
        return len(self.places)

    def __getitem__(self, index):
        return records.parse(tfrecord.read_at(*self.places[index]))
