"""What a model sees of an image: each of its windows, as it is and in augmented copies."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from coco import augmentation, cutouts, instances, windows
from coco.images import ImageReader

EMPTY = 1  # tells the draws for empty views from those for changes


class View(NamedTuple):
    """An image at the size of a model's input.

    Attributes:
        pixels: uint8 `(S, S, C)`, RGB if C is 3; black where there is no image.
        objects: what is seen of the image's objects.
        copy: 0 if it is as it is, else the number of the augmented copy.
        window: `(y1, x1, y2, x2)`, the box in the image around what is shown.
        scale: pixels of the view per pixel of the image.
    """

    pixels: np.ndarray
    objects: list[instances.Visible]
    copy: int
    window: tuple[int, int, int, int]
    scale: float


def of_image(
    image: dict, annotations: list[dict], recipe: dict, copies: int, seed: int, empty: float = 1.0
) -> Iterator[View]:
    """Each window of an image in each copy.

    Copy 0 shows a fixed grid of windows. In the others the windows move, and what they show is
    turned, scaled and recoloured.

    Args:
        image, annotations: records of a COCO data set.
        recipe: an entry of `inputs`.
        copies: how many of each window, from copy 0 on.
        seed: of the augmentation.
        empty: the fraction of the views without objects that are kept, drawn by lot.
    """
    size, values = recipe["size"], augmentation.values_of(recipe)
    reader = ImageReader(image)
    scale = windows.scale_of(*reader.shape[:2], recipe)
    shape = windows.scaled(*reader.shape[:2], scale)
    stretch = windows.stretch(reader.shape, shape)
    known = instances.instances_of(annotations)
    rule = {key: recipe[key] for key in ("min_visible", "cut_objects")}
    for number, (y, x) in enumerate(windows.grid(*shape, size, recipe["overlap"])):
        centre = np.array([x + size / 2, y + size / 2])
        for copy in range(copies):
            rng = augmentation.generator(seed, image["sha256"], number, copy)
            change = augmentation.draw(rng, values) if copy else augmentation.NO_CHANGE
            moved = centre + change.shift * size
            matrix = windows.place(shape, moved, size, change.linear) @ stretch
            objects = instances.see(known, matrix, size, **rule)
            lot = (seed, image["sha256"], number, copy)
            if not objects and not is_drawn(empty, *lot):
                continue
            pixels = cutouts.cut(reader, matrix, scale, size, size)
            if copy:
                pixels = augmentation.recolour(pixels, change, rng)
                pixels[~windows.inside(matrix, reader.shape, size, size)] = 0
            window = windows.source(matrix, size, reader.shape)
            yield View(pixels, objects, copy, window, scale * change.zoom)


def is_drawn(fraction: float, seed: int, sha256: str, window: int, copy: int) -> bool:
    """Whether a view without objects is kept: another draw than that of its changes."""
    rng = np.random.default_rng((seed, int(sha256, 16), window, copy, EMPTY))
    return rng.random() < fraction
