"""Thumbnails of one kind of issue on a sheet, each with what was found."""

import textwrap

from PIL import Image, ImageDraw

from evaluation.fonts import font, write
from evaluation.palette import FAINT, GREY, WHITE

COLUMNS, WIDTH, HEIGHT, MARGIN = 4, 282, 210, 12  # px
LINE, LINES, LETTERS, MORE = 16, 4, 44, " …"  # of a caption


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
    write(draw, (MARGIN, MARGIN - 3), title, 15, bold=True)
    write(draw, (MARGIN, MARGIN + 20), "\n".join(header), 12, spacing=3)
    for number, (caption, picture) in enumerate(thumbnails):
        x = MARGIN + number % COLUMNS * (WIDTH + MARGIN)
        y = top + number // COLUMNS * cell
        if picture is None:
            draw.rectangle((x, y, x + WIDTH - 1, y + HEIGHT - 1), FAINT)
            middle = x + WIDTH / 2, y + HEIGHT / 2
            write(draw, middle, "no picture", 13, GREY, anchor="mm")
        else:
            left, above = (WIDTH - picture.width) // 2, (HEIGHT - picture.height) // 2
            page.paste(picture, (x + left, y + above))
        write(draw, (x, y + HEIGHT + 3), in_lines(caption), 11, spacing=3)
    return page


def in_lines(caption: str) -> str:
    """Broken so that each line fits WIDTH: letters of some scripts are twice as wide."""
    lines = []
    for letters in range(LETTERS, len(MORE), -1):
        lines = textwrap.wrap(caption, letters, max_lines=LINES, placeholder=MORE)
        if all(font(11, line).getlength(line) <= WIDTH for line in lines):
            break
    return "\n".join(lines)
