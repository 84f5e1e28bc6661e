"""Random changes of training images: where things lie, and how light and camera render them."""

from typing import NamedTuple

import cv2
import numpy as np

# Largest values; each copy draws its own, evenly up to them. See docs/configuration.md for units.
PRESETS = {
    "none": {
        "copies": 0,
        "flip_horizontal": 0.0,
        "flip_vertical": 0.0,
        "rotate": 0.0,
        "scale": [1.0, 1.0],
        "brightness": 0.0,
        "contrast": 0.0,
        "hue": 0.0,
        "noise": 0.0,
        "blur": 0.0,
    },
    "light": {
        "copies": 3,
        "flip_horizontal": 0.5,
        "flip_vertical": 0.0,
        "rotate": 5.0,
        "scale": [0.9, 1.1],
        "brightness": 0.1,
        "contrast": 0.1,
        "hue": 0.0,
        "noise": 0.0,
        "blur": 0.0,
    },
    "small": {
        "copies": 7,
        "flip_horizontal": 0.5,
        "flip_vertical": 0.5,
        "rotate": 180.0,
        "scale": [0.8, 1.25],
        "brightness": 0.2,
        "contrast": 0.2,
        "hue": 8.0,
        "noise": 0.01,
        "blur": 0.7,
    },
}


class Change(NamedTuple):
    """One draw.

    Attributes:
        linear: 2x2 matrix on `(x, y)`: flips, rotation and zoom.
        zoom: factor of the scale that is in `linear`.
        shift: `(x, y)` by which a window moves, as a fraction of its side, up to a half.
        brightness: factor on the mean of the image.
        contrast: factor on the differences from the mean.
        hue: shift of OpenCV's hue, of which 180 make a full turn.
        noise: standard deviation as a fraction of the full range.
        blur: sigma in pixels.
    """

    linear: np.ndarray
    zoom: float
    shift: np.ndarray
    brightness: float
    contrast: float
    hue: float
    noise: float
    blur: float


NO_CHANGE = Change(np.eye(2), 1.0, np.zeros(2), 1.0, 1.0, 0.0, 0.0, 0.0)


def values_of(recipe: dict) -> dict:
    """The preset of an entry of `inputs`, with the values that the entry replaces."""
    values = PRESETS[recipe["preset"]] | recipe["augmentation"]
    return values if recipe["copies"] is None else values | {"copies": recipe["copies"]}


def generator(seed: int, sha256: str, window: int, copy: int) -> np.random.Generator:
    """The random numbers of one copy: the same on any machine and in any order of work."""
    return np.random.default_rng((seed, int(sha256, 16), window, copy))


def draw(rng: np.random.Generator, values: dict) -> Change:
    """Draw a change within `values`."""
    flip_x = -1 if rng.random() < values["flip_horizontal"] else 1
    flip_y = -1 if rng.random() < values["flip_vertical"] else 1
    angle = np.deg2rad(rng.uniform(-values["rotate"], values["rotate"]))
    zoom = float(np.exp(rng.uniform(*np.log(values["scale"]))))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return Change(
        linear=zoom * turn @ np.diag([flip_x, flip_y]),
        zoom=zoom,
        shift=rng.uniform(-0.5, 0.5, 2),
        brightness=1 + rng.uniform(-values["brightness"], values["brightness"]),
        contrast=1 + rng.uniform(-values["contrast"], values["contrast"]),
        hue=rng.uniform(-values["hue"], values["hue"]),
        noise=rng.uniform(0, values["noise"]),
        blur=rng.uniform(0, values["blur"]),
    )


def recolour(image: np.ndarray, change: Change, rng: np.random.Generator) -> np.ndarray:
    """The uint8 image `(H, W, C)` in another light, and through another camera.

    Brightness and contrast are relative to the image's mean, so that dark microscopy images
    do not turn black. The mean of an RGB image is that of all its values; in images of another
    number of channels, each has its own. Only RGB has a hue.
    """
    is_rgb = image.shape[2] == 3
    means = [cv2.mean(channel)[0] for channel in cv2.split(image)]
    mean = sum(means) / 3 if is_rgb else np.array(means)
    levels = (np.arange(256)[:, None] - mean) * change.contrast + mean * change.brightness
    image = cv2.LUT(image, to_pixels(levels)[None]).reshape(image.shape)
    if change.hue and is_rgb:
        image = turn_hue(image, np.deg2rad(2 * change.hue))
    if change.blur > 0:
        image = cv2.GaussianBlur(image, (0, 0), change.blur).reshape(image.shape)
    if change.noise > 0:
        noise = rng.standard_normal(image.shape, np.float32) * (255 * change.noise)
        image = to_pixels(image + noise)
    return image


def turn_hue(image: np.ndarray, angle: float) -> np.ndarray:
    """Turn colours about the axis of greys, which stay as they are, by an angle in radians."""
    # Not through cv2's HSV: its results depend on the processor.
    third, root = (1 - np.cos(angle)) / 3, np.sin(angle) / np.sqrt(3)
    weights = np.float32([np.cos(angle) + third, third - root, third + root])
    return to_pixels(
        sum(weight * np.roll(image, -step, axis=2) for step, weight in enumerate(weights))
    )


def to_pixels(values: np.ndarray) -> np.ndarray:
    return np.round(np.clip(values, 0, 255)).astype(np.uint8)
