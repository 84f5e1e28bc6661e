"""Draws pictures of leaves, rings, starfish and pebbles that lie on sand, wood, cloth or slate."""

from typing import NamedTuple

import cv2
import numpy as np

CLASSES = ("leaf", "ring", "star", "pebble")
SHARES = (0.34, 0.13, 0.23, 0.30)
SUPERSAMPLING = 3
LEAST_VISIBLE = 0.35


class Thing(NamedTuple):
    """An object that can be laid on a picture of H x W pixels.

    Attributes:
        kind: name of its class.
        cover: float `(H, W)`, the fraction of each pixel that it covers.
        paint: float `(H, W, 3)`, its shaded colour, from 0 to 1.
        height: how high it is, in pixels; its shadow is as long.
    """

    kind: str
    cover: np.ndarray
    paint: np.ndarray
    height: float


def draw(rng: np.random.Generator, objects: int) -> tuple[np.ndarray, list[tuple]]:
    """A picture with up to `objects` things on it.

    Returns the image, uint8 RGB `(H, W, 3)` with sides from 128 to 192 pixels, and for each
    object its class name and its visible part, bool `(H, W)`. An object of which little would
    be seen is left out of the picture.
    """
    height, width = (int(side) for side in rng.integers(128, 193, 2))
    angle = rng.uniform(0, 2 * np.pi)
    light = np.array([np.cos(angle), np.sin(angle), rng.uniform(0.9, 1.4)])
    light /= np.linalg.norm(light)
    picture, tone = ground(rng, height, width)

    things = visible_things([*scatter(rng, objects, height, width, light, tone)])
    for thing, _ in things:
        shadow = cast_shadow(thing.cover, light, thing.height)
        picture = picture * (1 - 0.6 * shadow[..., None])
        cover = thing.cover[..., None]
        picture = picture * (1 - cover) + thing.paint * cover
    picture = expose(rng, picture, light)
    return picture, [(thing.kind, seen) for thing, seen in things]


def scatter(rng, objects, height, width, light, tone):
    """Things at random places, the first at the bottom, a little apart from each other."""
    places = []
    for _ in range(objects):
        kind = str(rng.choice(CLASSES, p=SHARES))
        radius = 10 + 25 * rng.beta(1.5, 1.5)
        candidates = rng.uniform([0, 0, radius], [height, width, radius], (4, 3))
        place = max(candidates, key=lambda candidate: min(clearance(candidate, places), 1))
        places.append(place)
        yield draw_thing(rng, kind, place, (height, width), light, tone)


def clearance(place, places) -> float:
    """Distance to the nearest of the other places, as a multiple of their radii."""
    return min(
        (np.hypot(*(place[:2] - other[:2])) / (place[2] + other[2]) for other in places),
        default=np.inf,
    )


def visible_things(things: list[Thing]) -> list[tuple[Thing, np.ndarray]]:
    """The things, bottom to top, of which enough is seen, and the mask of what is seen."""
    kept, free = [], 1.0
    for thing in reversed(things):
        seen = thing.cover * free >= 0.5
        if seen.sum() > LEAST_VISIBLE * thing.cover.sum() and not at_the_edge(thing.cover):
            kept.append((thing, seen))
            free = free * (1 - thing.cover)
    return kept[::-1]


def at_the_edge(cover) -> bool:
    """Whether so little of an object is in the picture that nobody could name it."""
    rows, columns = np.nonzero(cover > 0.5)
    return len(rows) < 100 or min(np.ptp(rows), np.ptp(columns)) < 10


# Shapes. Each takes coordinates in units of the object's radius, and returns the height above
# the ground, above 0 inside the object, and a pattern of light and dark around 0.


def leaf(rng, x, y):
    y = y - rng.uniform(-0.35, 0.35) * (x**2 - 0.4)
    breadth = rng.uniform(0.36, 0.5) * (1 - x**2) * (1 + rng.uniform(-0.4, 0.4) * x)
    across = np.abs(y) / np.maximum(breadth, 1e-3)
    veins = np.sin(rng.uniform(18, 24) * (x - 0.9 * np.abs(y))) ** 8
    midrib = np.exp(-((y / 0.035) ** 2))
    height = np.where(breadth > 0, 0.3 * (1 - across**2) * (1 - 0.6 * midrib), -1)
    return height, 0.35 * midrib - 0.12 * veins


def ring(rng, x, y):
    y = y / rng.uniform(0.85, 1)
    radius = np.hypot(x, y)
    hole = rng.uniform(0.42, 0.58)
    across = (radius - (1 + hole) / 2) / ((1 - hole) / 2)
    turns = np.sin(rng.integers(10, 30) * np.arctan2(y, x) + 6 * across)
    return 0.3 * np.sqrt(np.maximum(1 - across**2, 0)), rng.uniform(0, 0.15) * turns


