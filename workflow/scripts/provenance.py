"""Where results come from: digests of files and of settings."""

import hashlib
import json
from pathlib import Path

from coco.checksums import digest


def digests(paths: list[str | Path]) -> dict[str, str]:
    """The sha256 of each file, by its path."""
    return {Path(path).as_posix(): digest(path) for path in paths}


def of_values(values) -> str:
    """The sha256 of settings, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
