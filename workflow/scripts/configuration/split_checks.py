"""Whether the section `split` fits itself and the sources, and its files are there."""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import sources
from configuration.paths import missing, written
from configuration.wording import listed, show


def check_split(config: dict) -> Iterator[str]:
    split, lists = config["split"], config["split"]["lists"]
    parts = [
        (number, part)
        for number, source in enumerate(config["sources"])
        for part in sources.parts(source)
    ]
    of_sources = [part.get("split") for _, part in parts]
    if lists is not None:
        given = set(lists)
        for name, path in lists.items():
            yield from missing(f"split.lists.{name}", path, Path.is_file, "a file")
            yield from written(f"split.lists.{name}", path, config["dataset"])
        if any(of_sources):
            yield "split.lists: received together with the split of a source, expected one of them"
    elif any(of_sources):
        given = {*of_sources}
        for number, part in parts:
            if "split" not in part:
                which = f" (for {part['annotations']})" if "annotations" in part else ""
                yield (
                    f"sources[{number}].split: missing{which}, "
                    "expected it for each source or for none"
                )
        if "own" in given:  # which of them have images shows when they are read
            given |= {"train", "val", "test"}
        for name in ("train", "val"):
            if name not in given:
                yield f"sources: received none with split: {name}, expected at least one"
    elif split["folds"]:
        given = {"train", "val", "test"}
        if split["folds"] > 1 and split["val"] + 1 / split["folds"] >= 1:
            yield (
                f"split.val: received {split['val']}, expected less than "
                f"{1 - 1 / split['folds']:.3g}, which {split['folds']} folds leave"
            )
    else:
        fractions = {name: split[name] for name in ("train", "val", "test")}
        given = {name for name, fraction in fractions.items() if fraction > 0}
        if not math.isclose(sum(fractions.values()), 1, abs_tol=1e-6):
            parts = " + ".join(f"{name} {fraction}" for name, fraction in fractions.items())
            total = f"{sum(fractions.values()):.6g}"
            yield f"split: received {parts} = {total}, expected fractions that sum to 1"
    for name in config["evaluation"]["splits"]:
        if name not in given:
            filled = listed(sorted(given - {None, "own"}))
            yield f"evaluation.splits: received {name}, expected a split with images: {filled}"


def check_groups(config: dict) -> Iterator[str]:
    split = config["split"]
    group_by, keep = split["group_by"] or {}, split["keep"]
    if "pattern" in group_by:
        try:
            count = re.compile(group_by["pattern"]).groups
        except re.error as error:
            yield f"split.group_by.pattern: received {show(group_by['pattern'])}: {error}"
        else:
            if count != 1:
                yield (
                    f"split.group_by.pattern: received {show(group_by['pattern'])} with {count} "
                    "groups, expected one, in parentheses"
                )
    if "table" in group_by:
        path = group_by["table"]["file"]
        yield from missing("split.group_by.table.file", path, Path.is_file, "a file")
        yield from written("split.group_by.table.file", path, config["dataset"])
    own = split["lists"] or any("split" in source for source in config["sources"])
    for key in ("folds", "keep"):
        if split[key] and own:
            yield f"split.{key}: received together with a split of your own, expected one of them"
    if keep:
        folds = [f"fold{number}" for number in range(split["folds"] or 0)]
        if folds and "{fold}" not in keep:
            yield f"split.keep: received {show(keep)}, expected a file for each {{fold}}"
        for path in sorted({keep.replace("{fold}", fold) for fold in folds or ["holdout"]}):
            yield from missing("split.keep", path, Path.is_file, "a file")
            yield from written("split.keep", path, config["dataset"])


CHECKS = (check_split, check_groups)
