"""Finds out which format the files of a source have."""

from pathlib import Path

from coco.errors import InputError
from coco.formats import FORMATS, label_images
from coco.stand_ins import stand_in_at

PATHS = ("folder", "annotations", "images", "labels")


def detect(source: dict) -> str:
    """The name of the only format that the files of a source fit.

    Raises:
        InputError: none fits, or several do; the message lists them with what speaks for each.
    """
    evidence = {name: reader.recognise(source) for name, reader in FORMATS.items()}
    evidence = {name: reason for name, reason in evidence.items() if reason}
    if len(evidence) == 1:
        return next(iter(evidence))
    if evidence:
        reasons = ", ".join(f"{name} ({reason})" for name, reason in evidence.items())
        raise InputError(f"several formats fit: {reasons}; set it to the right one")
    found = [contents(source[key]) for key in PATHS if key in source]
    if {"images", "labels"} <= source.keys():
        try:
            label_images.pairs(source)
        except InputError as error:
            found.append(str(error))
    raise InputError(f"no format fits ({'; '.join(found)}); set it to one of {', '.join(FORMATS)}")


def contents(path: str) -> str:
    """What a message says of a path: `data/cells has a, b, c, ...`"""
    path = Path(path)
    if path.is_file():
        return f"{path} is {stand_in_at(path) or 'a file'}"
    names = sorted(entry.name for entry in path.iterdir()) if path.is_dir() else []
    shown = [*names[:3], "..."] if len(names) > 3 else names
    return f"{path} has {', '.join(shown) or 'nothing'}"
