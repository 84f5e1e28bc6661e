"""The library's quick start in the README runs as it is written, but for fewer epochs."""

import re

import numpy as np

SIDE = 128


def samples(count):
    """Photographs of one or two bright squares, padded to two objects."""
    rng = np.random.default_rng(count)
    for i in range(count):
        image = rng.integers(40, 80, (SIDE, SIDE, 3), dtype=np.uint8)
        masks, boxes = np.zeros((SIDE, SIDE, 2), bool), np.zeros((2, 4), int)
        for j in range(1 + i % 2):
            y, x = rng.integers(0, SIDE - 40, 2)
            masks[y : y + 40, x : x + 40, j] = True
            boxes[j] = y, x, y + 40, x + 40
            image[masks[:, :, j]] = 220
        yield {"images": image, "masks": masks, "boxes": boxes, "class_ids": np.array([1, i % 2])}


def test_quick_start(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    section = (root / "README.md").read_text().partition("## The model as a library")[2]
    program = re.search(r"```python\n(.*?)```", section, re.DOTALL)[1]
    assert "epochs=20" in program
    photos = list(samples(8))
    names = {
        "training": photos[:4],
        "validation": photos[4:],
        "image": photos[1]["images"],
        **{name: photos[1][name] for name in ("boxes", "class_ids", "masks")},
    }
    exec(program.replace("epochs=20", "epochs=2"), names)
    assert (tmp_path / "best.keras").exists()
    assert set(names["found"]) == {"rois", "class_ids", "scores", "masks"}
    assert names["found"]["masks"].shape[:2] == (SIDE, SIDE)
    assert 0 <= names["precision"] <= 1
