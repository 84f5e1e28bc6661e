"""Whether a path of the configuration can be used."""

from collections.abc import Iterator
from pathlib import Path


def missing(key: str, path: str, exists, kind: str) -> Iterator[str]:
    if Path(path).exists() and not exists(Path(path)):
        found = "a folder" if Path(path).is_dir() else "a file"
        yield f"{key}: {path} is {found}, expected {kind}"
    elif not exists(Path(path)):
        yield f"{key}: {path} does not exist, expected {kind} (seen from {Path.cwd()})"


def written(key: str, path: str, dataset: str) -> Iterator[str]:
    """The run cannot read what it writes itself: each result would ask for another run."""
    yield from around_results(key, path)
    if Path(path).resolve().is_relative_to(Path("results", dataset).resolve()):
        yield f"{key}: {path} is written anew by the run; copy it elsewhere first"


def around_results(key: str, path: str) -> Iterator[str]:
    if Path("results").resolve().is_relative_to(Path(path).resolve()):
        yield f"{key}: {path} holds results/, which the run writes; expected a folder of its own"
