"""What jobs ask a cluster for grows with the data, and covers what was measured."""

import pytest

import estimates

MODEL = {"training": {"epochs": 10, "batch_size": 2}}


def test_what_was_measured_fits():
    # README.md, "Figures": ResNet-50 at 512 px, two images a batch, 3.1 GiB, 5.5 s a step
    asked = estimates.training(MODEL, {"size": 512}, 1000 * estimates.RECORD / 1e6, 2, 0)
    assert asked["mem_mb"] > 3.1 * 1024 * 1.07
    assert asked["runtime"] > 10 * 1000 / 2 * 5.5 / 60


@pytest.mark.parametrize(
    "estimate",
    [
        lambda size: estimates.tables(size),
        lambda size: estimates.shard({"size": 512}, size, 4),
        lambda size: estimates.training(MODEL, {"size": 512}, size / 100, 8, 1),
        lambda size: estimates.prediction({"size": 512}, size, 1, 8, 1),
    ],
)
def test_more_data_asks_for_more_and_never_for_nothing(estimate):
    small, large = estimate(0.01), estimate(100)
    assert small["mem_mb"] >= 1000 and small["runtime"] >= 20
    assert large["mem_mb"] >= small["mem_mb"]
    assert large["runtime"] > small["runtime"]


def test_a_gpu_shortens_a_training():
    examples = 20_000 * estimates.RECORD / 1e6
    on_cores = estimates.training(MODEL, {"size": 512}, examples, 8, 0)
    assert estimates.training(MODEL, {"size": 512}, examples, 8, 1)["runtime"] < on_cores["runtime"]


def test_no_job_asks_for_more_than_a_day():
    assert estimates.training(MODEL, {"size": 1024}, 1e4, 8, 0)["runtime"] == 24 * 60


def test_files_that_are_not_there_yet_count_nothing(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(bytes(2_000_000))
    assert estimates.size_mb([str(path), str(tmp_path / "b.json")]) == 2
