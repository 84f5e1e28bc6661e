"""Values in files that anyone may have written: each is what it should be, or None."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from coco import masks
from coco.errors import show


def as_id(value) -> int | str | None:
    """An id, None unless it is a whole number or a text."""
    if isinstance(value, float) and value.is_integer():  # some tools write 1.0
        value = int(value)
    if isinstance(value, str):
        return as_name(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def as_name(value) -> str | None:
    """A name of a class or a file, None unless it is a text that can be written down."""
    writable = isinstance(value, str) and value.encode(errors="ignore").decode() == value
    return value if writable and value.strip() and "\0" not in value else None


def in_folder(folder: str | Path, file_name: str) -> str:
    """The path of a file; those written on Windows have backslashes."""
    return Path(os.path.normpath(Path(folder, file_name.replace("\\", "/")))).as_posix()


def side(value) -> int | None:
    """A width or height in pixels, None unless it is one."""
    is_side = masks.is_number(value) and 1 <= value <= masks.LARGEST_COORDINATE
    return int(value) if is_side else None


def bbox(value) -> list[float] | None:
    """A box, None unless it is four numbers."""
    is_box = isinstance(value, list) and len(value) == 4 and all(map(masks.is_number, value))
    return value if is_box else None


def area(value) -> float | None:
    """An area in px², None unless it is a number."""
    return value if masks.is_number(value) else None


def flag(value) -> int | None:
    """0 or 1, None unless it is one of them, or a text of one."""
    return int(value) if value in (0, 1, "0", "1") else None


def nonsense(record: Mapping, **readers: Callable) -> list[str]:
    """The values that are given, but that their readers can make nothing of."""
    return [
        f"{key} is {show(record[key])}"
        for key, read in readers.items()
        if record.get(key) is not None and read(record[key]) is None
    ]


def unusable(fault: str | None) -> dict:
    """What the record of an image has besides, if there is a fault for which it is none."""
    return {"check": "invalid_record", "problem": fault} if fault else {}


def noted(**remarks: list[str]) -> dict:
    """What a record with these remarks, by the name of their check, has besides."""
    remarks = {name: "; ".join(found) for name, found in remarks.items() if found}
    return {"remarks": remarks} if remarks else {}
