"""Parts of a text in reStructuredText: names, tables, and pictures within it."""

import base64
import csv
import io
import re
import textwrap
from pathlib import Path

from PIL import Image

WIDTH = 960  # px of a picture


def emphasised(name: str) -> str:
    """A name in italics, whatever its letters mean in reStructuredText."""
    plain = re.sub(r"([^\w\s])", r"\\\1", name.strip())
    return f"*{plain}*"


def csv_table(lines: list[list]) -> str:
    """A table of lines, the first of which is the header."""
    if not lines:
        return ""
    body = io.StringIO()
    csv.writer(body, lineterminator="\n").writerows(lines)
    return f".. csv-table::\n   :header-rows: 1\n\n{textwrap.indent(body.getvalue(), '   ')}\n"


def embedded(path: Path) -> str:
    """A picture within the text, in lines that docutils does not find too long."""
    with Image.open(path) as image:
        image.thumbnail((WIDTH, WIDTH))
        data = io.BytesIO()
        image.convert("RGB").save(data, "JPEG", quality=85)
    lines = textwrap.indent(base64.encodebytes(data.getvalue()).decode(), "   ")
    return f".. image:: data:image/jpeg;base64,\n{lines}   :width: 100%\n"
