"""Tells the story of the run, with its numbers, for the opening page of the report."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

import console
from coco import json_files
from evaluation.confusion import BACKGROUND
from evaluation.thresholds import EVERY_CLASS
from restructured_text import csv_table, embedded, emphasised

INTERVAL = "95 % interval of AP"
MOST = 12  # rows of a table
LISTED = 5  # classes in a sentence
FEW = 100  # training objects of a class that are few
ENOUGH = 200  # images, for intervals that hold, as benchmarks/coverage.py measures
NAMES = "model", "class", "name", "true", "predicted"  # columns; a class may be called 1, or True
REMEDIES = {
    "classification": "Look at the labels of the classes that are confused, then add examples.",
    "localisation": "Look for loose labels; a larger input or more epochs make finer masks.",
    "both": "Add examples of what is mistaken; see the pictures of the worst images.",
    "duplicate": "Lower ``prediction.nms_threshold``: objects are found more than once.",
    "background": "Add images that show what is mistaken for an object, without objects in them.",
    "missed": "Compare the objects' sizes with the anchors in *1 Data*, and add examples like "
    "those that are missed; unlabelled objects in training images teach a model to miss.",
}
FLATTERED = {
    "train": "The model was trained on these images: they say nothing of others.\n\n",
    "val": "Model, epoch and score were chosen on these images, which flatters the numbers.\n\n",
}


class Run(NamedTuple):
    """What was made of the chosen model's first run, on the split that is told of."""

    about: dict  # model.json
    split: str
    points: pd.DataFrame  # operating_point.tsv, by class
    per_class: pd.DataFrame  # of masks, by class
    errors: pd.DataFrame  # of masks, for all classes, by kind
    confusion: pd.DataFrame
    counting: pd.DataFrame  # by class
    most: int  # objects in an image
    galleries: Path


def table(path: str | Path) -> pd.DataFrame:
    """A TSV file; only empty cells are not defined, since a class may be called NA."""
    names = dict.fromkeys(NAMES, str)
    return pd.read_csv(path, sep="\t", keep_default_na=False, na_values=[""], dtype=names)


def read_run(folder: Path, split: str) -> Run:
    evaluation = folder / "evaluation" / split
    errors, per_class = table(evaluation / "errors.tsv"), table(evaluation / "per_class.tsv")
    errors = errors[(errors["iou_type"] == "segm") & (errors["group"] == "all")]
    return Run(
        json_files.read(folder / "model.json"),
        split,
        table(evaluation / "operating_point.tsv").set_index("class"),
        per_class[per_class["iou_type"] == "segm"].set_index("class"),
        errors.set_index("error"),
        table(evaluation / "confusion.tsv"),
        table(evaluation / "counting.tsv").set_index("class"),
        int(table(evaluation / "per_image.tsv")["objects"].max()),
        evaluation / "overlays",
    )


def summarise(
    counts: Path,
    balance: Path,
    leaderboard: Path,
    runs: list[dict],
    limits: dict[str, int],
    root: Path,
    output: Path,
):
    """Write the story as reStructuredText.

    Args:
        counts, balance, leaderboard: tables of the data set.
        runs: what each evaluation is of: model, fold, run and split.
        limits: `max_detections` of the sections `prediction` and `evaluation`.
        root: folder of the data set's results.
    """
    ranked = table(leaderboard)
    chosen = ranked.loc[ranked["chosen"] == "yes", "model"].iloc[0]
    own = [row for row in runs if row["model"] == chosen]
    first = next((row for row in own if row["split"] == "test"), own[0])
    run = read_run(root / "models" / chosen / first["fold"] / first["run"], first["split"])
    shared = table(balance)
    parts = {
        "Data": data(table(counts)) + split(shared, first["fold"]),
        "Model": model(chosen, run.about),
        "Result": result(ranked, chosen, run) + picture(run, "random", "An image drawn by lot"),
        "Where it fails": failures(run) + picture(run, "worst", "The worst image"),
        "What to try next": too_many(run, limits) + next_steps(run, shared),
    }
    titled = [f"{title}\n{'-' * len(title)}\n\n{text}" for title, text in parts.items()]
    output.write_text("\n\n".join(titled) + "\n", encoding="utf-8")


def data(counts: pd.DataFrame) -> str:
    rows = counts[counts["class"] == EVERY_CLASS].set_index("record")
    images, objects = rows.loc["image"], rows.loc["annotation"]
    text = f"{images['used']:,} of {images['in']:,} images and {objects['used']:,} of "
    text += f"{objects['in']:,} annotations are used"
    left_out = [
        f"{number:,} {kind}"
        for kind in ("quarantined", "merged", "dropped")
        if (number := images[kind] + objects[kind])
    ]
    if left_out:
        text += f"; not used: {', '.join(left_out)}, each with its reason in *1 Data*, issues"
    return f"{text}. "


