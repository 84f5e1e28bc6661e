"""Kills runs at random moments of every stage, and looks whether the plain command mends all.

uv run python tests/survival [--kills 60] [--seed 0] [--folder /tmp/survival]

Exits with 1 if a run could not go on, an orphan went on working, or the final tables, weights or
predictions differ from those of an undisturbed run.
"""

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
sys.path.append(str(Path(__file__).resolve().parents[2] / "workflow" / "scripts"))

import kills
import projects


def main(count: int, seed: int, epochs: int, folder: Path, undisturbed: Path | None) -> int:
    disturbed = folder / "disturbed"
    shutil.rmtree(disturbed, ignore_errors=True)
    projects.make(disturbed, epochs)
    if undisturbed is None:
        undisturbed = folder / "undisturbed"
        shutil.rmtree(undisturbed, ignore_errors=True)
        projects.make(undisturbed, epochs)
        code, output = projects.run(undisturbed)
        if code:
            raise SystemExit(f"The undisturbed run failed:\n{output}")
    seconds = kills.durations(undisturbed)
    faults = 0
    for line in kills.disturb(disturbed, seconds, count, random.Random(seed)):
        print(line, flush=True)
        faults += line.startswith("FAIL")
    code, output = projects.run(disturbed)
    if code:
        print("FAIL the plain command did not finish:\n" + output)
    different = projects.differences(undisturbed, disturbed)
    print(f"{count} kills, {faults} faults, exit code {code}, files that differ: {different}")
    return 1 if faults or code or different else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=6, help="of the training")
    parser.add_argument("--undisturbed", type=Path, help="project of an earlier undisturbed run")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "survival")
    given = parser.parse_args()
    sys.exit(main(given.kills, given.seed, given.epochs, given.folder.resolve(), given.undisturbed))
