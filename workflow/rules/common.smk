"""The configuration's check, and the functions that name the files and values of rules."""

import os
import sys
from pathlib import Path

SCRIPTS = Path(workflow.basedir, "workflow", "scripts")
sys.path.append(str(SCRIPTS))

import configuration
import dependencies
import new_image_results
import new_images
import orphans
import reasons
import sources
import variants
from configuration import command_line, syntax
from snakemake.logging import logger
from snakemake.utils import update_config

logger.addFilter(reasons.InWords(workflow))

orphans.announce()


wildcard_constraints:
    dataset="[A-Za-z0-9_-]+",
    input="[A-Za-z0-9_-]+",
    model="[A-Za-z0-9_.~-]+",
    fold=r"holdout|fold\d+",
    run=r"seed\d+",
    split="train|val|test",
    folder="[A-Za-z0-9_-]+",
    part=r"\d+-of-\d+",


def readable(path):
    """The path of a configuration file, if YAML can read it."""
    refuse(syntax.problems(path))
    return path


def check(config):
    """Fill in the defaults of a configuration, or stop with a list of all that is wrong."""
    schema = configuration.load_schema(
        SCRIPTS.parent / "schemas" / "config.schema.yaml"
    )
    unread = [
        problem
        for path in workflow.overwrite_configfiles
        for problem in syntax.problems(path)
    ]
    given = workflow.config_settings.config  # on the command line
    mappings = {
        key: value for key, value in given.items() if isinstance(value, (dict, list))
    }
    update_config(config, command_line.typed(mappings))
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
    recipe_keys = "mode", "size", "scale", "overlap", "min_visible", "cut_objects"
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

    return if_changed(paths)


def pretrained_weights(wildcards):
    weights = config["models"][wildcards.model]["architecture"]["weights"]
    return [] if weights in (None, "imagenet") else weights


def seed_of(wildcards):
    return int(wildcards.run.removeprefix("seed"))


def runs():
    """One row per training that the configuration asks for."""
    return [
        {"model": name, "fold": fold, "run": f"seed{seed}"}
        for name, model in config["models"].items()
        for fold in folds()
        for seed in model["seeds"]
    ]


def evaluations():
    """One row per evaluation that the configuration asks for."""
    splits = config["evaluation"]["splits"]
    return [run | {"split": split} for run in runs() for split in splits]


def of_runs(pattern):
    """A file of each training, in their order."""

    def paths(wildcards):
        return [pattern.format(**wildcards, **row) for row in runs()]

    return if_changed(paths)


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
    """The texts of the report, and its style."""
    folder = SCRIPTS.parent / "report"
    return {path.name: path.read_text() for path in sorted(folder.glob("*.*"))}


def used_inputs():
    """The recipes that models use."""
    return list(dict.fromkeys(model["input"] for model in config["models"].values()))


def of_split(what, **more):
    """The columns of an evaluation's entry in the report."""
    return {"what": what, **more, "fold": "{fold}", "run": "{run}", "split": "{split}"}


def final_results(wildcards):
    """The trained weights, their evaluation, where it comes from, and the report."""
    results = f"results/{config['dataset']}"
    weights = [
        f"{results}/models/{run['model']}/{run['fold']}/{run['run']}/model.weights.h5"
        for run in runs()
    ]
    tables = [f"{results}/{name}" for name in ("evaluation.tsv", "provenance.json")]
    return [*weights, *tables, f"{results}/report.zip"]


def asked_folder():
    """The section `new_images`, without which there is no folder to predict."""
    if not config["new_images"]:
        refuse(["new_images: missing, expected --config new_images=FOLDER"])
    return config["new_images"]


def predicted_folder(wildcards):
    asked = asked_folder()
    results = (
        f"results/{config['dataset']}/new_images/{new_image_results.name_of(asked)}"
    )
    refuse(new_image_results.taken(Path(results), asked["folder"]))
    return f"{results}/provenance.json"


def parts_of_folder(wildcards):
    folder = f"results/{wildcards.dataset}/new_images/{wildcards.folder}/parts"
    return [f"{folder}/{part}" for part in new_images.parts(asked_folder())]


def checksums_of_parts(wildcards):
    return [f"{part}.sha256" for part in parts_of_folder(wildcards)]


def images_of_part(wildcards):
    """The images of a job, so that one that is new or changed is predicted, with its part."""
    folder = asked_folder()["folder"]
    return new_images.watched(folder, new_images.part(folder, wildcards.part))


def pixel_of_new_images():
    own = (config["new_images"] or {}).get("pixel_size")
    return config["pixel"] | ({"size": own} if own else {})


TABLES = "evaluation", "leaderboard", "issues", "counts", "objects"
TABLES_OF_SPLITS = "splits", "leaks", "balance"


def tables_of(rule):
    """The tables that a rule writes."""
    return [str(path) for path in rule.output if path.endswith((".tsv", ".csv"))]


def decisive_settings(wildcards):
    """The sections of the configuration that decide the numbers of an evaluation."""
    sections = (
        "seed",
        "classes",
        "images",
        "validation",
        "split",
        "prediction",
        "evaluation",
    )
    model = config["models"][wildcards.model]
    return {
        **{name: config[name] for name in sections},
        "sources": sources.importable(config),
        "input": config["inputs"][model["input"]],
        "architecture": model["architecture"],
        "training": model["training"],
    }


def decisive_for_new_images():
    """The settings that decide the numbers of a folder of new images, beside the training's."""
    asked = config["new_images"] or {}
    return {
        **{key: asked.get(key) for key in ("folder", "model")},
        "pixel": pixel_of_new_images(),
        "prediction": config["prediction"],
        "min_score": config["evaluation"]["min_score"],
    }


def decisive_config():
    """The configuration without what no number depends on."""
    apart = "new_images", "pixel"
    return {name: part for name, part in config.items() if name not in apart}
