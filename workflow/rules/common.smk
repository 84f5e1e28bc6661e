"""The configuration's check, and the functions that name the files and values of rules."""

import os
import sys
from pathlib import Path

SCRIPTS = Path(workflow.basedir, "workflow", "scripts")
sys.path.append(str(SCRIPTS))

import configuration
import dependencies
import sources


wildcard_constraints:
    dataset="[A-Za-z0-9_-]+",
    input="[A-Za-z0-9_-]+",
    model="[A-Za-z0-9_-]+",
    fold=r"holdout|fold\d+",
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
    """The files that a script consists of: their content decides whether it runs again."""
    return [
        os.path.relpath(path) for path in dependencies.files(SCRIPTS / f"{script}.py")
    ]


def source_files(wildcards):
    return list(sources.files(config))


def folds():
    count = config["split"]["folds"]
    return [f"fold{number}" for number in range(count)] if count else ["holdout"]


def split_files(wildcards):
    """The user's files that decide the split."""
    split = config["split"]
    table = (split["group_by"] or {}).get("table")
    kept = [split["keep"].replace("{fold}", fold) for fold in folds() if split["keep"]]
    return [
        *(split["lists"] or {}).values(),
        *([table["file"]] if table else []),
        *dict.fromkeys(kept),
    ]


def input_of(wildcards):
    return config["models"][wildcards.model]["input"]


def recipe_of(wildcards):
    return config["inputs"][input_of(wildcards)]


def seen_by_models():
    """What decides how each model sees the objects: no more, so that nothing else runs again."""
    recipe_keys = "mode", "size", "scale", "overlap", "min_visible"
    model_keys = "max_objects", "anchor_scales"
    return {
        name: {"input": model["input"]}
        | {key: config["inputs"][model["input"]][key] for key in recipe_keys}
        | {key: model["architecture"][key] for key in model_keys}
        for name, model in config["models"].items()
    }


def shards_of(split, suffix):
    """The shards of a split as the model's input wants them."""

    def paths(wildcards):
        folder = (
            f"results/{wildcards.dataset}/shards/{input_of(wildcards)}/{wildcards.fold}"
        )
        return gather.shard(f"{folder}/{split}/{{scatteritem}}.{suffix}")

    return paths


def pretrained_weights(wildcards):
    weights = config["models"][wildcards.model]["architecture"]["weights"]
    return [] if weights in (None, "imagenet") else weights


def seed_of(wildcards):
    return int(wildcards.run.removeprefix("seed"))


def evaluations():
    """One row per evaluation that the configuration asks for."""
    return [
        {"model": name, "fold": fold, "run": f"seed{seed}", "split": split}
        for name, model in config["models"].items()
        for fold in folds()
        for seed in model["seeds"]
        for split in config["evaluation"]["splits"]
    ]


def of_evaluations(pattern):
    """A file of each evaluation, in their order."""

    def paths(wildcards):
        rows = [pattern.format(**wildcards, **row) for row in evaluations()]
        return list(dict.fromkeys(rows))

    return paths


def used_inputs():
    """The recipes that models use."""
    return list(dict.fromkeys(model["input"] for model in config["models"].values()))


def of_split(what, **more):
    """The columns of an evaluation's entry in the report."""
    return {"what": what, **more, "fold": "{fold}", "run": "{run}", "split": "{split}"}


def captions():
    """The texts of the report."""
    folder = SCRIPTS.parent / "report"
    return [os.path.relpath(path) for path in sorted(folder.glob("*.rst"))]
