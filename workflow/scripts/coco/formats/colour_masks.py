"""Colour-coded masks: an image per photo, in which colours say what is where.

<images>/<name>.jpg       the photo
<labels>/<name>.png       its colours; `background` is black, unless the source says otherwise

With a table of `colours`, each colour is a class, and each connected part of it (over sides and
corners) one object: objects of a class that touch become one. With one `class` instead, each
colour of an image is one object of it, however many parts it has.
"""

import re

import numpy as np

from coco import masks
from coco.errors import InputError
from coco.formats import label_images
from coco.formats.label_images import Pair, shown

declared_size = label_images.declared_size
translate = label_images.translate


def recognise(source: dict) -> str | None:
    """Evidence that a source is of this format, None if it is not."""
    path = label_images.first_label(source)
    try:
        colours = np.unique(label_images.colours(path)) if path else []
    except InputError:
        return None
    vivid = [colour for colour in colours if len({*int(colour).to_bytes(3)}) > 1]
    return f"{path}: has {len(colours)} colours, such as {shown(vivid[0])}" if vivid else None


def read(source: dict) -> tuple[list[dict], list[dict], list[dict]]:
    background = number(source.get("background", "#000000"))
    if "colours" in source:
        classes = {number(colour): name for name, colour in source["colours"].items()}
        categories = [
            {"source_id": place, "name": name} for place, name in enumerate(classes.values(), 1)
        ]
        place_of = {colour: place for place, colour in enumerate(classes, 1)}
    else:
        place_of = None
        categories = [{"source_id": None, "name": source["class"]}]

    def objects(pair: Pair) -> tuple[tuple[int, int], list[dict]]:
        pixels = label_images.colours(label_images.existing(pair, source))
        found = set(np.unique(pixels).tolist()) - {background}
        if place_of is None:
            own = by_colour(pair, pixels, background)
            return pixels.shape[::-1], own, label_images.soft_edges(pixels)
        refuse_unknown(found - place_of.keys(), pixels, pair)
        own = [
            label_images.annotation(f"{pair.label}:{shown(colour)}:{part}", place, rle)
            for colour, place in place_of.items()
            if colour in found
            for part, rle in parts(pixels == colour).items()
        ]
        return pixels.shape[::-1], own

    images, annotations = label_images.records(label_images.pairs(source), objects)
    return categories, images, annotations


def by_colour(pair: Pair, pixels: np.ndarray, background: int) -> list[dict]:
    labels = np.where(pixels == background, 0, pixels + 1)  # black may be an object
    return [
        label_images.annotation(f"{pair.label}:{shown(label - 1)}", None, rle)
        for label, rle in masks.from_labels(labels).items()
    ]


def parts(mask: np.ndarray) -> dict[int, dict]:
    """The RLE of each connected part, numbered from 1."""
    return masks.from_labels(label_images.connected_parts(mask))


def refuse_unknown(unknown: set[int], pixels: np.ndarray, pair: Pair):
    if unknown:
        count = int(np.isin(pixels, list(unknown)).sum())
        examples = ", ".join(shown(colour) for colour in sorted(unknown)[:3])
        raise InputError(
            f"{pair.label}: {count} pixels of {len(unknown)} colours that are not in `colours`, "
            f"such as {examples}; add them there, or export without soft edges"
        )


def number(colour: str) -> int:
    """0xRRGGBB of `#rrggbb`."""
    if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
        raise InputError(f"the colour {colour!r}, expected six digits as in '#00ff00'")
    return int(colour[1:], 16)
