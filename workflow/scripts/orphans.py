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

SECONDS = 1.0  # from one look to the next


def claim(log: Path):
    """Make `log` anew, with a first line that names this job and no other.

    A job that finds another's name there has been replaced.
    """
    log.unlink(missing_ok=True)  # an older job goes on writing into the old file
    log.write_text(f"{name_of_job()}\n")


def name_of_job() -> str:
    started = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(psutil.Process().create_time()))
    return f"# {socket.gethostname()}, process {os.getpid()}, started {started}"


def watch(log: Path):
    """From now on end this process as soon as its Snakemake is gone or its log is another's."""
    above = [process for process in psutil.Process().parents() if is_snakemake(process)]
    threading.Thread(target=_watch, args=(log, name_of_job(), above), daemon=True).start()


def is_snakemake(process: psutil.Process) -> bool:
    """Whether a process is Snakemake, and not a shell or a tool that started it and may end."""
    try:
        command = process.cmdline()
    except psutil.Error:
        return False
    python = bool(command) and Path(command[0]).name.startswith("python")
    return python and "snakemake" in [Path(word).name for word in command[1:3]]


def _watch(log, name, above):
    while all(process.is_running() for process in above) and not replaced(log, name):
        time.sleep(SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)  # no clearing up: the files may be another's by now


def replaced(log: Path, name: str) -> bool:
    """Whether another job has claimed the log."""
    try:
        with log.open() as file:
            return file.readline().rstrip() not in (name, "")
    except OSError:
        return False
