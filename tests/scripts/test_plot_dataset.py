import json
from pathlib import Path

import numpy as np
from PIL import Image
from squares import SIZE, small_truth

from plot_dataset import plot_dataset, spread


def test_plot_dataset(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dataset = small_truth()
    for image in dataset["images"]:
        Image.fromarray(np.zeros((SIZE, SIZE, 3), np.uint8)).save(image["file_name"])
    Path("dataset.json").write_text(json.dumps(dataset))
    Path("balance.tsv").write_text(
        "class\tsplit\timages\tinstances\nleaf\ttrain\t3\t4\nring\ttest\t2\t2\n(all)\ttrain\t4\t6\n"
    )
    plot_dataset(Path("dataset.json"), Path("balance.tsv"), Path("dataset.png"))
    with Image.open("dataset.png") as picture:
        assert picture.width <= 1200


def test_spread():
    assert spread(list(range(9)), 3) == [0, 4, 8]
    assert spread([1, 2], 8) == [1, 2]
    assert spread([], 8) == []
