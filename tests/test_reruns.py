"""Exactly what depends on a change runs again: every row of docs/reruns.md is tried."""

import json
import multiprocessing
import os
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import projects
import pytest
from PIL import Image

pytestmark = pytest.mark.slow
FOLLOWING = {
    "make_demo": ["import_annotations"],
    "import_annotations": ["validate_dataset"],
    "validate_dataset": [],  # what follows is asked for when its result is there
    "check_objects": ["make_report", "record_results"],
    "plot_issues": ["make_report"],
    "split_dataset": [
        "plot_dataset",
        "make_shard",
        "plot_inputs",
        "train",
        "predict",
        "choose_threshold",
        "evaluate",
        "record_evaluation",
        "record_results",
        "summarise",
    ],
    "plot_dataset": ["make_report"],
    "make_shard": ["plot_inputs", "train"],
    "plot_inputs": ["make_report"],
    "train": ["plot_history", "predict", "summarise"],
    "plot_history": ["make_report"],
    "predict": ["gather_predictions"],
    "gather_predictions": ["choose_threshold", "evaluate"],
    "choose_threshold": ["evaluate", "compare_models"],
    "evaluate": ["compare_models", "record_evaluation", "summarise"],
    "compare_models": ["make_report", "record_results", "summarise"],
    "summarise": ["make_report"],
    "record_evaluation": ["record_results"],
    "record_results": [],
    "save_config": ["make_report"],
    "make_report": [],
}


def command(arguments, folder, output):
    from snakemake.cli import main

    os.chdir(folder)
    with output.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        sys.stdout = sys.stderr = file  # pytest's own would keep what is printed
        main(arguments)


def snakemake(folder, *arguments):
    """Exit code and output of the command, in a fork: it need not import everything again."""
    output = folder / "output.txt"
    arguments = ["--cores", "2", *arguments]
    process = multiprocessing.get_context("fork").Process(
        target=command, args=(arguments, folder, output)
    )
    process.start()
    process.join(900)
    return process.exitcode, output.read_text()


def planned(folder, *arguments):
    """The rules that a dry run would execute, and all that it says."""
    code, output = snakemake(folder, "--dry-run", *arguments)
    assert code == 0, output
    return set(re.findall(r"^(\w+) +\d+$", output, re.M)) - {"all", "total"}, output


def with_following(rules):
    found, waiting = set(), [*rules]
    while waiting:
        found.add(rule := waiting.pop())
        waiting += FOLLOWING[rule]
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A project with images of its own beside the demo's, that has run once."""
    return projects.finished(tmp_path_factory.getbasetemp(), 1)


@pytest.fixture
def project(finished, tmp_path):
    """A copy to change, dates included."""
    return shutil.copytree(finished, tmp_path / "project", symlinks=True)


# Edits: functions of the project's folder


def setting(**changes):
    return lambda folder: projects.edit(folder, **changes)


def text(name, old, new):
    def edit(folder):
        content = (folder / name).read_text()
        assert old in content, f"{name} has no {old}"
        (folder / name).write_text(content.replace(old, new, 1))

    return edit


def script(name, old, new):
    return text(f"workflow/scripts/{name}", old, new)


def function(name, defined):
    """Change a function: bind its name once more."""

    def edit(folder):
        path = folder / "workflow/scripts" / name
        head, main, tail = path.read_text().partition("\n\nif __name__")
        assert f"def {defined}(" in head
        path.write_text(f"{head}\n\n{defined} = {defined}\n{main}{tail}")

    return edit


def annotations(change):
    """Change the content of the user's COCO file."""

    def edit(folder):
        path = folder / "data/annotations.json"
        content = json.loads(path.read_text())
        change(content, folder / "data/images")
        path.write_text(json.dumps(content))

    return edit


def one_pixel(folder):
    path = folder / "data/images/000.png"
    pixels = np.array(Image.open(path))
    pixels[0, 0] ^= 1
    Image.fromarray(pixels).save(path)


def one_object_less(content, images):
    del content["annotations"][0]


def one_image_more(content, images):
    pixels = np.array(Image.open(images / "000.png"))
    Image.fromarray(pixels[:, ::-1]).save(images / "new.png")
    record = next(image for image in content["images"] if image["file_name"] == "000.png")
    content["images"].append(record | {"id": 99, "file_name": "new.png"})


def one_image_less(content, images):
    (images / "001.png").unlink()
    gone = next(image for image in content["images"] if image["file_name"] == "001.png")
    content["images"].remove(gone)
    content["annotations"] = [
        one for one in content["annotations"] if one["image_id"] != gone["id"]
    ]


def more_files(folder):
    shutil.copy2(folder / "data/images/000.png", folder / "data/images/extra.png")


