"""What files of the user, lists and tables, may call an image."""

from collections import defaultdict
from pathlib import Path

from coco.errors import InputError


def images_by_name(images: list[dict]) -> dict[str, list[dict]]:
    """The images that each name may mean: path, its end, these without suffix, or a text id.

    A whole path means its own image, also where another's path ends like that.
    """
    named = defaultdict(dict)
    for image in images:
        path = Path(image["file_name"])
        for name in (*ends(path), *ends(path.parent / path.stem), image["source_id"]):
            if isinstance(name, str):
                named[name][image["file_name"]] = image
    meant = {name: list(found.values()) for name, found in named.items()}
    return meant | {image["file_name"]: [image] for image in images}


def ends(path: Path) -> list[str]:
    """`a/b/c`, `b/c` and `c`"""
    return [Path(*path.parts[place:]).as_posix() for place in range(len(path.parts))]


def only(images: list[dict], entry: str, path: str) -> dict:
    if len(images) > 1:
        names = [image["file_name"] for image in images]
        raise InputError(f"{path}: {entry} may be {some(names)}; write the whole path")
    return images[0]


def some(names: list, most: int = 3) -> str:
    """`a, b, c and 4 more`"""
    shown = ", ".join(str(name) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
