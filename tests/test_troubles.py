"""Full disks, folders that cannot be written, wrong clocks, two at once: clear words, no damage."""

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import projects
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive]
TARGET = "results/tiny/splits/holdout/train.json"  # import, validation and split: no training


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed") / "project"
    projects.make(folder, epochs=1)
    code, said = projects.run(folder, TARGET)
    assert code == 0, said
    return folder


@pytest.fixture
def fresh(tmp_path):
    folder = tmp_path / "project"
    projects.make(folder, epochs=1)
    (folder / "results").mkdir(exist_ok=True)
    return folder


@contextmanager
def mounted(folder: Path, options: str):
    """A small file system in memory at `folder`; skips where none can be mounted."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a file system")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def remount(folder: Path, options: str):
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def finishes_as_if_nothing_had_happened(folder, undisturbed):
    code, said = projects.run(folder, TARGET)
    assert code == 0, said
    assert projects.differences(undisturbed, folder) == []


def test_a_full_disk(fresh, undisturbed):
    with mounted(fresh / "results", "size=300k"):
        code, said = projects.run(fresh, TARGET)
        assert code != 0
        assert "No space left on device" in said and "Traceback" not in said
        remount(fresh / "results", "size=100m")
        finishes_as_if_nothing_had_happened(fresh, undisturbed)


def test_results_that_cannot_be_written(fresh, undisturbed):
    with mounted(fresh / "results", "size=100m"):
        remount(fresh / "results", "ro")
        code, said = projects.run(fresh, TARGET)
        assert code != 0
        assert "Read-only file system" in said and "Traceback" not in said
        remount(fresh / "results", "rw")
        finishes_as_if_nothing_had_happened(fresh, undisturbed)


def test_a_clock_that_was_ahead(fresh, undisturbed):
    shutil.copytree(undisturbed, fresh, dirs_exist_ok=True)
    ahead = time.time() + 30 * 86400
    for path in (fresh / "results").rglob("*"):
        os.utime(path, (ahead, ahead))
    code, said = projects.run(fresh, TARGET)
    assert code == 0 and "Nothing to be done" in said


def test_two_at_once(fresh, undisturbed):
    first = projects.start(fresh, TARGET)
    while not (fresh / ".snakemake/locks").is_dir() or not any(
        (fresh / ".snakemake/locks").iterdir()
    ):
        assert first.poll() is None
        time.sleep(0.05)
    code, said = projects.run(fresh, TARGET)
    assert code != 0
    assert "cannot be locked" in said and "Traceback" not in said
    first.communicate()
    assert first.returncode == 0
    finishes_as_if_nothing_had_happened(fresh, undisturbed)
