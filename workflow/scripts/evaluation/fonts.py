"""The fonts of pictures: DejaVu Sans, and for what it lacks, one that is installed.

DejaVu Sans comes with matplotlib, so pictures look the same everywhere. It has no characters of
Chinese, Japanese, Korean and others; where a text has some, its font depends on the machine.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.font_manager import findSystemFonts, fontManager
from matplotlib.ft2font import FT2Font
from PIL import ImageDraw, ImageFont

from evaluation.palette import INK

FOLDER = Path(matplotlib.get_data_path(), "fonts", "ttf")
FAMILY, REGULAR, BOLD = "DejaVu Sans", FOLDER / "DejaVuSans.ttf", FOLDER / "DejaVuSans-Bold.ttf"


class Face(NamedTuple):
    """A font file.

    Attributes:
        plain: not bold, italic or the like.
        letters: its characters, as numbers of Unicode.
    """

    path: Path
    family: str
    plain: bool
    letters: np.ndarray


def write(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    size: int,
    ink: tuple[int, int, int] = INK,
    bold: bool = False,
    **options,
):
    """Write a text, `size` px high; further options are Pillow's."""
    draw.text(place, text, ink, font(size, text, bold), **options)


def font(size: int, text: str, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The font of a text."""
    other = substitute(lacking(text))
    return loaded(other.path if other else BOLD if bold else REGULAR, size)


def families(texts: Iterable[str]) -> list[str]:
    """For matplotlib, which draws a character from the first family that has it."""
    names = [FAMILY]
    for text in texts:
        other = substitute(lacking(text))
        if other and other.family not in names:
            fontManager.addfont(other.path)  # its list of fonts may be of last year
            names.append(other.family)
    return names


def missing(texts: Iterable[str]) -> str:
    """The characters for which no font is installed: pictures show boxes in their place."""
    missed = set()
    for text in texts:
        other = substitute(lacking(text))
        missed |= {one for one in lacking(text) if not (other and ord(one) in other.letters)}
    return "".join(sorted(missed))


loaded = cache(ImageFont.truetype)


def lacking(text: str) -> frozenset[str]:
    """The characters that DejaVu Sans does not have."""
    return frozenset(one for one in set(text) if one.isprintable() and ord(one) not in own())


@cache
def own() -> frozenset[int]:
    return frozenset(FT2Font(REGULAR).get_charmap())


@cache
def substitute(characters: frozenset[str]) -> Face | None:
    """The installed font that has most of the characters, if one has any."""
    codes = [ord(one) for one in characters]
    known = [np.isin(codes, face.letters).sum() for face in installed()] if codes else []
    return installed()[np.argmax(known)] if any(known) else None


@cache
def installed() -> list[Face]:
    """Plain fonts without serifs first."""
    faces = []
    for path in sorted(findSystemFonts()):
        try:
            face = FT2Font(path)
        except (OSError, RuntimeError):  # bitmaps, or a file that is broken
            continue
        if face.scalable and not face.family_name.startswith((".", "Last")):  # boxes for everything
            letters = np.fromiter(face.get_charmap(), np.int32)
            plain = face.style_name in ("Regular", "Book", "Roman", "Normal")
            faces.append(Face(Path(path), face.family_name, plain, letters))
    return sorted(faces, key=lambda face: (not face.plain, "Sans" not in face.family))
