"""Projects that tests run: a copy, the command of a user, and whether two results are the same."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil
import yaml

from coco import demo

ROOT = Path(__file__).resolve().parents[1]
PARTS = "Snakefile", "workflow", "profiles", "envs", "config"


def make(folder: Path, epochs: int = 2):
    """A project of its own in `folder`, with the configuration of the tests."""
    folder.mkdir(parents=True)
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy2(ROOT / name, folder / name)
    config = yaml.safe_load((ROOT / "tests" / "config.yaml").read_text())
    config["models"]["tiny"]["training"]["epochs"] = epochs
    configure(folder, config)


def make_with_own_images(folder: Path):
    """The same with a COCO data set of the user's beside the demo."""
    make(folder)
    demo.write(folder / "data", images=12, seed=1)
    config = configuration(folder)
    own = {"format": "coco", "annotations": "data/annotations.json", "images": "data/images"}
    config["sources"] = [{"format": "demo", "images": 10}, own]
    config["split"] = {"train": 0.5, "val": 0.2, "test": 0.3}
    config["models"]["tiny"]["training"] |= {"learning_rate": 0.001, "weight_decay": 0.002}
    configure(folder, config)


def finished(temporary: Path, number: int) -> Path:
    """A project with own images that has run once, for all tests of this call of pytest.

    The first worker that asks makes it, others wait: a run takes long. Tests change copies only.
    """
    session = temporary.parent if "PYTEST_XDIST_WORKER" in os.environ else temporary
    folder = session / f"finished{number}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            make_with_own_images(folder)
            code, said = run(folder)
            assert code == 0, said
    return folder


def configuration(folder: Path) -> dict:
    return yaml.safe_load((folder / "config" / "config.yaml").read_text())


def configure(folder: Path, config: dict):
    (folder / "config" / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


def edit(folder: Path, **changes):
    """Change values of the configuration, named by their path: models__tiny__input=...

    A function makes the new value of the old one.
    """
    config = configuration(folder)
    for key, value in changes.items():
        *parents, last = key.split("__")
        part = config
        for parent in parents:
            part = part[parent]
        part[last] = value(part.get(last)) if callable(value) else value
    configure(folder, config)


def touch_everything(folder):
    """Each file later than the one before, as a slow disk does it."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    now = time.time()
    for second, path in enumerate(files, -len(files)):
        if not path.is_relative_to(folder / ".snakemake"):
            os.utime(path, (now + second, now + second))


def start(folder: Path, *arguments: str, cores: int | None = 2, **options) -> subprocess.Popen:
    """Snakemake in a process group of its own, as a shell starts it; its output is a pipe."""
    given = ["--cores", str(cores)] if cores else []
    # What a shell puts in the background ignores Ctrl-C, and so would Snakemake.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", *given, *arguments],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
        **options,
    )


def run(folder: Path, *arguments: str, **options) -> tuple[int, str]:
    """Exit code, and all that the user sees."""
    process = start(folder, *arguments, **options)
    output, _ = process.communicate()
    return process.returncode, output


def processes(folder: Path) -> list[psutil.Process]:
    """Those that work in the project, Snakemake and its jobs."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def left_over(folder: Path, seconds: float) -> list[str]:
    """What still works in the project when so many seconds have passed."""
    end = time.monotonic() + seconds
    while (left := processes(folder)) and time.monotonic() < end:
        time.sleep(0.2)
    return [" ".join(process.cmdline()) for process in left]


def differences(one: Path, other: Path) -> list[str]:
    """The files under `results/` that are missing in one project, or say something else.

    Logs, times, event files and pictures, which carry dates, are left out.
    """
    return sorted(
        str(name)
        for name in compared(one) | compared(other)
        if content(one / "results" / name) != content(other / "results" / name)
    )


def compared(project: Path) -> set[Path]:
    results = project / "results"
    return {
        path.relative_to(results)
        for suffix in ("tsv", "json", "tfrecord", "h5")
        for path in results.rglob(f"*.{suffix}")
        if not {"logs", "benchmarks", "checkpoints"} & set(path.relative_to(results).parts)
    }


def content(path: Path) -> str | bytes | None:
    if not path.exists():
        return None
    if path.name == "history.tsv":
        return pd.read_csv(path, sep="\t").drop(columns="seconds").to_csv()
    return path.read_bytes()
