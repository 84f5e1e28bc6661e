"""Splits that the user brings: lists of images, sources, or an assignment written before."""

import json
from pathlib import Path

from coco.errors import InputError
from coco.grouping import read_table
from coco.image_names import images_by_name, meant, only, some
from coco.repeated_keys import refuse

SPLITS = ("train", "val", "test")


def by_sources(dataset: dict) -> dict[int, str]:
    """The split of each image id, as its source has it."""
    for image in dataset["images"]:
        if "split" not in image:
            raise InputError(
                f"{image['file_name']}: its source has no split, but others have; "
                "give each source one"
            )
    return {image["id"]: image["split"] for image in dataset["images"]}


def by_lists(dataset: dict, lists: dict[str, str]) -> dict[int, str]:
    """The split of each image id, as the list has it that names the image."""
    known = images_by_name(dataset["images"])
    quarantined = images_by_name(dataset["info"]["quarantined"])
    split_of = {}
    for name, path in lists.items():
        unknown = []
        for entry in read_list(Path(path), name):
            found = meant(entry, known)
            if not found:
                unknown += [] if meant(entry, quarantined) else [entry]
                continue
            image = only(found, entry, path)
            other = split_of.setdefault(image["id"], name)
            if other != name:
                raise InputError(
                    f"{path}: {entry} is in {lists[other]} ({other}) too; "
                    f"an image can be in one split only"
                )
        if unknown:
            example = Path(dataset["images"][0]["file_name"]).name
            raise InputError(
                f"{path}: the data set does not have {len(unknown)} of the images listed: "
                f"{some(unknown)}; expected names such as {example}"
            )
    missing = [image["file_name"] for image in dataset["images"] if image["id"] not in split_of]
    if missing:
        raise InputError(
            f"split.lists: {len(missing)} images are in none of the lists: {some(missing)}; "
            "add them to one, or take them out of the sources"
        )
    return split_of


def read_list(path: Path, name: str) -> list[str]:
    """The entries of a list: lines of text, a JSON list, or a JSON object with lists by split."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        as_json = path.suffix.lower() == ".json"
        entries = json.loads(text, object_pairs_hook=refuse) if as_json else text.splitlines()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except ValueError as error:  # neither text nor JSON
        raise InputError(f"{path}: not a list of images ({error})") from error
    if isinstance(entries, dict):
        if name not in entries:
            raise InputError(f"{path}: has no key {name}, but {some(list(entries))}")
        entries = entries[name]
    if not (isinstance(entries, list) and all(isinstance(entry, str) for entry in entries)):
        raise InputError(f"{path}: not a list of names for {name}")
    entries = [entry.strip().removeprefix("./") for entry in entries if entry.strip()]
    if not entries:
        raise InputError(f"{path}: lists no image for {name}")
    return entries


def by_table(images: list[dict], path: str) -> dict[int, str]:
    """The split of each image id that a `splits.tsv` has, by path, else by content.

    Images of the file that are gone from the data set do not matter, nor do new ones; but if all
    are gone, it is the table of another data set.
    """
    by_path = {image["file_name"]: image["id"] for image in images}
    by_content = {image["sha256"]: image["id"] for image in images}
    split_of = {}
    for row in read_table(Path(path), "file", "sha256", "split"):
        if row["split"] not in SPLITS:
            raise InputError(
                f"{path}: {row['file']} is in {row['split']}, expected {', '.join(SPLITS)}"
            )
        number = by_path.get(row["file"], by_content.get(row["sha256"]))
        if number is not None:
            other = split_of.setdefault(number, row["split"])
            if other != row["split"]:
                raise InputError(
                    f"{path}: {row['file']} is in {row['split']}, but in {other} by another row; "
                    "an image can be in one split only, take one of the rows out"
                )
    if not split_of:
        raise InputError(
            f"{path}: the data set has none of its images, by path or by content; expected the "
            f"splits.tsv of an earlier run, with files such as {images[0]['file_name']}"
        )
    return split_of
