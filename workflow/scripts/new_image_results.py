"""What the results of a folder of new images are called, and whether the name is taken."""

import json
import re
from pathlib import Path

import sidecars


def name_of(settings: dict) -> str:
    """What the results of the section `new_images` are called, as a part of their path."""
    return settings["name"] or as_name(Path(settings["folder"]).resolve().name) or "images"


def as_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text)


def taken(results: Path, folder: str) -> list[str]:
    """A sentence if `results` are those of another folder, which would be lost."""
    sidecar = results / sidecars.NAME
    if not sidecar.is_file():
        return []
    other, own = json.loads(sidecar.read_text(encoding="utf-8"))["what"]["folder"], Path(folder)
    if Path(other).resolve() == own.resolve():
        return []
    name = as_name(f"{own.resolve().parent.name}_{own.resolve().name}")
    return [
        f"new_images: {results} are the results of another folder, {other}; remove them, or give "
        f"these a name, such as --config 'new_images={{folder: {folder}, name: {name}}}'"
    ]