def star(rng, x, y):
    radius = np.hypot(x, y)
    angle = np.arctan2(y, x) + rng.uniform(-0.35, 0.35) * radius
    arms = ((1 + np.cos(5 * angle)) / 2) ** rng.uniform(1, 1.5)
    lengths = rng.uniform(0.85, 1, 5)[np.round(angle / (2 * np.pi / 5)).astype(int) % 5]
    outline = rng.uniform(0.32, 0.4) + (lengths - 0.36) * arms
    ridge = np.exp(-(((1 - arms) / 0.25) ** 2)) * np.minimum(radius, 1)
    dots = np.sin(26 * x) * np.sin(26 * y)
    height = 0.5 * np.sqrt(np.maximum(1 - radius / outline, 0)) + 0.05 * ridge
    return np.where(radius < outline, height, 0), 0.14 * dots + 0.2 * ridge


def pebble(rng, x, y):
    y = y / rng.uniform(0.65, 0.95)
    angle = np.arctan2(y, x)
    bumps = [
        rng.uniform(0, 0.12) / (n - 1) * np.cos(n * angle + rng.uniform(0, 2 * np.pi))
        for n in (2, 3, 4, 5)
    ]
    outline = 0.88 + sum(bumps)
    dome = 0.55 * np.sqrt(np.maximum(1 - (np.hypot(x, y) / outline) ** 2.5, 0))
    speckles = noise(rng, x.shape, 3, 4) + 0.5 * noise(rng, x.shape, 40, 2)
    return dome, 0.11 * speckles


SHAPES = {"leaf": leaf, "ring": ring, "star": star, "pebble": pebble}
COLOURS = {  # hue in degrees, saturation, value: lowest and highest
    "leaf": ((10, 140), (0.40, 0.90), (0.30, 0.90)),
    "ring": ((0, 360), (0.15, 0.90), (0.25, 0.95)),
    "star": ((-50, 60), (0.35, 0.90), (0.35, 0.98)),
    "pebble": ((0, 360), (0.05, 0.55), (0.20, 0.98)),
}


def draw_thing(rng, kind, place, shape, light, tone) -> Thing:
    """Shade one object of `kind` at `place`, (y, x, radius), of a picture of `shape`."""
    y, x, radius = place
    top, left = int(y - radius) - 1, int(x - radius) - 1
    side = 2 * int(radius) + 4
    steps = (np.arange(side * SUPERSAMPLING) + 0.5) / SUPERSAMPLING
    across, down = np.meshgrid((left + steps - x) / radius, (top + steps - y) / radius)
    turn = rng.uniform(0, 2 * np.pi)
    height, pattern = SHAPES[kind](
        rng,
        np.cos(turn) * across + np.sin(turn) * down,
        np.cos(turn) * down - np.sin(turn) * across,
    )
    cover = (height > 0).astype(np.float32)
    colour = colour_against(rng, COLOURS[kind], tone)
    paint = colour * (1 + pattern + 0.06 * noise(rng, height.shape, 6, 4))[..., None]
    paint = shade(paint, np.maximum(height, 0), light, radius, gloss=rng.uniform(0, 0.35))

    patch = np.dstack([paint * cover[..., None], cover]).astype(np.float32)
    patch = cv2.resize(patch, (side, side), interpolation=cv2.INTER_AREA)
    canvas = np.zeros((*shape, 4), np.float32)
    rows = slice(max(top, 0), min(top + side, shape[0]))
    columns = slice(max(left, 0), min(left + side, shape[1]))
    canvas[rows, columns] = patch[
        rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
    ]
    cover = canvas[..., 3]
    paint = canvas[..., :3] / np.maximum(cover, 1e-6)[..., None]
    return Thing(kind, cover, paint, rng.uniform(0.1, 0.3) * radius)


def shade(paint, height, light, radius, gloss):
    """Light from one side on a relief: `paint` lit, with a highlight of strength `gloss`."""
    relief = cv2.GaussianBlur(height, (0, 0), 1.0 + 0.06 * radius)
    down, across = np.gradient(relief * radius * SUPERSAMPLING)
    normal = np.dstack([-across, -down, np.ones_like(relief)])
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    facing = np.maximum(normal @ light, 0)[..., None]
    halfway = light + np.array([0, 0, 1])
    shine = np.maximum(normal @ (halfway / np.linalg.norm(halfway)), 0)[..., None] ** 24
    return paint * (0.4 + 0.75 * facing) + gloss * shine


def colour_against(rng, ranges, tone):
    """A colour from `ranges` that differs from the ground's `tone`, now darker, now brighter."""
    brighter = rng.random() < 0.5
    for _ in range(30):
        hue, saturation, value = (rng.uniform(*limits) for limits in ranges)
        colour = rgb(hue, saturation, value)
        differs = np.linalg.norm(colour - tone) > 0.3
        if differs and (colour.mean() > tone.mean()) == brighter:
            break
    return colour


def rgb(hue, saturation, value) -> np.ndarray:
    """Hue in degrees, saturation and value from 0 to 1, to RGB from 0 to 1."""
    channel = (np.array([5, 3, 1]) + hue / 60) % 6
    return value * (1 - saturation * np.clip(np.minimum(channel, 4 - channel), 0, 1))


