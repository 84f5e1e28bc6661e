"""Kills at random moments of every stage."""

import json
import os
import random
import signal
import subprocess
import threading
import time
from itertools import cycle
from pathlib import Path

import projects
import psutil

GRACE = 30.0  # s within which an orphan must have noticed
PATIENCE = 120  # s until Snakemake is killed that does not end, as a service manager would


def kill_everything(process, folder):
    """Power off, or the end of a login session."""
    os.killpg(process.pid, signal.SIGKILL)


def kill_snakemake(process, folder):
    """Snakemake alone: its jobs are orphans."""
    process.kill()


def terminate(process, folder):
    process.terminate()


def interrupt(process, folder):
    """Ctrl-C reaches the whole process group."""
    os.killpg(process.pid, signal.SIGINT)


def kill_jobs(process, folder):
    """As the kernel does when memory runs out."""
    for job in projects.processes(folder):
        if job.pid != process.pid and ".snakemake/scripts/" in " ".join(job.cmdline()):
            job.kill()


WAYS = [kill_everything, kill_snakemake, terminate, interrupt, kill_jobs]


def durations(folder: Path) -> dict[str, float]:
    """For each rule, in the order in which they ran, the seconds of its longest job."""
    records = folder.glob(".snakemake/metadata/**/*")
    jobs = [json.loads(path.read_text()) for path in records if path.is_file()]
    seconds = {}
    for job in sorted(jobs, key=lambda job: job["starttime"]):
        passed = job["endtime"] - job["starttime"]
        seconds[job["rule"]] = max(passed, seconds.get(job["rule"], 0.0))
    return seconds


def disturb(folder: Path, seconds: dict[str, float], kills: int, draws: random.Random):
    """Yields, for each kill, a line about it; a line that starts with FAIL is a fault."""
    ways, rules = cycle(WAYS), list(seconds)
    for number in range(kills):
        rule = rules[number * len(rules) // kills]
        way = next(ways)
        delay = draws.uniform(0, 1.1 * seconds[rule])
        if rule == "train" and draws.random() < 0.5:
            delay = None  # while it writes its state
        fault = life(folder, rule, way, delay)
        moment = "between epochs" if delay is None else f"after {delay:.1f} s"
        yield f"{'FAIL ' if fault else ''}{number + 1}: {way.__name__}, {rule}, {moment} {fault}"


def life(folder: Path, rule: str, way, delay: float | None) -> str:
    """One run that is killed while it makes `rule`; returns what went wrong, else ''."""
    process, output = projects.start(folder, "--forcerun", rule), []
    reader = threading.Thread(target=lambda: output.extend(process.stdout))
    reader.start()
    reached = wait_for_job(process, rule)
    if reached:
        wait(process, folder, delay)
        if process.poll() is None:
            way(process, folder)
            end(process)
    process.wait()
    left = projects.left_over(folder, GRACE)
    reader.join()
    if process.returncode == -signal.SIGKILL:
        projects.run(folder, "--unlock")
    if not reached:
        return "was not reached:\n" + "".join(output[-30:])
    if left:
        return f"orphans: {left}"
    said = "".join(output)
    # Ctrl-C while a script still imports its libraries is answered by Python itself.
    expected = way is interrupt and "KeyboardInterrupt" in said
    return "" if "Traceback" not in said or expected else "traceback:\n" + said


def end(process):
    """Wait for Snakemake's end; kill it if that does not come.

    The handler of SIGTERM in Snakemake 9.27 takes a lock that the main thread may hold already.
    """
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        print("Snakemake hangs, and is killed", flush=True)
        process.kill()


def wait_for_job(process: subprocess.Popen, rule: str) -> bool:
    """Wait until a job of the rule runs; False if Snakemake ends before."""
    while process.poll() is None:
        try:
            jobs = psutil.Process(process.pid).children(recursive=True)
            if any(rule in " ".join(job.cmdline()) for job in jobs):
                return True
        except psutil.Error:
            pass
        time.sleep(0.1)
    return False


def wait(process: subprocess.Popen, folder: Path, delay: float | None):
    """Wait for so many seconds, or with None until the training has written its next state."""
    if delay is not None:
        return time.sleep(delay)
    state = folder / "results/tiny/models/tiny/holdout/seed0/checkpoints/state.json"
    before = modified(state)
    while process.poll() is None and modified(state) == before:
        time.sleep(0.01)


def modified(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0
