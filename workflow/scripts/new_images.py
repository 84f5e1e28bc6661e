"""The unlabelled images of a folder, and how they are dealt out to jobs."""

import hashlib
from pathlib import Path

import sources
from coco import errors
from coco.formats.files import below
from coco.formats.folders import IMAGE_SUFFIXES

# The columns of images.csv and of issues.csv.
IMAGES = ("image", "width", "height", "instances", "uncertainty", "unlikeness", "sha256")
ISSUES = ("file", "check", "found")


def images(folder: str) -> list[str]:
    """The paths of the images in a folder and its folders, as seen from it, in a fixed order."""
    found = below(folder, IMAGE_SUFFIXES)
    return [path.relative_to(folder).as_posix() for path in found]


def parts(settings: dict) -> list[str]:
    """The jobs of the section `new_images` that have an image: `1-of-8`, ..."""
    count = settings["jobs"]
    numbers = {1 + dealt(path) % count for path in images(settings["folder"])}
    return [f"{number}-of-{count}" for number in sorted(numbers)]


def part(folder: str, item: str) -> list[str]:
    """The images of a job. One that comes or goes changes the part of no other.

    Images of one name, such as `a.png`, `a.jpg` and `a.jpg.png`, are in one part.
    """
    number, count = (int(text) for text in item.split("-of-"))
    return [path for path in images(folder) if 1 + dealt(path) % count == number]


def dealt(path: str) -> int:
    name = Path(path)
    while name.suffix.lower() in IMAGE_SUFFIXES:
        name = name.with_suffix("")
    text = name.as_posix().casefold()
    return int(hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:13], 16)


def watched(folder: str, paths: list[str]) -> list[str]:
    """The files that Snakemake can watch, as those of sources.

    The others are read all the same, and what is wrong with them is an issue.
    """
    files = [Path(folder, path) for path in paths if spelt(path) == path]
    return [str(file) for file in files if sources.watchable(file)]


def spelt(path: str) -> str:
    """A path that can be written in one line: line breaks are spelt out too."""
    return errors.spelt(path).replace("\n", "\\n")
