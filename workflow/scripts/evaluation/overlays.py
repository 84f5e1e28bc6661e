"""Truth and prediction of an image side by side, or the prediction alone.

Left, the outlines of the true objects; right, the predicted masks. What has no counterpart on
the other side, such as a missed object, is outlined in dashes and says what is wrong.
"""

import numpy as np
from PIL import Image, ImageDraw

from evaluation.fonts import font, write
from evaluation.painting import PANEL, WIDE, Mask, draw_masks, outline_width
from evaluation.palette import INK, WHITE, class_colours

MARGIN = 12
LINE = 22  # height of a line of text, px
NARROW = 300  # width that a panel's caption needs, px
BUSY = 12  # with more objects than this, labels leave out the class, which the colour tells
CROWDED = 40  # with more objects than this, labels would hide the image


def side_by_side(
    image: np.ndarray,
    objects: list[dict],
    predictions: list[dict],
    categories: list[dict],
    title: str = "",
) -> Image.Image:
    """Draw one image twice: with its true objects, and with its predictions.

    Args:
        image: uint8 RGB [height, width, 3].
        objects: annotations of this image, RLE masks at its size; crowds are not drawn.
        predictions: COCO results of this image, those to be drawn. Of both, a `mistake` says
            in a few words what is wrong, if anything is.
        categories: the data set's, in order; they decide the colours.
        title: printed above, such as the file's name.

    Returns:
        An RGB picture at most 1188 px wide.
    """
    classes = _classes(categories)
    objects = [item for item in objects if not item.get("iscrowd", 0)]
    truth_masks = _masks(objects, classes)
    predicted_masks = _masks(predictions, classes)
    truth_caption = f"Truth: {_count(objects, 'object')}, {_wrong(truth_masks)} not found"
    predicted_caption = (
        f"Prediction: {_count(predictions, 'object')}, {_wrong(predicted_masks)} wrong"
    )
    width = outline_width(image, [*truth_masks, *predicted_masks])
    panels = [
        (caption, draw_masks(image, masks, opacity, len(masks) <= CROWDED, width=width))
        for caption, masks, opacity in (
            (truth_caption, truth_masks, 0),
            (predicted_caption, predicted_masks, 0.45),
        )
    ]
    legend = [*_legend([*objects, *predictions], classes), ("not found, or wrong", None)]
    return _page(in_one_line(title), panels, legend)


def alone(
    image: np.ndarray, predictions: list[dict], categories: list[dict], title: str
) -> Image.Image:
    """Draw an image with its predictions, as on the right of `side_by_side`.

    Its longer side is that of the image, from PANEL to WIDE px.
    """
    classes = _classes(categories)
    masks = _masks(predictions, classes)
    side = min(max(*image.shape[:2], PANEL), WIDE)
    panel = draw_masks(image, masks, labels=len(masks) <= CROWDED, side=side)
    panels = [(_count(predictions, "object"), panel)]
    return _page(in_one_line(title), panels, _legend(predictions, classes))


def in_one_line(text: str) -> str:
    """Names may have line breaks, whose length cannot be measured."""
    return " ".join(text.split())


def _classes(categories: list[dict]) -> dict[int, tuple[str, tuple]]:
    """Name and colour of each id."""
    colours = class_colours(categories)
    return {one["id"]: (in_one_line(one["name"]), colours[one["id"]]) for one in categories}


def _legend(items: list[dict], classes: dict) -> list[tuple[str, tuple]]:
    """The classes that items have, in order."""
    present = {item["category_id"] for item in items}
    return [classes[key] for key in classes if key in present]


def _masks(items: list[dict], classes: dict) -> list[Mask]:
    """The masks of objects, or of predictions, which have a score; mistakes are dashed."""
    masks = []
    for item in items:
        mistake = item.get("mistake", "")
        name, colour = classes[item["category_id"]]
        name = name if len(items) <= BUSY else ""
        if "score" in item:
            label = f"{name} {item['score']:.2f}" + (f": {mistake}" if mistake else "")
        else:
            label = f"{name}: {mistake}" if mistake and name else mistake
        masks.append(Mask(item["segmentation"], colour, label.lstrip(), bool(mistake)))
    return masks


def _page(title: str, panels: list[tuple[str, Image.Image]], classes: list[tuple]) -> Image.Image:
    """Title, the panels with their captions, and a legend of (name, colour), on white."""
    panel_width, panel_height = panels[0][1].size
    column = max(panel_width, NARROW)
    width = len(panels) * (column + MARGIN) + MARGIN
    legend = _legend_rows(classes, width)
    top = MARGIN + LINE * bool(title)
    below = top + LINE + panel_height + 8
    page = Image.new("RGB", (width, below + LINE * len(legend) + MARGIN), WHITE)
    draw = ImageDraw.Draw(page)
    title = _shortened(title, width - 2 * MARGIN)
    write(draw, (MARGIN, MARGIN - 3), title, 14, bold=True)
    for number, (caption, panel) in enumerate(panels):
        left = MARGIN + number * (column + MARGIN)
        write(draw, (left, top), caption, 13)
        page.paste(panel, (left, top + LINE))
    for number, row in enumerate(legend):
        for x, name, colour in row:
            _legend_entry(draw, x, below + number * LINE, name, colour)
    return page


def _legend_rows(classes: list[tuple], width: int) -> list[list[tuple]]:
    """(x, name, colour) of each entry, broken into rows of at most `width` px."""
    rows, x = [[]], MARGIN
    for name, colour in classes:
        needed = 44 + round(font(13, name).getlength(name))
        if rows[-1] and x + needed > width:
            rows.append([])
            x = MARGIN
        rows[-1].append((x, name, colour))
        x += needed
    return rows


def _legend_entry(draw: ImageDraw.ImageDraw, x: int, y: int, name: str, colour: tuple | None):
    """A class's colour, or dashes for None, and what it stands for."""
    if colour:
        draw.rounded_rectangle((x, y + 3, x + 18, y + 15), 3, fill=colour)
    else:
        draw.line((x, y + 9, x + 18, y + 9), INK, 4)
        for start in (x + 2, x + 12):
            draw.line((start, y + 9, start + 4, y + 9), WHITE, 2)
    write(draw, (x + 24, y), name, 13)


def _shortened(text: str, width: int) -> str:
    """The text, its beginning left out where it is wider than `width` px."""
    whole, own = text, font(14, text, bold=True)
    while text and own.getlength(text if text == whole else f"…{text}") > width:
        text = text[1:]
    return text if text == whole else f"…{text}"


def _wrong(masks: list[Mask]) -> int:
    return sum(mask.dashed for mask in masks)


def _count(things: list, name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"
