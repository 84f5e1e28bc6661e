"""Times `mrcnn` beside the peers that are installed, and prints the tables of the README.

    uv run --with torch --with torchvision python benchmarks/speed

Contenders take turns, one works at a time. How equal the terms are: benchmarks/README.md.
"""

import argparse
import os
import statistics
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow" / "scripts"))

import pictures
from work import Work
from worker import Worker

LIMIT = 220  # GFLOP/s of a 3x3 convolution on two cores of a Xeon at 2.8 GHz
IMAGES = {"train": 2, "detect": 1}  # at a time


class Contender(NamedTuple):
    """Who competes: `place` is "module:class", `packages` have to be installed."""

    title: str
    place: str
    packages: tuple[str, ...]
    tasks: tuple[str, ...] = ("train", "detect")


OURS, PEER = ("keras", os.environ.get("KERAS_BACKEND", "tensorflow")), ("torchvision", "torch")
CONTENDERS = {
    "ours": Contender("ours", "ours:Ours", OURS),
    "ours_recomputing": Contender(
        "ours, three stages computed twice",
        "ours:Recomputing",
        OURS,
        tasks=("train",),  # detection is the same
    ),
    "torchvision": Contender("torchvision", "torchvision_peer:Torchvision", PEER),
    "torchvision_channels_last": Contender(
        "torchvision, channels last", "torchvision_peer:ChannelsLast", PEER
    ),
    "torchvision_as_found": Contender(
        "torchvision, as many mask ROIs as it finds",
        "torchvision_peer:AsFound",
        PEER,
        tasks=("train",),  # detection is the same
    ),
    "convolution": Contender("convolutions alone", "convolution:Convolution", OURS),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=10)
    parser.add_argument("--size", type=int, default=512, help="side of the images in pixels")
    parser.add_argument("--batch", type=int, help="images at a time; in place of 2 and 1")
    parser.add_argument("--steps", type=int, default=1, help="timed together, to fill a GPU")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--limit", type=float, default=LIMIT, help="GFLOP/s of the machine")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=[*CONTENDERS])
    parser.add_argument(
        "--tasks", nargs="+", choices=("train", "detect"), default=["train", "detect"]
    )
    parser.add_argument("--images", type=Path, help="stage1_train of the 2018 Data Science Bowl")
    arguments = parser.parse_args()

    chosen = installed(arguments.only)
    for task in arguments.tasks:
        work = Work(
            task,
            size=arguments.size,
            threads=arguments.threads,
            precision=arguments.precision,
            images=arguments.batch or IMAGES[task],
            steps=arguments.steps,
        )
        contenders = {name: one for name, one in chosen.items() if task in one.tasks}
        samples = pictures.samples(arguments.images, work.images, work.objects, work.size)
        seconds, reports = measure(contenders, work, samples, arguments.repetitions)
        print(f"\n{title(work, arguments.repetitions)}\n")
        print(table(seconds, reports, contenders, work, arguments.limit), flush=True)


def installed(names) -> dict[str, Contender]:
    """Those of the contenders whose packages are there; says which version, and which are not."""
    chosen, versions = {}, {}
    for name in names:
        contender = CONTENDERS[name]
        try:
            versions |= {package: version(package) for package in contender.packages}
        except PackageNotFoundError as missing:
            print(f"{name} is left out: {missing.name} is not installed.")
        else:
            chosen[name] = contender
    if not chosen:
        raise SystemExit("Nothing is left to measure.")
    print(", ".join(" ".join(each) for each in versions.items()))
    return chosen


def measure(contenders, work, samples, repetitions) -> tuple[dict, dict]:
    """Seconds of each repetition, and the final report, of each contender."""
    workers = {}
    for name, contender in contenders.items():
        print(f"{name} warms up", file=sys.stderr)
        workers[name] = Worker(contender.place, work, samples)
    seconds = {name: [] for name in workers}
    for repetition in range(repetitions):
        print(f"{work.task} {repetition + 1} of {repetitions}", file=sys.stderr)
        for name, worker in workers.items():
            seconds[name].append(worker.step() / work.steps)
    return seconds, {name: worker.finish() for name, worker in workers.items()}


def title(work, repetitions) -> str:
    images = f"{work.images} image{'s' * (work.images > 1)} of {work.size} x {work.size}"
    what = {
        "train": f"One training step, {images}, {work.objects} objects on each",
        "detect": f"Detection in {images}, masks in their pixels",
    }[work.task]
    how = f"{work.precision}, {work.threads} threads, {repetitions} repetitions of {work.steps}"
    return f"{what}, {how}:"


def table(seconds, reports, contenders, work, limit) -> str:
    """Markdown, a row per contender."""
    rows = [
        ["", "median s", "best s", "images/s", "ours / this", "peak GiB", "of it imports"]
        + ["GFLOP", "GFLOP/s", f"of {limit:.0f}", "computed"],
        ["---"] * 11,
    ]
    for name, times in seconds.items():
        median, report = statistics.median(times), reports[name]
        compared = "ours" in seconds and name.startswith("torchvision")
        ratio = statistics.median(seconds["ours"]) / median if compared else None
        speed = report["operations"] / median / 1e9
        rows.append(
            [contenders[name].title, f"{median:.3f}", f"{min(times):.3f}"]
            + ["" if name == "convolution" else f"{work.images / median:.2f}"]
            + [f"{ratio:.2f}" if ratio else ""]
            + [f"{report[memory] / 2**30:.2f}" for memory in ("peak", "imported")]
            + [f"{report['operations'] / 1e9:.0f}", f"{speed:.0f}", f"{speed / limit:.0%}"]
            + [report["note"]]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    main()
