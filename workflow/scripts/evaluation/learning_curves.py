"""The figure of a training: losses, validation, learning rate, and the epoch that was kept."""

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from evaluation.figures import BELOW, STYLE, hexadecimal
from evaluation.palette import BLUE, COLOURS, FAINT, GREEN, INK, VERMILION

LOSSES = ("rpn_class_loss", "rpn_bbox_loss", "class_loss", "bbox_loss", "mask_loss")


def learning_curves(
    history: pd.DataFrame, best_epoch: int, planned: int, evaluate_every: int = 1
) -> Figure:
    """Losses, AP of the validation images, and the learning rate, over the epochs.

    Args:
        history: a row per epoch with epoch, loss, `LOSSES`, val_AP, val_AP50, learning_rate.
        best_epoch: the one whose weights were kept.
        planned: epochs that were asked for; fewer in the history mean that training stopped early.
        evaluate_every: epochs between validations; rows between them repeat the last values.
    """
    epochs = history["epoch"]
    alone = len(history) == 1
    mark = "o" if alone else ""  # a line of one point cannot be seen
    with rc_context(STYLE):
        figure = Figure(figsize=(11.8, 3.9), layout="constrained")
        losses, precision, rate = figure.subplots(1, 3, width_ratios=(1.15, 1.15, 0.8))
        stopped = f"stopped early: {len(history)} of {planned} epochs"
        for ax, label in ((losses, None), (precision, stopped)):
            ax.axvline(best_epoch, color=hexadecimal(VERMILION), ls=":", lw=1.4)
            if len(history) < planned:
                shade = {"color": hexadecimal(FAINT), "alpha": 0.4, "lw": 0}
                ax.axvspan(best_epoch, len(history), label=label, **shade)

        losses.plot(
            epochs, history["loss"], marker=mark, color=hexadecimal(INK), lw=2.4, label="sum"
        )
        for name, colour in zip(LOSSES, COLOURS, strict=False):
            label = name.removesuffix("_loss").replace("_", " ").replace("bbox", "box")
            losses.plot(epochs, history[name], marker=mark, color=hexadecimal(colour), label=label)
        losses.set(title="Losses, training images", ylabel="loss", yscale="log")
        losses.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        losses.yaxis.set_major_formatter("{x:g}")
        losses.yaxis.set_minor_formatter(NullFormatter())
        losses.legend(**BELOW)

        validated = epochs.isin((1, epochs.max())) | (epochs % evaluate_every == 0)
        for name, colour in (("val_AP50", GREEN), ("val_AP", BLUE)):
            measured = history[validated & history[name].notna()]
            label = name.removeprefix("val_")
            style = {"color": hexadecimal(colour), "marker": "o", "ms": 3, "label": label}
            precision.plot(measured["epoch"], measured[name], **style)
        best = history.loc[epochs == best_epoch, "val_AP"]
        if best.notna().any():
            ring = {"ms": 9, "mfc": "none", "mew": 2, "color": hexadecimal(VERMILION)}
            label = f"kept: epoch {best_epoch}, AP {best.iloc[0]:.3f}"
            precision.plot(best_epoch, best.iloc[0], "o", label=label, **ring)
        precision.set(title="Masks, validation images", ylabel="AP (0 to 1)", ylim=(0, 1.03))
        precision.legend(**BELOW | {"ncols": 2})

        rate.plot(epochs, history["learning_rate"], marker=mark, color=hexadecimal(INK))
        rate.set(title="Learning rate, end of epoch")
        rate.set_ylim(bottom=0)
        rate.yaxis.set_major_locator(MaxNLocator(5))
        rate.yaxis.set_major_formatter("{x:g}")
        for ax in (losses, precision, rate):
            ax.set_xlabel("epoch")
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
            if alone:
                ax.set_xlim(0, 2)
    return figure
