"""JSON files between stages: the same content is always the same bytes."""

import json
from pathlib import Path


def read(path: str | Path) -> dict:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write(path: str | Path, content: dict):
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    Path(path).write_text(f"{text}\n", encoding="utf-8")
