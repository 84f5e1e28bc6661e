"""Finds every mistake in a configuration and says each in one line; fills in the defaults."""

import copy
from pathlib import Path

import yaml

import variants
from configuration.contradictions import CHECKS
from configuration.source_checks import find_formats
from configuration.validators import CompletingValidator, StrictValidator
from configuration.wording import describe


def load_schema(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def problems(config: dict, schema: dict) -> list[str]:
    """One line per mistake: the key, what was received and what was expected.

    Paths are looked up from the working directory. `config` is not changed.
    """
    config = copy.deepcopy(config)
    formats = list(find_formats(config))
    errors = list(StrictValidator(variants.with_sweeps(schema)).iter_errors(config))
    found = formats + sorted(line for error in errors for line in describe(error))
    wrong = [line.split(": ")[0] for line in found]
    written = copy.deepcopy(config)
    complete(config, schema)
    for check, checked in ((variants.contradictions, written), *((one, config) for one in CHECKS)):
        try:
            found += (line for line in check(checked) if not is_said(line, wrong))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            if not found:  # else the check fell over what is known already
                raise
    return list(dict.fromkeys(found))


def is_said(line: str, wrong: list[str]) -> bool:
    """Whether the key of a line, or a part of it, is among those that are known to be wrong."""
    return any(key.startswith(line.split(": ")[0]) for key in wrong)


def complete(config: dict, schema: dict) -> dict:
    """Spell out the sources' formats, the models and the schema's defaults; returns `config`.

    Keys that the schema names come in its order: another order in the file is no change.
    """
    list(find_formats(config))
    variants.spell_out(config)
    if isinstance(config.get("new_images"), str):
        config["new_images"] = {"folder": config["new_images"]}
    for _ in CompletingValidator(schema).iter_errors(config):
        pass
    return config
