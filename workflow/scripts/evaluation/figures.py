"""The report's figures: their style, precision and recall, and the data set at a glance."""

import math
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from evaluation.fonts import FAMILY, families
from evaluation.metrics import ALL, IOU_50, IOU_75, RECALL_THRESHOLDS, Evaluation
from evaluation.palette import COLOURS, FAINT, GREY, INK

DISTINCT = len(COLOURS)  # classes that can have a colour of their own
SHADES = {"train": "#08519c", "val": "#6baed6", "test": "#c6dbef"}
ROWS = 20  # classes that have room in a figure


def hexadecimal(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


STYLE = {
    "font.family": FAMILY,
    "font.size": 9,
    "text.parse_math": False,  # names may hold $
    "text.color": hexadecimal(INK),
    "axes.edgecolor": hexadecimal(GREY),
    "axes.labelcolor": hexadecimal(INK),
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "xtick.color": hexadecimal(INK),
    "ytick.color": hexadecimal(INK),
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "figure.dpi": 100,
    "savefig.dpi": 100,
}


def style(names: Iterable[str]) -> dict:
    """STYLE, in fonts that have the characters of the names."""
    return STYLE | {"font.family": families(names)}


BELOW = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.14), "ncols": 3}  # a legend


def save(figure: Figure, path: Path):
    """Write a figure as SVG, the same bytes each time, and beside it as PNG."""
    with rc_context({"svg.hashsalt": path.stem}):
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
    figure.savefig(path)


def precision_recall(evaluation: Evaluation) -> Figure:
    """Precision over recall at IoU 0.50 and 0.75, and the average precision per class."""
    many = len(evaluation.classes) > DISTINCT
    shape = {"bbox": "Box", "segm": "Mask"}[evaluation.iou_type]
    with rc_context(style(evaluation.classes)):
        figure = Figure(figsize=(11.8, 4.2), layout="constrained")
        axes = figure.subplots(1, 3)
        for ax, threshold, label in ((axes[0], IOU_50, "0.50"), (axes[1], IOU_75, "0.75")):
            curves = evaluation.precision[threshold, :, :, ALL]
            ax.set(
                title=f"{shape} IoU at least {label}",
                xlabel="recall",
                ylabel="precision",
                xlim=(0, 1.01),
                ylim=(0, 1.03),
                aspect="equal",
            )
            for position, name in enumerate(evaluation.classes):
                colour = hexadecimal(FAINT if many else COLOURS[position])
                _curve(ax, curves[:, position], colour, name, 0.8 if many else 1.8)
            if len(evaluation.classes) > 1:
                _curve(ax, _mean_over_classes(curves), hexadecimal(INK), "mean", 2.2, "--")
        if many:
            first, *_, mean = axes[0].get_lines()
            axes[0].legend([first, mean], ["a class each", mean.get_label()], loc="lower left")
        else:
            axes[0].legend(handles=axes[0].get_lines(), loc="lower left")  # names may begin with _
        _class_bars(axes[2], evaluation)
    return figure


def _curve(ax: Axes, precision: np.ndarray, colour: str, name: str, width: float, style="-"):
    """A curve up to the highest recall that was reached."""
    if np.isnan(precision).all():
        ax.plot([], [], style, color=colour, lw=width, label=f"{shortened(name)}: no objects")
        return
    reached = precision > 0
    ax.plot(
        RECALL_THRESHOLDS[reached],
        precision[reached],
        style,
        color=colour,
        lw=width,
        label=shortened(name),
        clip_on=False,
    )


def _mean_over_classes(curves: np.ndarray) -> np.ndarray:
    defined = curves[:, ~np.isnan(curves).all(axis=0)]
    return defined.mean(axis=1) if defined.size else np.full(len(curves), np.nan)


