"""Names in any script are legible, if a font for them is installed."""

import matplotlib.font_manager
import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image, ImageDraw

from evaluation import fonts
from evaluation.contact_sheet import WIDTH, in_lines

NAME = "細胞"


@pytest.fixture(autouse=True)
def forget():
    """Which fonts are installed."""
    yield
    clear()


def clear():
    for function in (fonts.installed, fonts.substitute):
        function.cache_clear()


@pytest.fixture
def only_own(monkeypatch):
    """A machine without fonts of its own."""
    install(monkeypatch)


@pytest.fixture
def with_squares(monkeypatch, tmp_path):
    """A machine with a font whose characters, those of NAME, are black squares."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 1000), (1000, 1000), (1000, 0)):
        pen.lineTo(corner)
    pen.closePath()
    square = pen.glyph()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", "square"])
    font.setupCharacterMap({ord(letter): "square" for letter in NAME})
    font.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "square": square})
    font.setupHorizontalMetrics({".notdef": (1000, 0), "square": (1000, 0)})
    font.setupHorizontalHeader(ascent=1000, descent=0)
    font.setupNameTable({"familyName": "Squares Sans", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(tmp_path / "squares.ttf")
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    install(monkeypatch, tmp_path / "squares.ttf", tmp_path / "broken.ttf")


def install(monkeypatch, *files):
    monkeypatch.setattr(fonts, "findSystemFonts", lambda: list(map(str, files)))
    clear()


def written(text: str) -> np.ndarray:
    page = Image.new("L", (80, 30), 255)
    fonts.write(ImageDraw.Draw(page), (5, 5), text, 20, 0)
    return np.array(page)


def test_installed_font_draws_what_dejavu_lacks(with_squares):
    assert (written(NAME)[6:24, 6:44] == 0).all()
    assert fonts.families(["cell", NAME]) == ["DejaVu Sans", "Squares Sans"]
    assert "Squares Sans" in {entry.name for entry in matplotlib.font_manager.fontManager.ttflist}
    assert not fonts.missing(["cell", NAME])
    assert fonts.missing([f"{NAME}核", "핵"]) == "核핵"


def test_pictures_of_latin_greek_and_cyrillic_names_depend_on_no_machine(only_own, monkeypatch):
    names = ["nucleus 0.93", "κύτταρο", "клетка", "Zelle: übersehen", "two\nlines"]
    before = [written(name) for name in names]
    assert fonts.families(names) == ["DejaVu Sans"]
    assert not fonts.missing(names)
    monkeypatch.undo()
    clear()
    assert all(np.array_equal(one, written(name)) for one, name in zip(before, names, strict=True))


def test_without_such_a_font_the_characters_are_named(only_own):
    assert fonts.missing(["cell", NAME, f"{NAME} 2"]) == "".join(sorted(NAME))
    assert written(NAME).min() == 0  # boxes


def test_captions_in_wide_letters_stay_in_their_column(with_squares):
    lines = in_lines(NAME * 30).splitlines()
    assert len(lines) > 1
    assert all(fonts.font(11, line).getlength(line) <= WIDTH for line in lines)
