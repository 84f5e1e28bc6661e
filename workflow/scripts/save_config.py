"""Keeps the configuration of a run beside its results, with every default spelled out."""

import json
from pathlib import Path

import yaml

import console


def save_config(config: dict, output: Path):
    plain = json.loads(json.dumps(config))  # YAML would name the types of Snakemake's own dicts
    output.write_text(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True))


if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        save_config(snakemake.params.config, Path(snakemake.output[0]))
