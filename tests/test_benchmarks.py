"""The programs whose figures stand in benchmarks/README.md can still be run."""

import re
import subprocess
import sys

import projects
import pytest

BENCHMARKS = projects.ROOT / "benchmarks"
PROGRAMS = [*BENCHMARKS.glob("*.py"), *(main.parent for main in BENCHMARKS.glob("*/__main__.py"))]


def run(program, *arguments: str) -> str:
    command = [sys.executable, str(program), *arguments]
    done = subprocess.run(command, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("program", sorted(PROGRAMS), ids=lambda program: program.stem)
def test_it_starts_and_is_described(program):
    assert "--help" in run(program, "--help")
    assert f"`{program.name}`" in (BENCHMARKS / "README.md").read_text()


def test_a_large_image_goes_through_all_stages(tmp_path):
    table = run(BENCHMARKS / "large_images.py", "memory", "--side", "2000", "--folder", tmp_path)
    objects = re.search(r"1 image, (\d+) objects", table)[1]
    assert f"{objects} found of {objects}, AP50 1.0000 in whole-image coordinates" in table