def split(balance: pd.DataFrame, fold: str) -> str:
    """How many images and objects each split of a fold has."""
    sums = balance[balance["class"] == EVERY_CLASS].set_index("split")
    shares = ", ".join(
        f"{name} {number_of(row['images'], 'image')} with {number_of(row['instances'], 'object')}"
        for name, row in sums.iterrows()
    )
    return f"The split ({fold}): {shares}.\n"


def model(name: str, about: dict) -> str:
    architecture, training = about["architecture"], about["training"]
    start = architecture["weights"] or "random numbers"
    text = (
        f"**{name}**: {architecture['backbone']}, inputs of {about['input']['size']} px, started "
        f"from {start}. The weights are those of epoch {about['best_epoch']} of "
        f"{training['epochs']}, with the highest mask AP on the validation images, "
        f"{about['val_AP']:.3f}, measured on such inputs. "
    )
    if about["epochs"] < training["epochs"]:
        text += f"Training stopped early, after {about['epochs']} epochs. "
    return text + "\n"


def result(ranked: pd.DataFrame, chosen: str, run: Run) -> str:
    own = ranked[(ranked["model"] == chosen) & (ranked["split"] == run.split)]
    rows = own.set_index("iou_type")
    lines = [[f"{run.split} images", "AP50", "AP", INTERVAL]]
    for name, kind in (("masks", "segm"), ("boxes", "bbox")):
        lines.append([name, *precisions(rows.loc[kind])])
    point, count = run.points.loc[EVERY_CLASS], run.counting.loc[EVERY_CLASS]
    text = FLATTERED.get(run.split, "")
    text += f"{csv_table(lines)}{csv_table(of_classes(run))}{csv_table(of_models(ranked, run))}"
    if 1 < count["images"] < ENOUGH:
        few = f"fewer than {ENOUGH} images, here {count['images']:.0f}"
        text += f"Of {few}, intervals are too narrow.\n\n"
    unseen = run.per_class.index[run.per_class["instances"] == 0]
    if len(unseen):
        names = listed(list(map(emphasised, unseen)))
        text += f"Without objects in these images, and so without AP: {names}.\n\n"
    if rows["runs"].max() > 1:
        text += (
            f"The model's numbers are means of {rows['runs'].max()} runs; what follows, and the "
        )
        text += "classes, are of the first.\n\n"
    return text + (
        f"A user who keeps detections with a score of {point['threshold']:.2f} or more gets "
        f"{point['true_positives']:.0f} of {point['objects']:.0f} objects right, misses "
        f"{point['false_negatives']:.0f}, and gets {point['false_positives']:.0f} that are wrong "
        f"(F1 {percent(point['F1'])}). The number of objects in an image is off by "
        f"{count['mean_absolute_error']:.2f} on average.\n"
    )


