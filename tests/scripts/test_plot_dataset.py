import json
from pathlib import Path

import numpy as np
from PIL import Image
from squares import SIZE, small_truth

from plot_dataset import plot_dataset, size_panels, spread


def test_plot_dataset(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dataset = small_truth()
    for image in dataset["images"]:
        Image.fromarray(np.zeros((SIZE, SIZE, 3), np.uint8)).save(image["file_name"])
    Path("dataset.json").write_text(json.dumps(dataset))
    Path("balance.tsv").write_text(
        "class\tsplit\timages\tinstances\nleaf\ttrain\t3\t4\nring\ttest\t2\t2\n(all)\ttrain\t4\t6\n"
        "(mean)\ttrain\t\t\n"
    )
    model = {"input": "small", "mode": "resize", "size": 64, "scale": 1.0}
    models = {"first": model | {"anchor_scales": [8, 16, 32, 48, 64]}}
    plot_dataset(
        Path("dataset.json"), Path("balance.tsv"), models, Path("dataset.png"), Path("sizes.png")
    )
    for name in ("dataset.png", "sizes.png"):
        with Image.open(name) as picture:
            assert picture.width <= 1200


def test_sizes_are_those_in_the_input():
    """Images of 128 px in an input of 64: half of each side. The crowd does not count."""
    model = {"input": "small", "mode": "resize", "size": 64, "scale": 1.0, "anchor_scales": [8]}
    (panel,) = size_panels(small_truth(), {"a": model, "b": model})
    assert sorted(panel.sides) == [10, 10, 15, 20, 25]
    assert panel.anchors == {"a": [8], "b": [8]}


def test_spread():
    assert spread(list(range(9)), 3) == [0, 4, 8]
    assert spread([1, 2], 8) == [1, 2]
    assert spread([], 8) == []
