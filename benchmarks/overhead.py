"""What a job costs beside its work: started by Snakemake on this machine, or through Slurm.

    uv run python benchmarks/overhead.py [--shards 20] [--profile profiles/slurm ...]

Makes a project of small images in which each shard's own work takes a moment, and times the making
of all shards: one after the other, or as many at once as the profile and its cluster allow.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

import projects

SPLITS = "train", "val"
IMAGES_PER_SHARD = 5


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shards", type=int, default=20, help="of train, and of val")
    parser.add_argument("--profile", nargs="*", type=Path, default=[], help="left out: one core")
    given = parser.parse_args()
    how = [word for path in given.profile for word in ("--profile", str(path.resolve()))]
    cores = None if how else 1
    split = [f"results/tiny/splits/holdout/{name}.json" for name in SPLITS]
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as parent:  # which a cluster's nodes see too
        folder = Path(parent) / "project"
        make(folder, given.shards)
        run(folder, *split)
        start = run(folder, *how, *split, cores=cores)  # nothing to be done
        total = run(folder, *how, *shards(given.shards), cores=cores)
        own = work(folder)
    count = len(SPLITS) * given.shards
    print(f"{count} jobs in {total:.0f} s, of which Snakemake's own start {start:.1f} s")
    print(f"{(total - start) / count:.2f} s per job; a script with its imports {own:.2f} s")


def make(folder: Path, count: int):
    projects.make(folder)
    config = projects.configuration(folder)
    config["sources"][0]["images"] = IMAGES_PER_SHARD * count
    config["shards"] = count
    projects.configure(folder, config)


def shards(count: int) -> list[str]:
    """The index of each shard."""
    names = [f"{number}-of-{count}.json" for number in range(1, count + 1)]
    return [
        f"results/tiny/shards/tiny/holdout/{split}/{name}" for split in SPLITS for name in names
    ]


def run(folder: Path, *arguments: str, cores: int | None = 2) -> float:
    """Seconds of one call of snakemake."""
    began = time.monotonic()
    code, said = projects.run(folder, *arguments, cores=cores)
    if code:
        sys.exit(said[-3000:])
    return time.monotonic() - began


def work(folder: Path) -> float:
    """Mean seconds of the shards' own processes, as the workflow's benchmarks have them."""
    tables = (folder / "results" / "benchmarks" / "make_shard").rglob("*.tsv")
    return pd.concat(pd.read_csv(table, sep="\t") for table in tables)["s"].mean()


if __name__ == "__main__":
    main()
