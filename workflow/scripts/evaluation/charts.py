"""The report's figures of mistakes: confusion, costs of errors, counts, calibration."""

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from evaluation.calibration import expected_error
from evaluation.confusion import BACKGROUND
from evaluation.figures import BELOW, DISTINCT, ROWS, STYLE, hexadecimal, shortened, style
from evaluation.palette import BLUE, COLOURS, FAINT, GREY, INK, VERMILION
from evaluation.thresholds import EVERY_CLASS
from evaluation.tide import KINDS

ENOUGH = 5  # detections that a class needs in a tenth of the scores to have a dot there


def confusion_matrix(matrix: np.ndarray, classes: list[str]) -> Figure:
    """True classes as rows, predicted ones as columns; shades are shares of the row.

    Of more than 20 classes, those that are confused most.
    """
    background = len(classes)
    shown = np.arange(background)
    title = "Objects; shades: share of the row"
    if background > ROWS:
        confused = matrix.copy()
        confused[:, background] = confused[background] = 0
        np.fill_diagonal(confused, 0)
        mistakes = (confused.sum(axis=0) + confused.sum(axis=1))[:background]
        shown = np.sort(np.argsort(-mistakes, kind="stable")[:ROWS])
        title = f"The {ROWS} classes that are confused most; shades: share of the row"
    shown = np.append(shown, background)
    names = [shortened(name) for name in np.array([*classes, BACKGROUND], object)[shown]]
    counts = matrix[np.ix_(shown, shown)]
    share = counts / np.maximum(matrix[shown].sum(axis=1, keepdims=True), 1)
    side = 2.6 + 0.42 * len(shown)
    with rc_context(style(classes)):
        figure = Figure(figsize=(min(side + 1.6, 11.8), min(side, 10.2)), layout="constrained")
        ax = figure.subplots()
        ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for row, column in zip(*np.nonzero(counts), strict=True):
            ax.text(
                column,
                row,
                f"{counts[row, column]:,}",
                ha="center",
                va="center",
                fontsize=8 if len(shown) <= 12 else 6,
                color="white" if share[row, column] > 0.55 else hexadecimal(INK),
            )
        ax.set_xticks(range(len(shown)), names, rotation=45, ha="right", rotation_mode="anchor")
        ax.set_yticks(range(len(shown)), names)
        ax.set(title=title, xlabel="predicted", ylabel="true")
        ax.grid(visible=False)
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)
    return figure


def error_costs(errors: pd.DataFrame) -> Figure:
    """What each kind of mistake costs, in all, by size and by class, from `tide.costs`."""
    with rc_context(style(errors["name"].astype(str))):
        figure = Figure(figsize=(11.8, 4.2), layout="constrained")
        in_all, by_size, by_class = figure.subplots(1, 3, width_ratios=(0.9, 1, 1.1))
        own = errors[errors["group"] == "all"]
        rows = np.arange(len(KINDS))
        in_all.barh(rows, np.nan_to_num(own["delta_AP50"]), 0.6, color=_colours())
        for row, gain, count in zip(rows, own["delta_AP50"], own["count"], strict=True):
            label = f"{np.nan_to_num(gain):.3f}  ({count:,})"
            in_all.annotate(label, (np.nan_to_num(gain), row), (4, 0), **_BESIDE)
        in_all.set_yticks(rows, KINDS)
        in_all.set(title="AP50 lost (mistakes)", xlabel="AP50 gained if mended", ylim=(5.6, -0.6))
        in_all.margins(x=0.45)
        in_all.set_xlim(0, in_all.get_xlim()[1])
        in_all.grid(visible=False, axis="y")
        _stacked(by_size, errors[errors["group"] == "size"], "Shares by size")
        _stacked(by_class, errors[errors["group"] == "class"], "Shares by class")
        handles = [Patch(color=colour) for colour in _colours()]
        by_size.legend(handles, KINDS, **BELOW)
    return figure


_BESIDE = {"textcoords": "offset points", "va": "center", "fontsize": 8}


def _colours() -> list[str]:
    return [hexadecimal(colour) for colour in COLOURS[: len(KINDS)]]


