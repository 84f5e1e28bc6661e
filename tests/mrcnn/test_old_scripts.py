"""Scripts of the shape of Matterport's samples run to their end, as they are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

SCRIPTS = Path(__file__).parent / "old_scripts"
LIBRARIES = Path(__file__).parents[2] / "workflow" / "scripts"

pytestmark = pytest.mark.slow


def run(script, *arguments):
    done = subprocess.run(
        [sys.executable, SCRIPTS / script, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(LIBRARIES)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_shapes(tmp_path):
    text = run("shapes.py", tmp_path, "none")
    assert "mAP:" in text
    (folder,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    checkpoints = sorted(path.name for path in folder.glob("*.h5"))
    assert checkpoints == ["mask_rcnn_shapes_0001.h5", "mask_rcnn_shapes_0002.h5"]
    assert f"Loading weights from  {folder / checkpoints[1]}" in text


@pytest.mark.exhaustive
def test_balloon(tmp_path):
    rng = np.random.default_rng(0)
    for subset in ("train", "val"):
        folder = tmp_path / "balloon" / subset
        folder.mkdir(parents=True)
        annotations = {}
        for i in range(3):
            image = rng.integers(0, 255, (90, 120, 3), dtype=np.uint8)
            x, y = rng.integers(30, 60, 2)
            ring = np.linspace(0, 2 * np.pi, 12, endpoint=False)
            shape = {
                "name": "polygon",
                "all_points_x": (x + 20 * np.cos(ring)).astype(int).tolist(),
                "all_points_y": (y + 20 * np.sin(ring)).astype(int).tolist(),
            }
            region = {"shape_attributes": shape, "region_attributes": {}}
            cv2.imwrite(str(folder / f"{i}.png"), image)
            # VIA 1 has a dict of regions, VIA 2 a list.
            regions = [region] if i else {"0": region}
            annotations[f"{i}.png1"] = {"filename": f"{i}.png", "size": 1, "regions": regions}
        (folder / "via_region_data.json").write_text(json.dumps(annotations))
    logs = tmp_path / "logs"
    common = [f"--logs={logs}"]
    text = run(
        "balloon.py", "train", f"--dataset={tmp_path / 'balloon'}", "--weights=none", *common
    )
    assert "Training network heads" in text
    photo = tmp_path / "balloon" / "val" / "0.png"
    run("balloon.py", "splash", "--weights=last", f"--image={photo}", *common)
    splash = cv2.imread(str(logs / "splash.png"))
    assert splash.shape == (90, 120, 3)


@pytest.mark.exhaustive
def test_nucleus(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("a", "b", "c"):
        for kind in ("images", "masks"):
            (tmp_path / "data" / name / kind).mkdir(parents=True)
        image = rng.integers(0, 60, (100, 80, 3), dtype=np.uint8)
        for i in range(6):
            mask = np.zeros((100, 80), np.uint8)
            cv2.circle(mask, tuple(map(int, rng.integers(10, 70, 2))), 6, 255, -1)
            image[mask > 0] += 120
            cv2.imwrite(str(tmp_path / "data" / name / "masks" / f"{i}.png"), mask)
        cv2.imwrite(str(tmp_path / "data" / name / "images" / f"{name}.png"), image)
    logs = tmp_path / "logs"
    logs.mkdir()
    run("nucleus.py", tmp_path / "data", logs)
    lines = (logs / "submit.csv").read_text().splitlines()
    assert lines[0] == "ImageId,EncodedPixels"
    assert all(line.startswith("a,") for line in lines[1:]) and len(lines) > 1
