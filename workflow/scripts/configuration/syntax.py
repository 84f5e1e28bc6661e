"""What is wrong with a configuration file as YAML."""

from collections.abc import Iterator
from pathlib import Path

import yaml


def problems(path: str) -> list[str]:
    """What YAML cannot read, or reads without a word: a key that is there twice."""
    if not Path(path).exists():
        return []  # Snakemake says so
    try:
        return [f"{path}, {line}" for line in twice(yaml.compose(Path(path).read_text("utf-8")))]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return [f"{path}, line {mark.line + 1}, column {mark.column + 1}: {error.problem}"]
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return [f"{path}: expected YAML in UTF-8 ({error})"]


def twice(node: yaml.Node | None) -> Iterator[str]:
    if isinstance(node, yaml.MappingNode):
        lines = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in lines:
                yield f"line {line}: the key {key.value} stands in line {lines[key.value]} too"
            lines[key.value] = line
            yield from twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from twice(value)
