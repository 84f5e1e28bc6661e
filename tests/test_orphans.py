"""Jobs end when their Snakemake is gone, or when a newer job has taken their place."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

JOB = """
import sys, time
import console
with console.logged(sys.argv[1]):
    while True:
        time.sleep(0.1)
"""


@pytest.fixture
def boss():
    """A process that stands for Snakemake."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()


def start(root, log, pid):
    scripts = {"PYTHONPATH": str(root / "workflow/scripts"), "PID_OF_SNAKEMAKE": str(pid)}
    job = subprocess.Popen([sys.executable, "-c", JOB, str(log)], env={**os.environ, **scripts})
    return job


def wait_for(log, job):
    while not (log.exists() and f"process {job.pid}," in log.read_text()):
        assert job.poll() is None
        time.sleep(0.05)


def test_a_job_ends_with_its_snakemake(root, tmp_path, boss):
    job = start(root, tmp_path / "log", boss.pid)
    wait_for(tmp_path / "log", job)
    boss.kill()
    boss.wait()
    assert job.wait(timeout=30) == -signal.SIGKILL


def test_a_job_whose_snakemake_died_before_it_began_ends(root, tmp_path, boss):
    boss.kill()
    boss.wait()
    assert not psutil.pid_exists(boss.pid)
    job = start(root, tmp_path / "log", boss.pid)
    assert job.wait(timeout=60) == -signal.SIGKILL


def test_a_newer_job_replaces_an_older_one(root, tmp_path, boss):
    log = tmp_path / "log"
    older = start(root, log, boss.pid)
    wait_for(log, older)
    newer = start(root, log, boss.pid)
    try:
        assert older.wait(timeout=60) == -signal.SIGKILL
        assert newer.poll() is None
        assert f"process {newer.pid}," in log.read_text()
    finally:
        newer.kill()
        newer.wait()
