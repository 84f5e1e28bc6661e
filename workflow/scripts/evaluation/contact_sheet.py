"""Thumbnails of one kind of issue on a sheet, each with what was found."""

import textwrap

from PIL import Image, ImageDraw

from evaluation.painting import font
from evaluation.palette import FAINT, GREY, INK, WHITE

COLUMNS, WIDTH, HEIGHT, MARGIN = 4, 282, 210, 12  # px
LINE, LINES, LETTERS = 16, 4, 44  # of a caption


def contact_sheet(title: str, text: str, thumbnails: list[tuple]) -> Image.Image:
    """A page at most 1200 px wide.

    Args:
        title, text: above the thumbnails; the text is broken into lines.
        thumbnails: pairs of a caption, and an RGB picture that fits WIDTH and HEIGHT, or None.
    """
    header = textwrap.wrap(text, 170)
    top = MARGIN + 24 + LINE * len(header) + MARGIN
    cell = HEIGHT + LINE * LINES + MARGIN
    rows = -(-len(thumbnails) // COLUMNS)
    size = COLUMNS * (WIDTH + MARGIN) + MARGIN, top + rows * cell
    page = Image.new("RGB", size, WHITE)
    draw = ImageDraw.Draw(page)
    draw.text((MARGIN, MARGIN - 3), title, INK, font(15, bold=True))
    draw.multiline_text((MARGIN, MARGIN + 20), "\n".join(header), INK, font(12), spacing=3)
    for number, (caption, picture) in enumerate(thumbnails):
        x = MARGIN + number % COLUMNS * (WIDTH + MARGIN)
        y = top + number // COLUMNS * cell
        if picture is None:
            draw.rectangle((x, y, x + WIDTH - 1, y + HEIGHT - 1), FAINT)
            draw.text((x + WIDTH / 2, y + HEIGHT / 2), "no picture", GREY, font(13), anchor="mm")
        else:
            left, above = (WIDTH - picture.width) // 2, (HEIGHT - picture.height) // 2
            page.paste(picture, (x + left, y + above))
        lines = textwrap.wrap(caption, LETTERS, max_lines=LINES, placeholder=" …")
        draw.multiline_text((x, y + HEIGHT + 3), "\n".join(lines), INK, font(11), spacing=3)
    return page
