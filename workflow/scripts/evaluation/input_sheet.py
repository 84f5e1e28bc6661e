"""A sheet of what a model is shown: images in rows, and their augmented copies beside them."""

import numpy as np
from PIL import Image, ImageDraw

from evaluation.fonts import write
from evaluation.painting import Mask, draw_masks
from evaluation.palette import GREY, WHITE

SIDE, MARGIN, LINE = 228, 8, 18  # px
COLUMNS = 5


def input_sheet(rows: list[tuple[str, list[tuple[np.ndarray, list[Mask]]]]]) -> Image.Image:
    """A page 1188 px wide.

    Args:
        rows: of each image, its caption and its inputs, the first without augmentation: uint8 RGB
            (size, size, 3) and the masks of the objects. The first `COLUMNS` of them are drawn.
    """
    height = SIDE + LINE + MARGIN
    width = COLUMNS * (SIDE + MARGIN) + MARGIN
    page = Image.new("RGB", (width, MARGIN + max(1, len(rows)) * height), WHITE)
    draw = ImageDraw.Draw(page)
    if not rows:
        write(draw, (MARGIN, MARGIN), "No input shows an object.", 13)
    for number, (caption, inputs) in enumerate(rows):
        y = MARGIN + number * height
        write(draw, (MARGIN, y), caption, 12)
        for column, (pixels, masks) in enumerate(inputs[:COLUMNS]):
            x = MARGIN + column * (SIDE + MARGIN)
            picture = draw_masks(pixels, masks, opacity=0.25, labels=False, side=SIDE)
            page.paste(picture, (x, y + LINE))
            draw.rectangle((x, y + LINE, x + SIDE - 1, y + LINE + SIDE - 1), None, GREY)
    return page
