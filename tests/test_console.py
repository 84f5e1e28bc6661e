"""What jobs say in the terminal."""

import subprocess
import sys

JOB = """
import sys
import console
with console.logged(sys.argv[1]):
    console.say("gr\\udcfcn.png is not used")
"""


def test_a_name_that_is_no_utf_8_can_be_said(root, tmp_path):
    job = subprocess.run(
        [sys.executable, "-c", JOB, str(tmp_path / "log")],
        env={"PYTHONPATH": str(root / "workflow/scripts")},
        capture_output=True,
        text=True,
    )
    assert job.stderr == "gr\\udcfcn.png is not used\n"
    assert job.returncode == 0
