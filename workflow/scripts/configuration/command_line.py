"""Values of `--config key={...}`, as the same text in a file would mean them."""

import yaml


def typed(value):
    """A value with its numbers, true, false and null: inside of a mapping, Snakemake has texts."""
    if isinstance(value, dict):
        return {key: typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [typed(inner) for inner in value]
    if not isinstance(value, str):
        return value
    try:
        read = yaml.safe_load(value)
    except yaml.YAMLError:
        return value
    return read if read is None or type(read) in (bool, int, float) else value
