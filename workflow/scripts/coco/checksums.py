"""The sha256 of each annotation file that was imported, as `sha256sum --check` reads them."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from coco.formats.files import below

PATHS = ("annotations", "classes_csv", "labels", "folder")  # of a source


def annotation_files(source: dict, images: set[str]) -> Iterator[str]:
    """The files of a source that are none of the data set's `images`."""
    for place in dict.fromkeys(source[key] for key in PATHS if key in source):
        paths = below(place) if Path(place).is_dir() else [Path(place)]
        yield from (path.as_posix() for path in paths if path.as_posix() not in images)


def digest(path: str | Path) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(output: Path, paths: list[str], digests: list[str]):
    lines = sorted(set(zip(paths, digests, strict=True)))
    output.write_text("".join(f"{value}  {path}\n" for path, value in lines), encoding="utf-8")


def read(path: Path) -> dict[str, str]:
    """The digests, by the files' paths."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {name: value for value, name in (line.split("  ", 1) for line in lines)}
