"""What files of the user, lists and tables, may call an image."""

from collections import defaultdict
from pathlib import Path

from coco.errors import InputError


def images_by_name(images: list[dict]) -> dict[str, list[dict]]:
    """The images that each name may mean: path, name, name without suffix, or a text id."""
    named = defaultdict(dict)
    for image in images:
        path = Path(image["file_name"])
        for name in (image["file_name"], path.name, path.stem, image["source_id"]):
            if isinstance(name, str):
                named[name][image["file_name"]] = image
    return {name: list(images.values()) for name, images in named.items()}


def meant(entry: str, named: dict[str, list[dict]]) -> list[dict]:
    """The images of `images_by_name` that an entry may mean: by a name, else by a path's end."""
    return named.get(entry) or [
        image
        for image in named.get(Path(entry).name, [])
        if any(f"/{path}".endswith(f"/{entry}") for path in paths(image["file_name"]))
    ]


def paths(file_name: str) -> tuple[str, str]:
    """The path, and the path without suffix."""
    path = Path(file_name)
    return file_name, (path.parent / path.stem).as_posix()


def only(images: list[dict], entry: str, path: str) -> dict:
    if len(images) > 1:
        names = [image["file_name"] for image in images]
        raise InputError(f"{path}: {entry} may be {some(names)}; write the whole path")
    return images[0]


def some(names: list, most: int = 3) -> str:
    """`a, b, c and 4 more`"""
    shown = ", ".join(str(name) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
