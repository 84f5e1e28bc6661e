import math

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from evaluation.learning_curves import LOSSES, learning_curves


def history(epochs, val_ap):
    frame = pd.DataFrame({"epoch": np.arange(1, epochs + 1), "learning_rate": 0.001})
    for name in ("loss", *LOSSES):
        frame[name] = 1.0 / frame["epoch"]
    return frame.assign(val_AP=val_ap, val_AP50=val_ap)


def legend(figure):
    axes = figure.axes[1]
    return dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))


def test_the_epoch_that_was_kept_is_marked():
    labels = legend(learning_curves(history(4, [0.1, 0.4, 0.2, 0.3]), best_epoch=2, planned=4))
    kept = labels["kept: epoch 2, AP 0.400"]
    assert (kept.get_xdata()[0], kept.get_ydata()[0]) == (2, 0.4)
    assert not any("stopped" in label for label in labels)


def test_early_stopping_shades_the_epochs_in_vain():
    labels = legend(learning_curves(history(4, [0.1, 0.4, 0.2, 0.3]), best_epoch=2, planned=50))
    shade = labels["stopped early: 4 of 50 epochs"]
    assert (shade.get_x(), shade.get_width()) == (2, 2)


def test_only_measured_epochs_have_a_dot():
    values = [0.1, 0.2, 0.2, 0.4, 0.4, 0.4, 0.5]
    figure = learning_curves(history(7, values), best_epoch=7, planned=7, evaluate_every=2)
    assert legend(figure)["AP"].get_xdata().tolist() == [1, 2, 4, 6, 7]


@pytest.mark.parametrize(("epochs", "val_ap"), [(1, [0.0]), (3, [math.nan] * 3)])
def test_little_to_show(tmp_path, epochs, val_ap):
    learning_curves(history(epochs, val_ap), 1, epochs).savefig(tmp_path / "figure.png")
    with Image.open(tmp_path / "figure.png") as image:
        assert image.width <= 1200


def test_a_single_epoch_can_be_seen():
    figure = learning_curves(history(1, [0.1]), best_epoch=1, planned=1)
    losses, _, rate = figure.axes
    for line in (*losses.get_lines()[1:], *rate.get_lines()):
        assert line.get_marker() == "o"
    assert all(tick == int(tick) for tick in rate.get_xticks())
