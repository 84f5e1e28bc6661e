"""The sha256 of each annotation file that was imported, as `sha256sum --check` reads them."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from coco.errors import InputError
from coco.formats.files import below

PATHS = ("annotations", "classes_csv", "labels", "folder")  # of a source


def annotation_files(source: dict, images: set[str]) -> Iterator[str]:
    """The files of a source that are none of the data set's `images`."""
    for place in dict.fromkeys(source[key] for key in PATHS if key in source):
        for path in below(place) if Path(place).is_dir() else [Path(place)]:
            name = path.as_posix()
            if name not in images and path.is_file() and "\n" not in name:
                yield name


def digest(path: str | Path) -> str:
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; expected a file that can be read") from error


def write(output: Path, paths: list[str], digests: list[str]):
    lines = sorted(set(zip(paths, digests, strict=True)))
    output.write_bytes(b"".join(os.fsencode(f"{value}  {path}\n") for path, value in lines))


def read(path: Path) -> dict[str, str]:
    """The digests, by the files' paths."""
    lines = os.fsdecode(path.read_bytes()).split("\n")[:-1]
    return {name: value for value, name in (line.split("  ", 1) for line in lines)}