# The ground and the light on it.


def ground(rng, height, width) -> tuple[np.ndarray, np.ndarray]:
    """A textured surface, RGB from 0 to 1, and its mean colour."""
    surface = GROUNDS[rng.integers(len(GROUNDS))]
    relief, tone = surface(rng, height, width)
    tint = rng.uniform(-0.06, 0.06, 3)
    stains = noise(rng, (height, width), 2, 3)[..., None] * tint
    return np.clip(tone * np.exp(relief[..., None]) + stains, 0, 1), tone


def sand(rng, height, width):
    ripples = waves(rng, height, width, rng.uniform(12, 30), bend=6)
    grains = rng.normal(size=(height, width))
    relief = 0.16 * ripples + 0.1 * noise(rng, (height, width), 3, 3) + 0.13 * grains
    return relief, rgb(rng.uniform(10, 55), rng.uniform(0.3, 0.65), rng.uniform(0.45, 0.75))


def wood(rng, height, width):
    plank = rng.uniform(30, 60)
    offset = np.arange(width) + rng.uniform(0, plank)
    number = (offset // plank).astype(int)
    seam = -0.9 * np.exp(-(((offset % plank) / 1.2) ** 2))
    tone = rng.normal(0, 0.22, number.max() + 1)[number]
    fibres = cv2.resize(
        rng.normal(size=(height // 24 + 2, width)), (width, height), interpolation=cv2.INTER_CUBIC
    )
    years = np.sin(noise(rng, (height, width), 2, 3) * 7 + number * 2)
    relief = tone + seam + 0.13 * fibres + 0.12 * years
    relief = relief if rng.random() < 0.5 else cv2.resize(relief.T, (width, height))
    return relief, rgb(rng.uniform(12, 38), rng.uniform(0.4, 0.75), rng.uniform(0.35, 0.65))


def cloth(rng, height, width):
    warp = waves(rng, height, width, 3.2, bend=1.5)
    weft = waves(rng, height, width, 3.2, bend=1.5)
    stripes = np.sign(waves(rng, height, width, rng.uniform(25, 60), bend=3))
    folds = noise(rng, (height, width), 2, 2)
    fuzz = rng.normal(size=(height, width))
    relief = 0.12 * (warp + weft) + rng.uniform(0, 0.2) * stripes + 0.16 * folds + 0.06 * fuzz
    return relief, rgb(rng.uniform(0, 360), rng.uniform(0.4, 0.8), rng.uniform(0.35, 0.65))


def slate(rng, height, width):
    layers = np.abs(noise(rng, (height, width), 3, 5))
    veins = np.exp(-((noise(rng, (height, width), 2, 4) / 0.06) ** 2))
    grain = rng.normal(size=(height, width))
    relief = 0.35 * (layers - 0.6) + rng.uniform(0, 0.6) * veins + 0.07 * grain
    return relief, rgb(rng.uniform(170, 280), rng.uniform(0.2, 0.55), rng.uniform(0.25, 0.5))


GROUNDS = (sand, wood, cloth, slate)


def waves(rng, height, width, length, bend):
    """Parallel waves from -1 to 1 in a random direction, `length` pixels apart, bent a little."""
    rows, columns = np.mgrid[:height, :width]
    angle = rng.uniform(0, 2 * np.pi)
    along = rows * np.sin(angle) + columns * np.cos(angle)
    return np.sin(2 * np.pi / length * (along + bend * noise(rng, (height, width), 2, 2)))


def noise(rng, shape, cells, octaves):
    """Smooth noise of about unit variance: `cells` blobs across at first, then ever finer."""
    total = np.zeros(shape)
    for octave in range(octaves):
        grid = rng.normal(size=(cells * 2**octave + 1,) * 2)
        total += cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC) / 2**octave
    return total


def cast_shadow(cover, light, height):
    """Where an object takes the light from what lies under it, from 0 to 1, soft at the edge."""
    shift = -height * light[:2] / light[2]
    moved = cv2.warpAffine(
        cover, np.float64([[1, 0, shift[0]], [0, 1, shift[1]]]), cover.shape[::-1]
    )
    return cv2.GaussianBlur(np.maximum(moved, cover), (0, 0), 1 + 0.4 * height)


def expose(rng, picture, light) -> np.ndarray:
    """What the camera makes of it: brighter towards the light, a little blurred and noisy."""
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    slope = rng.uniform(0.1, 0.35) * (columns * light[0] + rows * light[1])
    vignette = rng.uniform(0.05, 0.2) * (rows**2 + columns**2) / 2
    picture = picture * np.exp(slope - vignette)[..., None]
    picture = cv2.GaussianBlur(picture, (0, 0), 0.45)
    picture += rng.normal(0, rng.uniform(0.005, 0.02), picture.shape)
    return np.round(255 * np.clip(picture, 0, 1)).astype(np.uint8)
