"""Ends a job that nobody waits for any more, before it writes among a newer run's files.

A killed Snakemake leaves its jobs running: on this machine as orphans, on a cluster in the queue.
"""

import os
import signal
import socket
import threading
import time
from pathlib import Path

import psutil

SNAKEMAKE = "PID_OF_SNAKEMAKE"  # the environment variable that jobs know it by
SECONDS = 1.0  # from one look to the next


def announce():
    """Tell the jobs of this process, which is Snakemake, whom they work for."""
    os.environ[SNAKEMAKE] = str(os.getpid())


def guard(log: Path):
    """From now on end this process as soon as its Snakemake is gone or its log is another job's.

    The log is made anew, with a first line that names this job and no other.
    """
    started = time.strftime("%Y-%m-%d %H:%M:%S")
    name = f"# {socket.gethostname()}, process {os.getpid()}, started {started}"
    log.unlink(missing_ok=True)  # an older job goes on writing into the old file
    log.write_text(f"{name}\n")
    threading.Thread(target=watch, args=(boss(), log, name), daemon=True).start()


def boss() -> psutil.Process | None:
    """Snakemake; None for a script that it did not start."""
    if SNAKEMAKE not in os.environ:
        return None
    try:
        return psutil.Process(int(os.environ[SNAKEMAKE]))
    except psutil.NoSuchProcess:  # gone while this script loaded its modules
        leave()


def watch(snakemake: psutil.Process | None, log: Path, name: str):
    while not replaced(log, name) and (snakemake is None or snakemake.is_running()):
        time.sleep(SECONDS)
    leave()


def replaced(log: Path, name: str) -> bool:
    """Whether another job has claimed the log."""
    try:
        with log.open(errors="replace") as file:
            return file.readline().rstrip("\n") not in (name, "")
    except OSError:
        return False


def leave():
    """Without clearing up: the files may be another's by now."""
    os.kill(os.getpid(), signal.SIGKILL)