def _stacked(ax: Axes, errors: pd.DataFrame, title: str):
    """A bar per name, divided by the kinds of mistake; of many, the names that lose most."""
    table = errors.pivot_table("delta_AP50", "name", "error", sort=False, dropna=False)
    table = table.loc[table.sum(axis=1) > 0]
    if len(table) > ROWS:
        table = table.loc[table.sum(axis=1).nlargest(ROWS).index]
        title += f": {ROWS} that lose most"
    lost = table.sum(axis=1)
    share = table.div(lost, axis=0).reindex(columns=list(KINDS))
    start = np.zeros(len(share))
    for kind, colour in zip(KINDS, _colours(), strict=True):
        width = share[kind].fillna(0).to_numpy()
        ax.barh(np.arange(len(share)), width, 0.6, left=start, color=colour, label=kind)
        start += width
    for row, sum_ in enumerate(lost):
        ax.annotate(f"{sum_:.3f}", (1, row), (4, 0), annotation_clip=False, **_BESIDE)
    ax.set_yticks(range(len(share)), [shortened(name) for name in share.index])
    ax.set(
        title=title,
        xlabel="share of the AP50 lost; right: their sum",
        xlim=(0, 1),
        ylim=(max(len(share), 4) - 0.4, -0.6),
    )
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.grid(visible=False, axis="y")


def counted(true: np.ndarray, predicted: np.ndarray) -> Figure:
    """Predicted over true number of objects, a dot per image, and the spread of the errors."""
    error = predicted - true
    with rc_context(STYLE):
        figure = Figure(figsize=(11.8, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        most = max(1, int(true.max(initial=0)), int(predicted.max(initial=0))) * 1.05
        left.plot([0, most], [0, most], "--", color=hexadecimal(GREY), lw=1, label="equal")
        left.scatter(true, predicted, s=22, color=hexadecimal(BLUE), alpha=0.5, lw=0)
        left.set(
            title="Objects per image, one dot each",
            xlabel="true number",
            ylabel="predicted number",
            xlim=(-0.02 * most, most),
            ylim=(-0.02 * most, most),
            aspect="equal",
        )
        left.legend(**BELOW)
        span = max(1, int(abs(error).max(initial=0)))
        step = max(1, -(-2 * span // 40))
        edges = np.arange(-span - step / 2, span + step, step)
        right.hist(error, edges, color=hexadecimal(BLUE))
        mean = error.mean() if len(error) else 0
        right.axvline(mean, color=hexadecimal(VERMILION), label=f"mean {mean:+.2f}")
        right.set(title="Error of the count", xlabel="predicted minus true number", ylabel="images")
        for axis in (left.xaxis, left.yaxis, right.xaxis, right.yaxis):
            axis.set_major_locator(MaxNLocator(integer=True))
        right.legend()
    return figure


def calibration(table: pd.DataFrame) -> Figure:
    """The share of right detections over their score, and how many detections have which."""
    own = table[table["class"] == EVERY_CLASS]
    names = [name for name in dict.fromkeys(table["class"]) if name != EVERY_CLASS]
    few = 1 < len(names) <= DISTINCT
    with rc_context(style(names)):
        figure = Figure(figsize=(11.8, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.plot([0, 1], [0, 1], "--", color=hexadecimal(GREY), lw=1, label="score = precision")
        for name, colour in zip(names if few else (), COLOURS, strict=False):
            bins = table[(table["class"] == name) & (table["detections"] >= ENOUGH)]
            left.plot(
                bins["mean_score"],
                bins["precision"],
                "o-",
                color=hexadecimal(colour),
                ms=4,
                lw=1,
                label=shortened(name),
                clip_on=False,
                zorder=4,
            )
        label = "all" if few else "precision"
        ink = hexadecimal(INK)
        left.plot(own["mean_score"], own["precision"], color=ink, lw=1.2, label=label)
        area = 12 + 400 * own["detections"].astype(float) / max(own["detections"].sum(), 1)
        left.scatter(own["mean_score"], own["precision"], area, color=ink, zorder=3, clip_on=False)
        left.set(
            title=f"Calibration: mean distance {expected_error(table, EVERY_CLASS):.3f}",
            xlabel="score",
            ylabel="share that is right",
            xlim=(0, 1.01),
            ylim=(0, 1.03),
            aspect="equal",
        )
        left.legend(handles=left.get_lines(), loc="center left", bbox_to_anchor=(1.05, 0.5))
        centres, width = (own["score_from"] + own["score_to"]) / 2, 0.08
        right.bar(centres, own["detections"], width, color=hexadecimal(FAINT), label="wrong")
        correct = own["detections"] * own["precision"]
        right.bar(centres, correct, width, color=hexadecimal(BLUE), label="right")
        right.set(title="Detections", xlabel="score", ylabel="detections", xlim=(0, 1))
        right.yaxis.set_major_locator(MaxNLocator(integer=True))
        right.legend()
    return figure
