"""The programs whose figures stand in benchmarks/README.md can still be run."""

import re
import subprocess
import sys

import projects
import pytest

BENCHMARKS = projects.ROOT / "benchmarks"
PROGRAMS = [*BENCHMARKS.glob("*.py"), *(main.parent for main in BENCHMARKS.glob("*/__main__.py"))]

SMALL_RUNS = {  # arguments, and the beginning of a row of figures
    "data_scale.py": ("200", r"\n\| 200 \| 2,000 \| \d"),
    "evaluation.py": ("--images 20 --objects 100 --detections 200", r"\nsegm\t0\.\d"),
    "graph.py": ("100", r"\n\| 100 \| \d+ \| \d"),
    "input_side.py": ("--images 8 --epochs 2 --objects 8", r"\n\| 8 \| \d+ \| \d"),
    "speed": ("--only ours --size 128 --repetitions 1", r"\n\| ours \| \d"),
}


def run(program, *arguments: str) -> str:
    command = [sys.executable, str(program), *arguments]
    done = subprocess.run(command, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("program", sorted(PROGRAMS), ids=lambda program: program.stem)
def test_it_starts_and_is_described(program):
    assert "--help" in run(program, "--help")
    assert f"`{program.name}`" in (BENCHMARKS / "README.md").read_text()


@pytest.mark.parametrize("program", SMALL_RUNS)
def test_a_small_run_gives_its_figures(program):
    arguments, said = SMALL_RUNS[program]
    assert re.search(said, run(BENCHMARKS / program, *arguments.split()))


def test_a_large_image_goes_through_all_stages(tmp_path):
    table = run(BENCHMARKS / "large_images.py", "memory", "--side", "2000", "--folder", tmp_path)
    objects = re.search(r"1 image, (\d+) objects", table)[1]
    assert f"{objects} found of {objects}, AP50 1.0000 in whole-image coordinates" in table
