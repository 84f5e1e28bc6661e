"""Memory and time that jobs ask a cluster for, from the size of what they read.

Measured on two cores of a Xeon at 2.8 GHz and doubled. An estimate that was too low costs one more
attempt, which asks for more: rules multiply by the attempt.
"""

import math
from collections.abc import Iterable
from pathlib import Path

ANNOTATIONS = {".json", ".xml", ".txt", ".csv", ".yaml"}  # the suffixes of what is held in memory
DAY = 24 * 60  # min; a training that takes longer goes on in another job
RECORD = 130  # bytes of a shard's index per record
CORES_OF_A_GPU = 50  # so many does one replace


def size_mb(paths: Iterable[str]) -> float:
    """Of files together, in MB; of those that are not there yet, nothing."""
    return sum(path.stat().st_size for path in map(Path, paths) if path.is_file()) / 1e6


def annotations(paths: Iterable[str]) -> list[str]:
    """Those files that are not images."""
    return [path for path in paths if Path(path).suffix.lower() in ANNOTATIONS]


def tables(megabytes: float) -> dict[str, int]:
    """Of a job that holds annotation files of this size: JSON takes eightfold as Python objects."""
    return {"mem_mb": rounded(1000 + 12 * megabytes), "runtime": rounded(30 + megabytes, 10)}


def images(megabytes: float) -> int:
    """Minutes to read image files of this size, 10 MB a second."""
    return rounded(megabytes / 10 / 60 * 2, 10)


def shard(recipe: dict, megabytes: float, shards: int) -> dict[str, int]:
    """Of one of `shards` jobs that augment a split whose file has this size.

    An image's record takes 500 bytes and more there; an augmented example of 192 px 5 ms.
    """
    pixels = recipe["size"] ** 2
    copies = recipe.get("copies") or 7
    examples = megabytes * 1e6 / 500 * (1 + copies) / shards
    return {
        "mem_mb": rounded(1000 + 12 * megabytes + 50 * pixels / 1e6),
        "runtime": rounded(20 + 2 * examples * 5e-3 * max(1.0, pixels / 192**2) / 60, 10),
    }


def training(model: dict, recipe: dict, index_mb: float, cores: int, gpus: int) -> dict[str, int]:
    """Of a training on shards whose indexes have this size.

    ResNet-50 at 512 px takes 10 microseconds a pixel of a batch on two cores, 3.1 GiB for two.
    """
    settings = model["training"]
    pixels = recipe["size"] ** 2
    examples = index_mb * 1e6 / RECORD * settings["epochs"]
    seconds = examples * pixels * 20e-6 / (cores + CORES_OF_A_GPU * gpus)
    return {
        "mem_mb": rounded(3000 + 4e-3 * settings["batch_size"] * pixels),
        "runtime": min(DAY, rounded(30 + 2 * seconds / 60, 30)),
    }


def prediction(recipe: dict, split_mb: float, jobs: int, cores: int, gpus: int) -> dict[str, int]:
    """Of one of `jobs` that predict a split whose file has this size."""
    pixels = max(recipe["size"], 256) ** 2
    examples = split_mb * 1e6 / 500 / jobs
    seconds = examples * pixels * 12e-6 / (cores + CORES_OF_A_GPU * gpus)
    return {
        "mem_mb": rounded(3000 + 12 * split_mb + 8e-3 * pixels),
        "runtime": min(DAY, rounded(30 + 2 * seconds / 60, 30)),
    }


def rounded(value: float, step: int = 500) -> int:
    """Up to a multiple, so that a job of a few more images asks for the same."""
    return math.ceil(value / step) * step
