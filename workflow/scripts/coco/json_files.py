"""JSON files between stages: the same content is always the same bytes."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

RECORDS = 10_000  # turned into text at a time: the whole text may not fit into memory

dumps = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def read(path: str | Path) -> dict:
    with Path(path).open("rb") as file:
        return json.loads(file.read())


def write(path: str | Path, content: dict | list):
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(parts(content))
        file.write("\n")


def parts(content: dict | list) -> Iterator[str]:
    """The text of an object of lists, or of a list, piece by piece."""
    if isinstance(content, list):
        yield "["
        records = iter(content)
        comma = ""
        while some := list(islice(records, RECORDS)):
            yield comma + dumps(some)[1:-1]
            comma = ","
        yield "]"
    elif isinstance(content, dict):
        yield "{"
        for number, (key, value) in enumerate(content.items()):
            yield ("," if number else "") + dumps(key) + ":"
            yield from parts(value) if isinstance(value, list) else [dumps(value)]
        yield "}"
    else:
        yield dumps(content)
