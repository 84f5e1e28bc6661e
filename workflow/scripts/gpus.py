"""GPUs: whether there are any, and one for each job that no other shares."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

LOCKS = Path(tempfile.gettempdir(), f"reserved-gpus-{os.getuid()}")


@cache
def here() -> tuple[str, ...]:
    """The GPUs of this machine, or those of them that CUDA_VISIBLE_DEVICES names."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        visible = said_by("nvidia-smi", "--query-gpu=index", "--format=csv,noheader")
    return tuple(visible.replace(",", " ").split())


def driver_lists_any() -> bool:
    """Whether NVIDIA's driver is installed, and finds a GPU."""
    return bool(said_by("nvidia-smi", "--list-gpus").strip())


@cache
def partition() -> str:
    """The Slurm partition that has GPUs, one named after them first; empty if there is none."""
    lines = said_by("sinfo", "--noheader", "--format=%R %a %G").splitlines()
    found = [
        name
        for name, state, resources in map(str.split, lines)
        if state == "up" and "gpu" in resources
    ]
    return min(found, key=lambda name: "gpu" not in name.lower(), default="")


def wanted() -> dict:
    """What a training or prediction asks Snakemake for: a GPU if there is one, here or in Slurm."""
    in_slurm = {"slurm_partition": partition()} if partition() else {}
    return {"gpu": 1, **in_slurm} if here() or in_slurm else {}


def said_by(*command: str) -> str:
    """A program's output; nothing if it is not installed or fails."""
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def reserve(say, seconds: float = 5.0):
    """Take a free GPU of this machine for this process alone; wait while there is none.

    Returns the lock, to be kept: it ends with the process, however that ends. Slurm's jobs have
    their GPU from Slurm.
    """
    if "SLURM_JOB_ID" in os.environ or not here():
        return None
    LOCKS.mkdir(exist_ok=True)
    waiting = False
    while True:
        for name in here():
            lock = (LOCKS / name.replace("/", "-")).open("w")
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.environ["CUDA_VISIBLE_DEVICES"] = name
                return lock
            lock.close()
        if not waiting:
            say("Every GPU has its job; waiting. To share: --set-resources train:gpu=0")
        waiting = True
        time.sleep(seconds)
