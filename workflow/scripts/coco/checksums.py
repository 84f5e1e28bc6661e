"""The sha256 of files, and lists of them as `sha256sum --check` reads them."""

import hashlib
import os
from pathlib import Path

from coco.errors import InputError


def digest(path: str | Path) -> str:
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; expected a file that can be read") from error


def write(output: Path, paths: list[str], digests: list[str]):
    lines = sorted(set(zip(paths, digests, strict=True)))
    output.write_bytes(b"".join(os.fsencode(f"{value}  {path}\n") for path, value in lines))


def write_folder(output: Path, folder: Path):
    """The checksums of all files below a folder."""
    paths = [str(path) for path in folder.rglob("*") if path.is_file()]
    write(output, paths, [digest(path) for path in paths])


def read(path: Path) -> dict[str, str]:
    """The digests, by the files' paths."""
    lines = os.fsdecode(path.read_bytes()).split("\n")[:-1]
    return {name: value for value, name in (line.split("  ", 1) for line in lines)}
