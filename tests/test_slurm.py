"""The whole way through a Slurm queue, with jobs that are killed and run out of time.

Skipped where no Slurm answers: tests/slurm/run.sh starts one, runs these tests and stops it.
"""

import json
import os
import re
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import projects
import pytest

EPOCHS = 40  # so many that the training is still running when its time is up
PROFILES = [
    *("--profile", "profiles/slurm"),
    *("--profile", str(projects.ROOT / "tests" / "slurm")),
]
pytestmark = pytest.mark.slow


def slurm(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


FIELDS = {
    "id": "JobID",
    "state": "State",
    "partition": "Partition",
    "resources": "tres-per-job",
    "comment": "Comment",
}


def jobs() -> list[dict]:
    """Those in the queue, or that were: Slurm's id, state, partition, resources, and the rule."""
    wanted = ",".join(f"{name}:|" for name in FIELDS.values())
    lines = slurm("squeue", "--noheader", "--states=all", f"--Format={wanted}").splitlines()
    found = [dict(zip(FIELDS, line.split("|"), strict=False)) for line in lines]
    return [
        job | {"rule": re.match("rule_([a-z_]+?)_wildcards", job["comment"])[1]} for job in found
    ]


def wait_for(rule: str, process, also=lambda: True) -> dict:
    """The first job of a rule that runs, once `also()` is true."""
    while process.poll() is None:
        running = [job for job in jobs() if job["rule"] == rule and job["state"] == "RUNNING"]
        if running and also():
            return running[0]
        time.sleep(0.5)
    raise AssertionError(f"{rule} did not run:\n{process.stdout.read()[-5000:]}")


def make(folder):
    projects.make(folder, EPOCHS)
    projects.edit(folder, models__tiny__training__patience=EPOCHS)
    return folder


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The same project, run without the cluster while the other one waits for it."""
    try:
        slurm("sinfo")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no Slurm runs here: tests/slurm/run.sh")
    folder = make(tmp_path_factory.mktemp("local") / "project")
    process = projects.start(folder)
    with ThreadPoolExecutor() as reader:
        yield folder, process, reader.submit(process.communicate)


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory, local):
    """A run through Slurm: Snakemake killed, a job killed, a training out of time. All it said."""
    folder = make(tmp_path_factory.mktemp("slurm") / "project")

    first = projects.start(folder, *PROFILES, cores=None)
    wait_for("import_annotations", first)
    os.killpg(first.pid, signal.SIGKILL)
    assert projects.run(folder, "--unlock")[0] == 0

    second = projects.start(folder, *PROFILES, cores=None)
    slurm("scancel", wait_for("make_shard", second)["id"])
    state = folder / "results/tiny/models/tiny/holdout/seed0/checkpoints/state.json"
    training = wait_for("train", second, also=state.exists)
    epochs = len(json.loads(state.read_text())["history"])
    slurm("scontrol", "update", f"jobid={training['id']}", "EndTime=now")
    said, _ = second.communicate()
    assert second.returncode == 0, said
    return folder, said, training, epochs


def test_the_training_had_its_gpu_in_the_partition_of_gpus(disturbed):
    _, _, training, _ = disturbed
    assert training["partition"] == "gpu"
    assert training["resources"] == "gres:gpu:1"
    others = {job["partition"] for job in jobs() if job["rule"] not in ("train", "predict")}
    assert others == {"cpu"}


def test_small_rules_do_not_queue(disturbed):
    queued = {job["rule"] for job in jobs()}
    assert not queued & {"make_demo", "save_config", "gather_predictions", "compare_models"}


def test_a_training_out_of_time_went_on_in_another_job(disturbed):
    folder, said, _, epochs = disturbed
    assert "TIMEOUT" in said
    log = (folder / "results/logs/train/tiny/tiny/holdout/seed0.log").read_text()
    assert "\nepoch 1:" not in log and f"\nepoch {EPOCHS}:" in log
    assert epochs >= 1


def test_a_killed_job_ran_again(disturbed):
    assert "CANCELLED" in disturbed[1]


def test_tables_and_weights_are_those_of_a_local_run(disturbed, local):
    folder, process, output = local
    said, _ = output.result()
    assert process.returncode == 0, said
    assert projects.differences(folder, disturbed[0]) == []


def test_shards_made_as_an_array_are_those_of_single_jobs(disturbed, local):
    """As docs/cluster.md has it; last, for it makes the shards again."""
    folder = disturbed[0]
    array = ["--slurm-array-jobs", "make_shard", "--jobs", "10000"]
    again = ["--forcerun", "make_shard", "--until", "make_shard"]
    code, said = projects.run(folder, *PROFILES, *array, *again, cores=None)
    assert code == 0, said
    assert said.count("Submitted array job") == 1
    assert projects.differences(folder, local[0]) == []
