"""The configuration's check, and the functions that name the files and values of rules."""

import os
import sys
from pathlib import Path

SCRIPTS = Path(workflow.basedir, "workflow", "scripts")
sys.path.append(str(SCRIPTS))

import configuration
import dependencies
import reasons
import sources
from snakemake.logging import logger

logger.addFilter(reasons.InWords(workflow))


wildcard_constraints:
    dataset="[A-Za-z0-9_-]+",
    input="[A-Za-z0-9_-]+",
    model="[A-Za-z0-9_-]+",
    fold="holdout",
    run=r"seed\d+",
    split="train|val|test",


def readable(path):
    """The path of a configuration file, if YAML can read it."""
    refuse(configuration.syntax_problems(path))
    return path


def check(config):
    """Fill in the defaults of a configuration, or stop with a list of all that is wrong."""
    schema = configuration.load_schema(
        SCRIPTS.parent / "schemas" / "config.schema.yaml"
    )
    unread = [
        problem
        for path in workflow.overwrite_configfiles
        for problem in configuration.syntax_problems(path)
    ]
    refuse(unread + configuration.problems(config, schema))
    configuration.complete(config, schema)


def refuse(problems):
    if problems:
        sys.exit("\n  ".join(["The configuration cannot be used:", *problems]))


def code(script):
    """What a script and the modules that it uses say, as digests: decides whether it runs again."""
    return lambda wildcards: dependencies.digests(SCRIPTS / f"{script}.py")


def if_changed(paths):
    """`paths` once the data set is validated: if that makes the same again, nothing below runs.

    Where there is none yet, all is to be run, and can be planned at once.
    """

    def get(wildcards):
        if Path("results", config["dataset"], "dataset.json").exists():
            checkpoints.validate_dataset.get(dataset=config["dataset"])
        return paths(wildcards)

    return get


def source_files(wildcards):
    return list(sources.files(config))


def split_lists(wildcards):
    return list((config["split"]["lists"] or {}).values())


def input_of(wildcards):
    return config["models"][wildcards.model]["input"]


def recipe_of(wildcards):
    return config["inputs"][input_of(wildcards)]


def shards_of(split, suffix):
    """The shards of a split as the model's input wants them."""

    def paths(wildcards):
        folder = (
            f"results/{wildcards.dataset}/shards/{input_of(wildcards)}/{wildcards.fold}"
        )
        return gather.shard(f"{folder}/{split}/{{scatteritem}}.{suffix}")

    return if_changed(paths)


def pretrained_weights(wildcards):
    weights = config["models"][wildcards.model]["architecture"]["weights"]
    return [] if weights in (None, "imagenet") else weights


def seed_of(wildcards):
    return int(wildcards.run.removeprefix("seed"))


def evaluations():
    """One row per evaluation that the configuration asks for."""
    return [
        {"model": name, "fold": "holdout", "run": f"seed{seed}", "split": split}
        for name, model in config["models"].items()
        for seed in model["seeds"]
        for split in config["evaluation"]["splits"]
    ]


def of_evaluations(pattern):
    """A file of each evaluation, in their order."""

    def paths(wildcards):
        rows = [pattern.format(**wildcards, **row) for row in evaluations()]
        return list(dict.fromkeys(rows))

    return if_changed(paths)


def measured(wildcards):
    """What decides an evaluation; which splits are evaluated does not."""
    return {
        key: value for key, value in config["evaluation"].items() if key != "splits"
    }


def captions(wildcards):
    """The texts of the report."""
    folder = SCRIPTS.parent / "report"
    return {path.name: path.read_text() for path in sorted(folder.glob("*.rst"))}


def final_results(wildcards):
    return [
        f"results/{config['dataset']}/{name}"
        for name in ("evaluation.tsv", "report.zip")
    ]