def of_classes(run: Run) -> list[list]:
    """A line per class, masks; of many, the best and the worst."""
    ranked = run.per_class.dropna(subset="AP").sort_values("AP", ascending=False)
    if ranked.empty:
        return []
    title = "masks by class"
    if len(ranked) > MOST:
        title = f"masks, the {MOST // 2} best and {MOST // 2} worst of {len(ranked)} classes"
        ranked = pd.concat([ranked.head(MOST // 2), ranked.tail(MOST // 2)])
    lines = [[title, "objects", "AP50", "AP", INTERVAL]]
    for name, row in ranked.iterrows():
        lines.append([emphasised(name), f"{row['instances']:.0f}", *precisions(row)])
    return lines


def of_models(ranked: pd.DataFrame, run: Run) -> list[list]:
    """A line per model, masks, if there are several, the best on the validation images first."""
    own = ranked[(ranked["split"] == run.split) & (ranked["iou_type"] == "segm")]
    title = "models, masks" if len(own) <= MOST else f"masks, the {MOST} first of {len(own)} models"
    lines = [[title, "runs", "AP, validation images", "AP50", "AP", INTERVAL]]
    for _, row in own.head(MOST).iterrows():
        lines.append([row["model"], row["runs"], f"{row['val_AP']:.3f}", *precisions(row)])
    return lines if len(own) > 1 else []


def precisions(row: pd.Series) -> list[str]:
    """The cells of AP50, AP and its interval."""
    if pd.isna(row["AP"]):
        return ["not defined"] * 3
    interval = f"{row['AP_low']:.3f} to {row['AP_high']:.3f}"
    if pd.isna(row["AP_low"]):
        interval = "none: it takes two images"
    return [f"{row['AP50']:.3f}", f"{row['AP']:.3f}", interval]


def failures(run: Run) -> str:
    point = run.points.loc[EVERY_CLASS]
    if not point["objects"]:
        wrong = f"{point['false_positives']:.0f} detections there are wrong"
        return f"The {run.split} images have no objects to find: AP is not defined. {wrong}.\n"
    if perfect(run):
        return f"No mistake costs AP50 on the {run.split} images.\n"
    lost = run.errors["delta_AP50"].fillna(0).sort_values(ascending=False)
    if not lost.sum():
        counts = run.errors["count"].sort_values(ascending=False, kind="stable")
        found = ", ".join(f"*{kind}* ({count})" for kind, count in counts[counts > 0].items())
        return f"Mending mistakes of one kind alone would not raise AP50. There are: {found}.\n"
    worst = run.per_class["AP"].dropna().sort_values()
    text = f"Most AP50 is lost to mistakes of the kind *{lost.index[0]}* ({lost.iloc[0]:.3f})"
    if lost.iloc[1]:
        text += f", then *{lost.index[1]}* ({lost.iloc[1]:.3f})"
    if worst.iloc[0] < worst.iloc[-1]:
        weakest, strongest = emphasised(worst.index[0]), emphasised(worst.index[-1])
        text += f". The weakest class is {weakest} (AP {worst.iloc[0]:.3f}), "
        text += f"the strongest {strongest} ({worst.iloc[-1]:.3f})"
    pair = most_confused(run.confusion)
    if pair:
        true, predicted = emphasised(pair[0]), emphasised(pair[1])
        times = "once" if pair[2] == 1 else f"{pair[2]} times"
        text += f". Most often confused: {true} taken for {predicted}, {times}"
    return f"{text}.\n"


def perfect(run: Run) -> bool:
    return run.per_class["AP50"].min() == 1


def most_confused(confusion: pd.DataFrame) -> tuple | None:
    """True class, predicted class and number of the most frequent confusion."""
    kinds = confusion[["true", "predicted"]]
    pairs = confusion[(kinds["true"] != kinds["predicted"]) & (kinds != BACKGROUND).all(axis=1)]
    if pairs.empty:
        return None
    return tuple(pairs.loc[pairs["count"].idxmax(), ["true", "predicted", "count"]])


def too_many(run: Run, limits: dict[str, int]) -> str:
    """What to raise where an image has more objects than can be found, or counted."""
    low = []
    if run.about["input"]["mode"] == "resize" and run.most > limits["prediction"]:
        low.append("prediction")
    if run.most > limits["evaluation"] * len(run.per_class):
        low.append("evaluation")
    if not low:
        return ""
    keys = " and ".join(f"``{name}.max_detections`` ({limits[name]})" for name in low)
    return f"- An image has {run.most} objects: raise {keys}, or the others are missed for sure.\n"


def next_steps(run: Run, balance: pd.DataFrame) -> str:
    steps = []
    lost = run.errors["delta_AP50"].fillna(0)
    if lost.sum():
        steps.append(REMEDIES[lost.idxmax()])
    elif not perfect(run) and run.errors["count"].sum():
        steps.append(REMEDIES[run.errors["count"].idxmax()])
    if run.about["best_epoch"] == run.about["training"]["epochs"]:
        steps.append("The last epoch was the best: raise ``epochs``; training goes on from there.")
    training = balance[balance["split"] == "train"].set_index("class")["instances"]
    few = training[(training < FEW) & training.index.isin(run.per_class.index)]
    if len(few):
        counts = [f"{emphasised(name)} ({count:.0f})" for name, count in few.items()]
        steps.append(f"Add objects of the classes with few to learn from: {listed(counts)}.")
    steps.append("Look at the images in *5 Images*: what went wrong is written beside the objects.")
    return "\n".join(f"- {step}" for step in steps) + "\n"


def number_of(count: float, thing: str) -> str:
    return f"{count:,.0f} {thing}{'' if count == 1 else 's'}"


def listed(texts: list[str]) -> str:
    more = f" and {len(texts) - LISTED} more" if len(texts) > LISTED else ""
    return ", ".join(texts[:LISTED]) + more


def percent(share: float) -> str:
    return "not defined" if pd.isna(share) else f"{100 * share:.0f} %"


def names_in(galleries: Path, gallery: str) -> list[str]:
    """The names of the images in a gallery, by rank."""
    parts = [path.name.split("_", 2) for path in galleries.glob(f"{gallery}_*.png")]
    return [name for _, _, name in sorted(parts, key=lambda part: int(part[1]))]


def picture(run: Run, gallery: str, caption: str) -> str:
    """The first picture of a gallery, within the text; the worst image only on request."""
    others = [] if gallery == "worst" else names_in(run.galleries, "worst")[:1]
    names = [name for name in names_in(run.galleries, gallery) if name not in others]
    if not names:
        return ""
    path = next(run.galleries.glob(f"{gallery}_*_{names[0]}"))
    return f"\n{caption}, truth and prediction:\n\n{embedded(path)}"


if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        summarise(
            counts=Path(snakemake.input.counts),
            balance=Path(snakemake.input.balance[0]),
            leaderboard=Path(snakemake.input.leaderboard),
            runs=snakemake.params.rows,
            limits=snakemake.params.limits,
            root=Path(snakemake.output[0]).parent,
            output=Path(snakemake.output[0]),
        )