def another_name(content, images):
    (images / "002.png").rename(images / "other.png")
    next(one for one in content["images"] if one["file_name"] == "002.png")["file_name"] = (
        "other.png"
    )


def clone(folder):
    """New files with new dates, in another place; results and records as they were."""
    moved = folder.rename(folder.with_name("moved"))
    for path in moved.rglob("*"):
        target = folder / path.relative_to(moved)
        if path.is_file() and path.relative_to(moved).parts[0] not in ("results", ".snakemake"):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    for name in ("results", ".snakemake"):
        (moved / name).rename(folder / name)


def other_order(folder):
    def turned(part):
        return {key: turned(part[key]) for key in reversed(part)} if type(part) is dict else part

    projects.configure(folder, turned(projects.configuration(folder)))


def swap(section, *keys):
    def swapped(part):
        one, other = keys
        return part | {one: part[other], other: part[one]}

    return setting(**{section: swapped})


def delete(pattern):
    def edit(folder):
        for path in [*(folder / "results/tiny").glob(pattern)]:
            path.unlink()

    return edit


def both(*edits):
    def edit(folder):
        for one in edits:
            one(folder)

    return edit


def another_model(models):
    return models | {"second": models["tiny"]}


def another_input(inputs):
    return inputs | {"large": inputs["tiny"] | {"size": 128}}


def large_model(models):
    return models | {"second": models["tiny"] | {"input": "large"}}


SHARD = "shards/tiny/holdout/train/1-of-2.tfrecord"
EPOCHS = setting(models__tiny__training__epochs=3)
EDITS = {
    # nothing
    "every file touched": projects.touch_everything,
    "`git clone` elsewhere, `results/` and `.snakemake/` moved along": clone,
    "the keys of the configuration in another order": other_order,
    "a comment in the configuration": text("config/config.yaml", "dataset:", "# mine\ndataset:"),
    "a comment or a docstring in a script": both(
        script("train.py", "def train(", "# Learns.\ndef train("),
        script("mrcnn/losses.py", '"""', '"""In short: '),
    ),
    "code put on other lines": script("train.py", "name=", "\n\n            name="),
    "a function that no rule uses": function("mrcnn/visualize.py", "display_instances"),
    "what is printed while a job runs": function("console.py", "say"),
    "what is noted of packages and the machine": function("environment.py", "versions"),
    "memory, time or threads of a rule": both(
        script("estimates.py", 'mem_mb": ', 'mem_mb": 1 + '),
        text("workflow/rules/evaluation.smk", "threads: 2", "threads: 1"),
    ),
    # data
    "one pixel of an image": one_pixel,
    "one annotation": annotations(one_object_less),
    "an image added": annotations(one_image_more),
    "an image removed": annotations(one_image_less),
    "an image renamed": annotations(another_name),
    "a file that no annotation names": more_files,
    "an annotation file written in another layout": annotations(lambda content, images: None),
    # configuration
    "`seed`": setting(seed=1),
    "`sources`": setting(sources=lambda sources: sources[1:]),
    "`images`": setting(images={"exif": "ignore"}),
    "`classes`": setting(classes=["leaf", "ring"]),
    "`validation`, without an effect on this data": setting(validation__max_quarantined=0.6),
    "`split`": setting(split__train=0.6, split__val=0.1),
    "`split`: two fractions swapped": swap("split", "val", "test"),
    "`shards`": setting(shards=3),
    "`inputs.x`": setting(inputs__tiny__copies=2),
    "`models.x.architecture`": setting(models__tiny__architecture__max_objects=20),
    "`models.x.training`": setting(models__tiny__training__learning_rate=0.003),
    "`models.x.training`: two values swapped": swap(
        "models__tiny__training", "learning_rate", "weight_decay"
    ),
    "`prediction`": setting(prediction__min_score=0.3),
    "`prediction.jobs`": setting(prediction__jobs=3),
    "`evaluation`": setting(evaluation__overlays=2),
    "`evaluation`: two values swapped": setting(
        evaluation__max_detections=1, evaluation__overlays=100
    ),
    # code
    "the drawing of the demo": function("coco/still_life.py", "draw"),
    "an importer": function("coco/formats/coco_json.py", "read"),
    "a check of the data": function("coco/validation.py", "validate"),
    "how the data are split": function("coco/splits.py", "split"),
    "augmentation": function("coco/views.py", "of_image"),
    "how a model is trained": function("train.py", "compile_network"),
    "the model": function("mrcnn/losses.py", "mask_loss"),
    "prediction": function("predict.py", "frame"),
    "metrics": function("evaluation/tables.py", "per_class"),
    "pictures of the best and worst": function("evaluation/overlays.py", "side_by_side"),
    "pictures of the issues": function("plot_issues.py", "some"),
    "learning curves": function("evaluation/learning_curves.py", "learning_curves"),
    "the comparison of models": function("compare_models.py", "compare_models"),
    "a caption of the report": text("workflow/report/issues.rst", " ", "  "),
    # more to do
    "a model added": setting(models=another_model),
    "a model added, with an input of its own": setting(inputs=another_input, models=large_model),
    "a seed added to a model": setting(models__tiny__seeds=[0, 1]),
    "a split added to `evaluation.splits`": setting(evaluation__splits=["test", "val"]),
    # results
    "a result deleted: `evaluation.tsv`": delete("evaluation.tsv"),
    "an intermediate file deleted: a shard": delete(SHARD),
    "the same, when training needs it": both(delete(SHARD), EPOCHS),
}

