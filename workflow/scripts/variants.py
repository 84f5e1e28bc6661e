"""The models that a configuration asks for: what they share, what each changes, and grids."""

import copy
import itertools
import json
import re
from collections.abc import Iterator

import pandas as pd
from snakemake.utils import Paramspace

SECTIONS = ("architecture", "training")


def spell_out(config: dict):
    """Replace `models` by one full entry for every model, and take out `common`.

    An entry's values go before those of `common`. One with a `sweep` becomes a model for each
    combination of the values, named by them: `small-alpha~0.35-learning_rate~0.01`. What is no
    mapping stays as it is, for the schema to refuse.
    """
    common, models = config.pop("common", {}), config.get("models")
    if isinstance(models, dict):
        config["models"] = {}
        for name, entry in models.items():
            entry = overridden(common, entry)
            grid = entry.pop("sweep", {}) if isinstance(entry, dict) else {}
            usable = isinstance(grid, dict) and all(isinstance(one, list) for one in grid.values())
            for label, values in combinations(grid) if grid and usable else [("", {})]:
                config["models"][f"{name}{label}"] = with_values(entry, values)


def overridden(common, own):
    """What is common, with one's own values before it, section by section."""
    if not (isinstance(common, dict) and isinstance(own, dict)):
        return copy.deepcopy(own)
    merged = {key: overridden(common.get(key), value) for key, value in own.items()}
    return copy.deepcopy(common) | merged


def combinations(grid: dict[str, list]) -> Iterator[tuple[str, dict]]:
    """Each combination of a grid's values, with the text that names it in paths."""
    rows = list(itertools.product(*grid.values()))
    columns = [key.split(".")[-1] for key in grid]
    texts = pd.DataFrame([[text(value) for value in row] for row in rows], columns=columns)
    space = Paramspace(texts, filename_params="*", filename_sep="-")
    for label, row in zip(space.instance_patterns, rows, strict=True):
        yield f"-{label}", dict(zip(grid, row, strict=True))


def text(value) -> str:
    """A value as a part of a path."""
    if isinstance(value, list):
        return "_".join(map(text, value))
    plain = value if isinstance(value, str) else json.dumps(value)
    return re.sub(r"[^A-Za-z0-9._-]", "_", plain)


def with_values(entry, values: dict):
    """The entry with the values of a combination, `{"training.learning_rate": 0.01}`.

    A section that is no mapping stays as it is, for the schema to refuse.
    """
    entry = copy.deepcopy(entry)
    for path, value in values.items():
        *sections, key = path.split(".")
        part = entry
        for section in sections:
            part = part.setdefault(section, {}) if isinstance(part, dict) else None
        if isinstance(part, dict):
            part[key] = value
    return entry


def with_sweeps(schema: dict) -> dict:
    """The schema, with the keys that a sweep may have: a model's, each with a list of values."""
    schema = copy.deepcopy(schema)
    parts = schema["$defs"]
    keys = {"input": parts["model"]["properties"]["input"]} | {
        f"{section}.{key}": part
        for section in SECTIONS
        for key, part in parts[section]["properties"].items()
    }
    parts["sweep"]["additionalProperties"] = False
    parts["sweep"]["properties"] = {
        key: {"type": "array", "minItems": 1, "uniqueItems": True, "items": part}
        for key, part in keys.items()
    }
    return schema


def contradictions(config: dict) -> Iterator[str]:
    """What is wrong with `common`, `models` and `sweep` together, before they are spelled out."""
    common, names = config.get("common", {}), set()
    for name, entry in config["models"].items():
        merged = overridden(common, entry)
        grid = merged.pop("sweep", {})
        if "input" not in merged and "input" not in grid:
            yield f"models.{name}.input: missing: the name of one of the inputs, here or in common"
        for path in entry.get("sweep", {}):
            own = entry
            for key in path.split("."):
                own = own.get(key, {})
            if own != {}:
                yield (
                    f"models.{name}.sweep.{path}: received together with models.{name}.{path}, "
                    "expected one of them"
                )
        for label, _ in combinations(grid) if grid else [("", {})]:
            if f"{name}{label}" in names:
                yield f"models.{name}: {name}{label} is the name of two models; rename one"
            names.add(f"{name}{label}")


def differences(models: dict[str, dict]) -> dict[str, dict[str, str]]:
    """For each model the values of every key that is not the same in all of them."""
    flat = {
        name: {
            "input": model["input"],
            **{f"{part}.{key}": value for part in SECTIONS for key, value in model[part].items()},
        }
        for name, model in models.items()
    }
    first = next(iter(flat.values()))
    keys = [key for key in first if any(one[key] != first[key] for one in flat.values())]
    return {
        name: {key: one[key] if isinstance(one[key], str) else json.dumps(one[key]) for key in keys}
        for name, one in flat.items()
    }
