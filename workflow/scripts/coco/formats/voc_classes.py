"""The classes of Pascal VOC, and how the pixels of SegmentationClass name them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coco.errors import InputError
from coco.formats import label_images
from coco.formats.folders import lines_of
from coco.voc_colours import VOID, colour

BACKGROUND_NAMES = ("background", "_background_")
VOID_NAMES = ("ignored", "__ignore__", "void")
NAMES = """
aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person
pottedplant sheep sofa train tvmonitor
"""
VOID_COLOUR = label_images.packed(*colour(VOID))


@dataclass(frozen=True)
class Classes:
    """Names by number, and the numbers of the colours.

    `by_index`: if a palette has other colours, its index counts.
    """

    names: dict[int, str]
    number_of: dict[int, int]
    by_index: bool

    def numbers(self, path: Path) -> np.ndarray:
        """The class of each pixel, 0 for none: int of shape `[height, width]`."""
        if path.suffix == ".npy" or label_images.has_numbers(path, palette=False):
            return indices(path)
        found, places = np.unique(label_images.colours(path), return_inverse=True)
        unknown = [colour for colour in found.tolist() if colour not in self.number_of]
        # Programs that make PNGs smaller count a palette anew; the colours stay.
        if unknown and self.by_index and label_images.has_numbers(path):
            return indices(path)
        if unknown:
            raise InputError(
                f"{path}: has the colour {label_images.shown(unknown[0])}, which no class has; "
                "expected labelmap.txt to name it"
            )
        numbers = np.array([self.number_of[colour] for colour in found.tolist()])
        return numbers[places].reshape(places.shape)


def indices(path: Path) -> np.ndarray:
    numbers = label_images.numbers(path)
    return np.where((numbers == VOID) | (numbers < 0), 0, numbers)


def read_classes(folder: Path) -> Classes:
    """From labelmap.txt, else class_names.txt, else those of the challenge."""
    if (folder / "labelmap.txt").is_file():
        return from_labelmap(folder / "labelmap.txt")
    names = ["background", *NAMES.split()]
    if (folder / "class_names.txt").is_file():
        names = lines_of(folder / "class_names.txt")
        if names[:1] == ["__ignore__"]:
            names = names[1:]
    named = {
        number: name
        for number, name in enumerate(names)
        if name and name not in (*BACKGROUND_NAMES, *VOID_NAMES)
    }
    if 0 in named:
        raise InputError(
            f"{folder / 'class_names.txt'}, line 1: {names[0]}, expected _background_, which has "
            "the index 0"
        )
    colours = {label_images.packed(*colour(number)): number for number in range(256)}
    return Classes(named, colours | {VOID_COLOUR: 0}, by_index=True)


def from_labelmap(path: Path) -> Classes:
    """Lines of `name:red,green,blue:parts:actions`, as CVAT and Datumaro write them."""
    names, number_of = {}, {0: 0, VOID_COLOUR: 0}
    for line, text in enumerate(lines_of(path), 1):
        if not text or text.startswith("#"):
            continue
        name, _, rest = text.partition(":")
        values = rest.partition(":")[0].split(",")
        if not name or len(values) != 3 or not all(is_byte(value.strip()) for value in values):
            raise InputError(f"{path}, line {line}: {text!r}, expected name:red,green,blue::")
        shade = label_images.packed(*map(int, values))
        if name in BACKGROUND_NAMES or name in VOID_NAMES:
            number_of[shade] = 0
        elif shade in number_of:
            raise InputError(
                f"{path}, line {line}: {name} has the colour {values} of another class, "
                "of void or of the background, expected one of its own"
            )
        else:
            names[len(names) + 1] = name
            number_of[shade] = len(names)
    return Classes(names, number_of, by_index=False)


def is_byte(text: str) -> bool:
    return text.isdecimal() and len(text) <= 3 and int(text) < 256
