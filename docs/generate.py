"""Writes configuration.md from the schema, checks.md from the checks, and the end of reruns.md.

uv run python docs/generate.py
"""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / "workflow" / "scripts"), str(ROOT / "docs")]

import check_pages  # noqa: E402

import configuration  # noqa: E402
import dependencies  # noqa: E402
from configuration import wording  # noqa: E402

TITLE = """\
# Configuration

Every key of `config/config.yaml`. Made from `workflow/schemas/config.schema.yaml` by
`docs/generate.py`: change it there.
"""
MODULES = """\
## Which rules use which code

Made by `docs/generate.py` from the scripts' imports and the names that they use. Of each file
only what is used counts.

| rules | files in `workflow/scripts` |
|---|---|
"""
HEADER = "| key | value | default | meaning |\n|---|---|---|---|"


def document(schema: dict) -> str:
    single, sections = [], []
    for key, part in schema["properties"].items():
        part = resolved(part, schema)
        rows = [] if key == "common" else list(rows_below(part, schema, key))  # those of models
        if not rows:
            single.append(row(key, part, key in schema["required"]))
        else:
            value = "" if part.get("type") == "object" else f" Value: {wording.expected(part)}."
            sections += [f"\n## {key}\n\n{part['description']}{value}\n", HEADER, *rows]
    return "\n".join([TITLE, HEADER, *single, *sections]) + "\n"


def rows_below(part: dict, schema: dict, path: str) -> Iterator[str]:
    """A row for every key below `part`, itself at `path`."""
    if isinstance(part.get("additionalProperties"), dict):
        yield from rows_below(
            resolved(part["additionalProperties"], schema), schema, f"{path}.<name>"
        )
    if "items" in part:
        yield from rows_below(resolved(part["items"], schema), schema, f"{path}[]")
    for branch in part.get("allOf", []):
        source = resolved(branch["then"], schema)
        yield f"| **`{path}.format: {source['title']}`** | | | {source['description']} |"
        yield from rows_below(source, schema, path)
        part = {}  # each branch lists all of its keys
    for key, value in part.get("properties", {}).items():
        value = resolved(value, schema)
        if "const" in value:
            continue
        below = list(rows_below(value, schema, f"{path}.{key}"))
        yield row(f"{path}.{key}", value, key in part.get("required", []))
        yield from below


def row(path: str, part: dict, required: bool) -> str:
    default = "required" if required else ""
    if "default" in part and part["default"] != {}:
        default = f"`{json.dumps(part['default'])}`"
    return f"| `{path}` | {wording.expected(part)} | {default} | {part['description']} |"


def resolved(part: dict, schema: dict) -> dict:
    """The part of the schema that a `$ref` stands for, with what is said beside it."""
    if "$ref" not in part:
        return part
    return schema["$defs"][part["$ref"].removeprefix("#/$defs/")] | part


def with_modules(page: str) -> str:
    """The page `reruns.md` with its last part renewed."""
    scripts = ROOT / "workflow" / "scripts"
    rules = {}
    for script in sorted(scripts.glob("*.py")):
        if "\nif __name__ ==" in script.read_text(encoding="utf-8"):
            for name in dependencies.digests(script):
                rules.setdefault(name, []).append(f"`{script.stem}`")
    names = {}
    for name, users in sorted(rules.items()):
        names.setdefault(", ".join(users), []).append(f"`{name}`")
    table = [f"| {users} | {', '.join(files)} |\n" for users, files in sorted(names.items())]
    return page.partition(MODULES.partition("\n")[0])[0] + MODULES + "".join(table)


if __name__ == "__main__":
    schema = configuration.load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    Path(__file__).with_name("configuration.md").write_text(document(schema), encoding="utf-8")
    page = Path(__file__).with_name("reruns.md")
    page.write_text(with_modules(page.read_text(encoding="utf-8")), encoding="utf-8")
    nowhere = io.StringIO()
    with redirect_stdout(nowhere), redirect_stderr(nowhere):  # many small imports report
        checks = check_pages.document()
    Path(__file__).with_name("checks.md").write_text(checks, encoding="utf-8")