RARE = pytest.mark.exhaustive
USUAL = {
    "every file touched",
    "a comment or a docstring in a script",
    "one pixel of an image",
    "`classes`",
    "`validation`, without an effect on this data",
    "`models.x.training`",
    "`prediction`",
    "the model",
    "metrics",
    "a result deleted: `evaluation.tsv`",
}

SAID = {
    "every file touched": "Nothing to be done",
    "one pixel of an image": "Updated input files: data/images/000.png",
    "one annotation": "Updated input files: data/annotations.json",
    "a file that no annotation names": "New: data/images/extra.png",
    "`classes`": "classes: None -> ['leaf', 'ring']",
    "`seed`": "seed: 0 -> 1",
    "`inputs.x`": "input.copies: 1 -> 2",
    "`models.x.training`": "training.learning_rate: 0.001 -> 0.003",
    "`models.x.training`: two values swapped": "training.weight_decay: 0.002 -> 0.001",
    "`evaluation`": "evaluation.overlays: 1 -> 2",
    "an importer": "Changed code: workflow/scripts/coco/formats/coco_json.py",
    "the model": "Changed code: workflow/scripts/mrcnn/losses.py",
    "a result deleted: `evaluation.tsv`": "Missing output files: results/tiny/evaluation.tsv",
}


def table(root):
    """docs/reruns.md: of each change the rules that run at once, and those that may follow."""
    for line in (root / "docs" / "reruns.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[0] not in ("change", "---"):
            yield cells[0], *(set(re.findall(r"`(\w+)`", cell)) for cell in cells[1:3])


ROWS = {change: rules for change, *rules in table(Path(__file__).resolve().parents[1])}


def test_the_page_has_a_row_for_every_edit():
    assert list(ROWS) == list(EDITS)
    assert len(ROWS) >= 30 and set(ROWS) > USUAL


@pytest.mark.parametrize(
    "change",
    [change if change in USUAL else pytest.param(change, marks=RARE) for change in EDITS],
)
def test_exactly_what_depends_on_a_change_runs_again(change, project):
    first, then = ROWS[change]
    before = projects.configuration(project)
    EDITS[change](project)
    after = projects.configuration(project)
    config = set() if before == after else with_following({"save_config", "record_results"})

    rules, output = planned(project)
    assert SAID.get(change, "") in output
    if "validate_dataset" in with_following(first):
        assert rules == with_following(first)
        code, output = snakemake(project, "results/tiny/dataset.json")
        assert code == 0, output
        first, (rules, output) = then, planned(project)
    assert rules == with_following(first) | config


def test_only_what_is_new_is_made(project):
    EDITS["a model added, with an input of its own"](project)
    _, output = planned(project)
    wildcards = dict.fromkeys(("train", "predict", "make_shard"), "")
    for rule, words in re.findall(r"^rule (\w+):.*?wildcards: (.*?)$", output, re.M | re.S):
        wildcards[rule] = wildcards.get(rule, "") + words
    for rule, word in (("train", "second"), ("predict", "second"), ("make_shard", "large")):
        assert f"={word}" in wildcards[rule]
        assert "model=tiny" not in wildcards[rule] and "input=tiny" not in wildcards[rule]


@pytest.mark.parametrize(
    ("pattern", "makes"),
    [(SHARD, {"make_shard", "train"}), ("models/**/model.weights.h5", {"train"})],
)
def test_a_damaged_file_is_noticed_and_made_again(pattern, makes, project):
    (path,) = (project / "results/tiny").glob(pattern)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    code, output = snakemake(project)
    command = f"rm {path.relative_to(project)}"
    assert code != 0
    assert "changed since it was written" in output and command in output
    assert "Traceback" not in output
    path.unlink()  # as told
    assert planned(project)[0] == with_following(makes)
