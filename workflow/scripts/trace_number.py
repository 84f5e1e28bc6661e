"""Shows where a number of a table comes from, down to the raw files, and whether all is unchanged.

    python workflow/scripts/trace_number.py TABLE [COLUMN] [KEY=VALUE ...]

For example `results/demo/leaderboard.tsv AP model=demo iou_type=segm`. Without a column or keys:
for all numbers of the table. The exit code is 1 if a file is not the one that was recorded.
"""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import environment
import provenance
import sidecars
from coco import checksums
from coco.errors import InputError

KEYS = ("model", "fold", "run", "split")
FURTHER_KEYS = ("iou_type", "class", "image", "label")
ROWS = 100  # that are shown
SHOWN = 12  # characters of a digest
LISTED = 3  # raw files of a kind that are shown, and those that changed


class Trace:
    """Prints the chain, and counts the files that are not as they were recorded."""

    def __init__(self):
        self.changed = 0

    def line(self, name: str, text: str):
        print(f"  {name:<12} {text}")

    def missing(self, name: str, path: str):
        self.changed += 1
        self.line(name, f"{path}  MISSING")

    def file(self, name: str, path: str, recorded: str):
        """A file, and whether it is the one that was recorded."""
        if not Path(path).is_file():
            self.missing(name, path)
            return
        same = provenance.digest(path) == recorded
        self.changed += not same
        state = "unchanged" if same else "CHANGED"
        self.line(name, f"{path}  sha256 {recorded[:SHOWN]}, {state}")


def trace(table: Path, column: str | None, keys: dict[str, str]) -> int:
    """Print the chain of a table's number; returns how many files changed."""
    rows = select(table, column, keys)
    sidecar = sidecar_of(table)
    record = read(sidecar)
    recorded = {Path(path).resolve(): value for path, value in record["tables"].items()}
    if table.resolve() not in recorded:
        raise InputError(f"{table}: not in {sidecar}, which has {listed(record['tables'])}")
    shown = Trace()
    for row in rows[:ROWS]:
        name = ", ".join(f"{key} {row[key]}" for key in (*KEYS, *FURTHER_KEYS) if key in row)
        print(f"{column} = {row[column]}: {name}" if column else name or table.name)
    if len(rows) > ROWS:
        print(f"and {len(rows) - ROWS:,} more rows")
    shown.file("table", table.as_posix(), recorded[table.resolve()])
    evaluations = list(evaluations_of(record, rows))
    for one in evaluations:
        follow(one, shown)
    if not evaluations:
        follow(record, shown)
    return shown.changed


def sidecar_of(table: Path) -> Path:
    """The provenance.json beside a table, or in the nearest folder above."""
    for folder in table.parents:
        if (folder / sidecars.NAME).is_file():
            return folder / sidecars.NAME
    raise InputError(
        f"{table}: no {sidecars.NAME} beside or above it; expected a table of a finished run"
    )


def select(table: Path, column: str | None, keys: dict[str, str]) -> list[dict]:
    """The rows of a table that have these values."""
    try:
        with table.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, delimiter="," if table.suffix == ".csv" else "\t")
            names, rows = reader.fieldnames or [], list(reader)
    except OSError as error:
        raise InputError(f"{table}: {error.strerror}; expected a table of results") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{table}: not a table ({error}); expected a table of results") from error
    for name in (*keys, *([column] if column else [])):
        if name not in names:
            raise InputError(f"{table}: no column {name}, expected one of {', '.join(names)}")
    found = [row for row in rows if all(row[key] == value for key, value in keys.items())]
    if keys and not found:
        raise InputError(f"{table}: no row has {listed(f'{k}={v}' for k, v in keys.items())}")
    return found


def evaluations_of(record: dict, rows: list[dict]) -> Iterator[dict]:
    """The records of the evaluations that rows are made of."""
    for path in record.get("evaluations", {}):
        one = read(Path(path))
        if any(
            all(row[key] == one["what"][key] for key in KEYS if key in row)
            for row in rows
            if "model" in row
        ):
            yield one


def follow(record: dict, shown: Trace):
    """Print what is behind a provenance.json."""
    print("from " + ", ".join(f"{key} {value}" for key, value in record["what"].items()))
    for path, recorded in record["tables"].items() if "training" in record else ():
        if Path(path).name == "metrics.tsv":
            shown.file("metrics", path, recorded)
    for name, file in record["files"].items():
        shown.file(name, file["path"], file["sha256"])
    if "training" in record:
        training = record["training"]
        shown.line(
            "training",
            f"seed {record['seed']}, epoch {training['best_epoch']} of {training['epochs']}, "
            f"validation AP {training['val_AP']:.3f}, on {training['device']}, "
            + packages(training["versions"]),
        )
    shown.line("settings", f"sha256 {record['config']['sha256'][:SHOWN]}, in provenance.json")
    code, now = record["code"], environment.code()
    commit = f"commit {code['commit'][:SHOWN]}{' and changes' if code['changed'] else ''}, "
    same = "as it is now" if code["sha256"] == now["sha256"] else "other than now"
    shown.line("code", f"{commit if code['commit'] else ''}sha256 {code['sha256'][:SHOWN]}, {same}")
    raw_files(record, shown)


def packages(versions: dict) -> str:
    named = [name for name in ("keras", "tensorflow", "jax", "torch") if name in versions]
    return ", ".join(f"{name} {versions[name]}" for name in named)


def raw_files(record: dict, shown: Trace):
    """The new images; the files of annotations behind a data set, and the images of the split or
    the data set."""
    if "folder" in record["what"]:
        rows = select(Path(record["files"]["images"]["path"]), None, {})
        folder = Path(record["what"]["folder"])
        kept("new images", {str(folder / row["image"]): row["sha256"] for row in rows}, shown)
    dataset = Path(record["files"]["dataset"]["path"])
    recorded = dataset.with_name("annotations.sha256")
    if recorded.is_file():
        kept("annotations", checksums.read(recorded), shown)
    else:
        shown.missing("annotations", recorded.as_posix())
    split = Path(record["files"].get("split", record["files"]["dataset"])["path"])
    if split.is_file():
        images = json.loads(split.read_text(encoding="utf-8"))["images"]
        kept("images", {image["file_name"]: image["sha256"] for image in images}, shown)


def kept(name: str, recorded: dict[str, str], shown: Trace):
    """Raw files: the first ones, those that changed, and whether the others are as they were."""
    before = shown.changed
    for number, (path, sha256) in enumerate(recorded.items()):
        if number < LISTED or not unchanged(path, sha256):
            shown.file(name.removesuffix("s"), path, sha256)
    if shown.changed == before and len(recorded) > LISTED:
        shown.line(name, f"all {len(recorded)} are as they were")


def unchanged(path: str, sha256: str) -> bool:
    return Path(path).is_file() and provenance.digest(path) == sha256


def read(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable ({error}); run snakemake to make it") from error


def listed(values) -> str:
    return ", ".join(values) or "nothing"


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 2
    table, *rest = arguments
    columns = [word for word in rest if "=" not in word]
    keys = dict(word.split("=", 1) for word in rest if "=" in word)
    try:
        if len(columns) > 1:
            raise InputError(f"{' '.join(columns)}: expected one column, or KEY=VALUE")
        return bool(trace(Path(table), columns[0] if columns else None, keys))
    except InputError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
