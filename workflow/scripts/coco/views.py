"""What a model sees of an image: each of its windows, as it is and in augmented copies."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from coco import augmentation, images, windows


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
    objects: list[windows.Visible]
    copy: int
    window: tuple[int, int, int, int]
    scale: float


def of_image(
    image: dict, annotations: list[dict], recipe: dict, copies: int, seed: int
) -> Iterator[View]:
    """Each window of an image in each copy.

    Copy 0 shows a fixed grid of windows. In the others the windows move, and what they show is
    turned, scaled and recoloured.

    Args:
        image, annotations: records of a COCO data set.
        recipe: an entry of `inputs`.
        copies: how many of each window, from copy 0 on.
        seed: of the augmentation.
    """
    size, values = recipe["size"], augmentation.values_of(recipe)
    original = images.read_image(image)
    scale = windows.scale_of(*original.shape[:2], recipe)
    magnified = windows.magnify(original, scale)
    stretch = windows.stretch(original.shape, magnified.shape)
    instances = windows.instances_of(annotations)
    for number, (y, x) in enumerate(windows.grid(*magnified.shape[:2], size)):
        centre = np.array([x + size / 2, y + size / 2])
        for copy in range(copies):
            if copy == 0:
                zoom, matrix = 1.0, windows.place(magnified.shape, centre, size, np.eye(2))
                pixels = windows.warp(magnified, matrix, size, size)
            else:
                rng = augmentation.generator(seed, image["sha256"], number, copy)
                change = augmentation.draw(rng, values)
                zoom, moved = change.zoom, centre + change.shift * size
                matrix = windows.place(magnified.shape, moved, size, change.linear)
                pixels = windows.warp(magnified, matrix, size, size)
                pixels = augmentation.recolour(pixels, change, rng)
                pixels[~windows.inside(matrix, magnified.shape, size, size)] = 0
            matrix = matrix @ stretch
            objects = windows.see(instances, matrix, size)
            window = windows.source(matrix, size, original.shape)
            yield View(pixels, objects, copy, window, scale * zoom)
