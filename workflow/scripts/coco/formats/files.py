"""Folders, JSON and XML as other tools write them; what cannot be read is an InputError."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from coco import repeated_keys
from coco.errors import InputError
from coco.stand_ins import stand_in

PEEK = 1 << 20  # bytes


def load(path: str | Path, expected: str) -> bytes:
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path}: the file does not exist; {expected}") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}; {expected}") from error
    if found := stand_in(data):
        raise InputError(f"{path}: this is {found}")
    return data


def load_json(path: str | Path, expected: str):
    """The content of a JSON file; `expected` ends the messages."""
    data = load(path, expected)
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=repeated_keys.refuse)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a text in UTF-8; {expected}") from error
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}, line {error.lineno}, column {error.colno}: not JSON ({error.msg}); "
            f"{expected}. Is the file complete?"
        ) from error
    except (RecursionError, ValueError) as error:  # endless brackets or digits, repeated keys
        raise InputError(f"{path}: not readable as JSON ({error}); {expected}") from error


def load_xml(path: str | Path, expected: str) -> ElementTree.Element:
    """The root of an XML file.

    A document type is refused: it could define entities that grow without bounds or read other
    files, and no annotation tool writes one.
    """

    def refuse_document_type(*_):
        raise InputError(f"{path}: XML with a document type (DOCTYPE), take it out; {expected}")

    tree = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = tree.start, tree.end
    parser.CharacterDataHandler = tree.data
    parser.StartDoctypeDeclHandler = refuse_document_type
    data = load(path, expected)
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise InputError(
            f"{path}, line {error.lineno}, column {error.offset + 1}: not XML "
            f"({expat.ErrorString(error.code)}); {expected}. Is the file complete?"
        ) from error
    except (LookupError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: XML in an unknown encoding ({error}); {expected}") from error
    return tree.close()


def is_file(path: str | Path) -> bool:
    """Whether there is such a file; of a name that is too long, there is none."""
    try:
        return Path(path).is_file()
    except OSError:
        return False


def beginning(path: str | Path) -> str:
    """The first part of a text file; empty if it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return file.read(PEEK).decode(errors="replace")
    except (OSError, ValueError):
        return ""


def below(
    folder: str | Path, suffixes: tuple[str, ...] = (), on_error: Callable | None = None
) -> Iterator[Path]:
    """The files anywhere below a folder, sorted, without hidden ones.

    Those with one of the suffixes, if there are any. `on_error` gets what `os.walk` finds.
    """
    for path, names in walk(folder, on_error):
        for name in names:
            if not suffixes or Path(name).suffix.lower() in suffixes:
                yield Path(path, name)


def walk(folder: str | Path, on_error: Callable | None = None) -> Iterator[tuple[str, list[str]]]:
    """Each folder below one, itself included, and the names of its files; sorted, none hidden.

    Links are followed, but for those that lead back to a folder above them.
    """
    for path, folders, names in os.walk(folder, onerror=on_error, followlinks=True):
        shown = [name for name in sorted(folders) if not name.startswith(".")]
        folders[:] = [name for name in shown if not leads_back(path, name)]
        yield path, [name for name in sorted(names) if not name.startswith(".")]


def leads_back(path: str, name: str) -> bool:
    link = Path(path, name)
    return link.is_symlink() and Path(path).resolve().is_relative_to(link.resolve())
