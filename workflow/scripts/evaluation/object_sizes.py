"""The figure of the objects' sizes, as the models' inputs show them, beside their anchors."""

from typing import NamedTuple

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from evaluation.figures import STYLE, hexadecimal
from evaluation.palette import BLUE, GREEN, INK, ORANGE, PURPLE, SKY_BLUE, VERMILION

BINS = 40
ANCHORS = (BLUE, ORANGE, GREEN, PURPLE)


class Panel(NamedTuple):
    """An input.

    Attributes:
        name: as in the configuration.
        size: side of the input in px.
        sides: of each object in px of the input: the root of its box's area.
        lost: side below which an object is not trained on.
        anchors: for each model that has this input, the sides of its anchors.
    """

    name: str
    size: int
    sides: np.ndarray
    lost: float
    anchors: dict[str, list[float]]


def object_sizes(panels: list[Panel]) -> Figure:
    """One histogram per input; anchors that lie where no object is see nothing."""
    with rc_context(STYLE):
        figure = Figure(figsize=(11.8, 0.6 + 2.6 * len(panels)), layout="constrained")
        for ax, panel in zip(figure.subplots(len(panels), squeeze=False).flat, panels, strict=True):
            _histogram(ax, panel)
    return figure


def _histogram(ax: Axes, panel: Panel):
    anchors = [side for sides in panel.anchors.values() for side in sides]
    reach = [panel.lost, panel.size, *anchors, *panel.sides.tolist()]
    low, high = max(min(reach), 0.1) / 1.3, max(reach) * 1.3
    ax.hist(panel.sides, np.geomspace(low, high, BINS + 1), color=hexadecimal(SKY_BLUE))
    ax.set(
        title=f"{panel.name}: {len(panel.sides):,} objects in {panel.size} px",
        xlabel="side of an object, the root of its box's area (px of the input)",
        ylabel="objects",
        xscale="log",
        xlim=(low, high),
    )
    ax.xaxis.set_major_locator(LogLocator(base=2))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_ylim(0, 1.2 * ax.get_ylim()[1])  # room for the anchors
    red, ink = hexadecimal(VERMILION), hexadecimal(INK)
    ax.axvspan(low, panel.lost, color=red, alpha=0.2, lw=0, label="not trained on")
    ax.axvline(panel.size, color=ink, ls="--", lw=1, label="size of the input")
    for row, (name, sides) in enumerate(panel.anchors.items()):
        colour = hexadecimal(ANCHORS[row % len(ANCHORS)])
        height = [0.95 - 0.07 * row] * len(sides)
        place = ax.get_xaxis_transform()
        ax.plot(sides, height, "v", color=colour, transform=place, label=f"anchors of {name}")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
