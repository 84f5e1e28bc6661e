"""Each job has a GPU of its own; Slurm's partitions are read as it prints them."""

import os
import re
import subprocess
import sys

import pytest
import yaml
from PIL import Image

import gpus

JOB = """
import os, pathlib, sys, gpus
gpus.LOCKS = pathlib.Path(sys.argv[1])
lock = gpus.reserve(sys.exit)
print(os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
input()
"""


@pytest.fixture(autouse=True)
def fresh(monkeypatch, tmp_path):
    monkeypatch.setattr(gpus, "LOCKS", tmp_path)
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    for question in (gpus.here, gpus.partition):
        question.cache_clear()
    yield
    for question in (gpus.here, gpus.partition):
        question.cache_clear()


def job(root, tmp_path):
    """A training that keeps its GPU until it is told to end; also the one it has."""
    process = subprocess.Popen(
        [sys.executable, "-c", JOB, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(root / "workflow/scripts"),
            "CUDA_VISIBLE_DEVICES": "0,1",
        },
    )
    return process, process.stdout.readline().strip()


def test_no_two_jobs_share_a_gpu_and_a_third_waits(root, tmp_path):
    (one, first), (two, second) = job(root, tmp_path), job(root, tmp_path)
    assert sorted([first, second]) == ["0", "1"]
    third, none = job(root, tmp_path)
    assert none == "" and "waiting" in third.communicate()[1]
    one.kill()
    one.wait()
    fourth, freed = job(root, tmp_path)
    assert freed == first, "a killed job leaves its GPU"
    for process in (two, fourth):
        process.kill()
        process.wait()


def test_jobs_of_slurm_keep_the_gpu_that_slurm_gave(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert gpus.reserve(print) is None


@pytest.mark.parametrize(
    ("printed", "wanted"),
    [
        ("cpu up (null)\n", {}),
        ("cpu up (null)\nlong up gpu:a100:4\n", {"gpu": 1, "slurm_partition": "long"}),
        (
            "all up gpu:1\ngpu up gpu:a100:4(S:0-1)\n",
            {"gpu": 1, "slurm_partition": "gpu"},
        ),
        ("gpu down gpu:1\ncpu up (null)\n", {}),
        ("", {}),
    ],
)
def test_a_partition_with_gpus_is_found(monkeypatch, printed, wanted):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(gpus, "said_by", lambda *c: printed if c[0] == "sinfo" else "")
    assert gpus.wanted() == wanted


def test_all_that_runs_the_network_asks_for_a_gpu_and_for_threads_of_a_cluster(root, tmp_path):
    """A dry run of new images; what runs the network starts the backend."""
    (tmp_path / "new").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "new" / "a.png")
    command = ["snakemake", "--dry-run", "--cores", "2", "--directory", tmp_path, "predict_folder"]
    command += ["--snakefile", root / "Snakefile", "--configfile", root / "tests" / "config.yaml"]
    said = subprocess.run(
        [sys.executable, "-m", *command, "--config", "new_images=new"],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "0"},
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stderr
    rules = re.findall(r"^(?:local)?rule (\w+):.*?^    resources: (.*?)$", said.stdout, re.M | re.S)
    with_gpu = {name for name, resources in rules if "gpu=1" in resources}
    scripts = (root / "workflow" / "scripts").glob("*.py")
    assert with_gpu == {path.stem for path in scripts if "backend.start(" in path.read_text()}
    profile = yaml.safe_load((root / "profiles" / "slurm" / "profile.yaml").read_text())
    assert with_gpu == set(profile["set-threads"])


def test_a_gpu_that_the_backend_cannot_use_is_told(root, tmp_path):
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H100 80GB HBM3'\n")
    driver.chmod(0o755)
    start = "import sys, backend; backend.start(1, gpu=int(sys.argv[1])); print(backend.device())"
    environment = {"PYTHONPATH": str(root / "workflow/scripts"), "CUDA_VISIBLE_DEVICES": "-1"}
    for gpu, told in ((0, False), (1, True)):
        done = subprocess.run(
            [sys.executable, "-c", start, str(gpu)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **environment, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        )
        assert ("uv sync --extra gpu" in done.stderr + done.stdout) == told
