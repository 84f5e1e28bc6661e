"""What Snakemake itself takes for many images: the plan of a new project, and a run of nothing.

    uv run python benchmarks/graph.py 1000 10000 100000

Makes a project of so many empty image files and a configuration like the demo's; marks all results
as made, without making them; and measures `snakemake --dry-run` before and `snakemake` after.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[1]
PARTS = "Snakefile", "workflow", "profiles", "envs"
IMAGES_PER_SHARD = 1000


class Cost(NamedTuple):
    seconds: float
    cpu: float
    gigabytes: float
    output: str


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=int, nargs="+", help="numbers of images")
    counts = parser.parse_args().images
    print("| images | jobs | dry run, s | CPU, s | GB | nothing to do, s | CPU, s | GB |")
    print("|---" * 8 + "|", flush=True)
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), count)
            plan = measure(Path(folder), "--dry-run", "--quiet", "rules")
            make_results(Path(folder))
            measure(Path(folder), "--touch", "--quiet", "all")
            idle = measure(Path(folder))
        if "Nothing to be done" not in idle.output:
            sys.exit(f"There was something to do:\n{idle.output[-3000:]}")
        jobs = next(line.split()[1] for line in plan.output.splitlines() if line[:5] == "total")
        print(f"| {count:,} | {jobs} | {shown(plan)} | {shown(idle)} |", flush=True)


def make(folder: Path, count: int):
    for name in PARTS:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)
    raw = folder / "raw"
    (raw / "images").mkdir(parents=True)
    for number in range(count):
        (raw / "images" / f"{number:07}.png").touch()
    (raw / "instances.json").write_text(
        json.dumps({"images": [], "annotations": [], "categories": []})
    )
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    config["sources"] = [
        {"format": "coco", "annotations": "raw/instances.json", "images": "raw/images"}
    ]
    config["shards"] = max(4, count // IMAGES_PER_SHARD)
    (folder / "config").mkdir()
    (folder / "config" / "config.yaml").write_text(yaml.safe_dump(config))


def make_results(folder: Path):
    """All that the rules make, empty."""
    lines = measure(folder, "--summary").output.splitlines()
    for name in (line.split("\t")[0] for line in lines):
        if name.startswith("results/"):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch() if path.suffix else path.mkdir(exist_ok=True)


def measure(folder: Path, *arguments: str) -> Cost:
    """Wall and processor time, and peak memory, of one call of snakemake."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
    log = folder / "said"
    with log.open("w") as file:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, stdout=file, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    passed = time.monotonic() - began
    if status:
        sys.exit(log.read_text()[-3000:])
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(passed, cpu, usage.ru_maxrss * 1024 / 1e9, log.read_text())


def shown(cost: Cost) -> str:
    return f"{cost.seconds:.1f} | {cost.cpu:.1f} | {cost.gigabytes:.2f}"


if __name__ == "__main__":
    main()
