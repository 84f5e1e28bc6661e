"""Which files of the project a script consists of: itself and all that it imports.

Snakemake does not look into imported modules. Rules name these files as inputs, so that a
change of what a module says, and nothing else, runs again what uses it.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path


def files(script: Path) -> list[Path]:
    """The script and the modules beside it that it imports, directly or through others."""
    found, waiting = set(), [script]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += imported(path, script.parent)
    return sorted(found)


@cache
def imported(path: Path, root: Path) -> list[Path]:
    """The files under `root` that the module at `path` imports itself."""
    candidates = []
    for name in names(path, root):
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            module = root.joinpath(*parts[:end])
            candidates += [module.with_suffix(".py"), module / "__init__.py"]
    return [file for file in dict.fromkeys(candidates) if file.is_file()]


def names(path: Path, root: Path) -> Iterator[str]:
    """Every dotted name that an import statement in `path` may refer to."""
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(root).parent.parts
            start = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*start, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)
