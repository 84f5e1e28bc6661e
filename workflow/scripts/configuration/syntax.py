"""What is wrong with a configuration file as YAML."""

from pathlib import Path

import yaml

from coco import repeated_keys


def problems(path: str) -> list[str]:
    """What YAML cannot read, or reads without a word: a key that is there twice."""
    if not Path(path).exists():
        return []  # Snakemake says so
    try:
        document = yaml.compose(Path(path).read_text("utf-8"))
        return [f"{path}, {line}" for line in repeated_keys.in_yaml(document)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return [f"{path}, line {mark.line + 1}, column {mark.column + 1}: {error.problem}"]
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        return [f"{path}: expected YAML in UTF-8 ({error})"]