def _class_bars(ax: Axes, evaluation: Evaluation):
    """AP as a bar, AP50 and AP75 as marks; of many classes, the best and the worst."""
    precision = evaluation.precision[..., ALL].mean(axis=1)
    average = precision.mean(axis=0)
    shown, title = np.arange(len(average)), "AP of each class"
    if len(shown) > ROWS:
        ranked = np.argsort(-average, kind="stable")
        ranked = ranked[~np.isnan(average[ranked])]
        shown = ranked if len(ranked) <= ROWS else np.r_[ranked[: ROWS // 2], ranked[-ROWS // 2 :]]
        title = f"AP: {ROWS // 2} best and {ROWS // 2} worst classes"
    many = len(average) > DISTINCT
    rows = np.arange(len(shown))
    ink = hexadecimal(INK)
    colours = [hexadecimal(GREY if many else COLOURS[number]) for number in shown]
    ax.barh(rows, np.nan_to_num(average[shown]), height=0.55, color=colours)
    ax.barh(0, 0, color=hexadecimal(GREY), label="AP")
    ax.plot(precision[IOU_75, shown], rows, "d", color=ink, ms=4.5, label="AP75")
    ax.plot(precision[IOU_50, shown], rows, "|", color=ink, ms=10, mew=2, label="AP50")
    handles, labels = ax.get_legend_handles_labels()
    names = [
        shortened(evaluation.classes[number])
        + (": no objects" if np.isnan(average[number]) else "")
        for number in shown
    ]
    ax.set_yticks(rows, names)
    ax.set(title=title, xlabel="average precision")
    ax.set(xlim=(0, 1.03), ylim=(max(len(rows), 4) - 0.4, -0.6))
    ax.grid(visible=False, axis="y")
    ax.legend(handles[-1:] + handles[:-1], labels[-1:] + labels[:-1], **BELOW)


def dataset_sheet(
    samples: list[tuple[str, np.ndarray]], classes: list[str], balance: pd.DataFrame
) -> Figure:
    """Sample pictures above, and below the instances and images per class and split.

    Args:
        samples: up to eight pairs of a caption and a picture, uint8 RGB.
        classes: names, in the order of their ids.
        balance: columns class, split, instances and images.
    """
    columns = 4
    rows = max(1, math.ceil(len(samples) / columns))
    bars = 1.3 + 0.3 * min(len(classes), 30)
    with rc_context(style([*classes, *(caption for caption, _ in samples)])):
        figure = Figure(figsize=(11.8, 3.1 * rows + bars), layout="constrained")
        pictures, tables = figure.subfigures(2, 1, height_ratios=(3.1 * rows, bars))
        grid = pictures.subplots(rows, columns, squeeze=False)
        for ax in grid.flat:
            ax.set_axis_off()
        for ax, (caption, picture) in zip(grid.flat, samples, strict=False):
            ax.imshow(_squared(picture), interpolation="antialiased")
            ax.set_title(shortened(caption), fontsize=8, fontweight="normal")
        left, right = tables.subplots(1, 2, sharey=True)
        _split_bars(left, balance, classes, "instances")
        _split_bars(right, balance, classes, "images")
        _class_swatches(left, len(classes))
        left.set_title("Instances")
        right.set_title("Images that show the class")
        right.legend(loc="lower right", bbox_to_anchor=(1.0, 0.98), ncols=3, borderaxespad=0)
    return figure


def _squared(picture: np.ndarray) -> np.ndarray:
    """The picture in the middle of a white square, so that the rows of a sheet line up."""
    height, width = picture.shape[:2]
    side = max(height, width)
    square = np.full((side, side, 3), 255, np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = picture
    return square


def _split_bars(ax: Axes, balance: pd.DataFrame, classes: list[str], column: str):
    """One stacked bar per class: how its count is shared between the splits."""
    rows = np.arange(len(classes))
    start = np.zeros(len(classes))
    for split, shade in SHADES.items():
        counts = (
            balance[balance["split"] == split]
            .set_index("class")[column]
            .reindex(classes, fill_value=0)
            .to_numpy()
        )
        ax.barh(rows, counts, left=start, height=0.6, color=shade, label=split)
        start += counts
    for row, total in zip(rows, start, strict=True):
        ax.annotate(
            f"{total:,.0f}",
            (total, row),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    ax.set_yticks(rows, map(shortened, classes), fontsize=9 if len(rows) <= 30 else 5)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.margins(x=0.12)
    ax.grid(visible=False, axis="y")
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))


def _class_swatches(ax: Axes, count: int):
    """Each class's colour, between its name and its bar."""
    ax.tick_params(axis="y", pad=18)
    for row in range(count):
        ax.plot(
            -0.02,
            row,
            "s",
            color=hexadecimal(COLOURS[row % DISTINCT]),
            ms=8,
            clip_on=False,
            transform=ax.get_yaxis_transform(),
        )


def shortened(name: str) -> str:
    """A name of 24 letters at most, or of 12 as wide as Chinese ones."""
    widths = np.cumsum([1 + (unicodedata.east_asian_width(letter) in "FW") for letter in name])
    return name if widths.max(initial=0) <= 24 else f"{name[: np.sum(widths <= 23)]}…"
