"""Plants copies of real images, and counts those that the workflow finds, and false alarms.

uv run python benchmarks/leaks.py FOLDER [FOLDER ...]

Every image under the folders is planted once in each way. Then the same is done with the quarters
of each image: pictures of one slide or table look much more alike than any two photos do.
"""

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from coco.near_duplicates import near_duplicates
from coco.thumbnails import read_thumbnail, thumbnail

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp")
INTERPOLATIONS = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA, cv2.INTER_NEAREST)


def resized(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Half to twice as large, in any of the usual ways."""
    factor = 2 ** rng.uniform(-1, 1)
    size = [max(1, round(side * factor)) for side in image.shape[::-1]]
    return cv2.resize(image, size, interpolation=int(rng.choice(INTERPOLATIONS)))


def recompressed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As a JPEG of quality 50 to 95."""
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(50, 96))])[1]
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)


def cropped(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """5 % of the width and of the height gone, from one side or from both."""
    height, width = image.shape
    rows, columns = max(1, round(0.95 * height)), max(1, round(0.95 * width))
    y, x = rng.integers(0, height - rows + 1), rng.integers(0, width - columns + 1)
    return image[y : y + rows, x : x + columns]


def trimmed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """5 % gone on each of the four sides."""
    y, x = round(0.05 * image.shape[0]), round(0.05 * image.shape[1])
    return image[y : image.shape[0] - y, x : image.shape[1] - x]


def cropped_and_saved(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return recompressed(resized(cropped(image, rng), rng), rng)


PLANTS = {
    "exact": lambda image, rng: image,
    "resized": resized,
    "recompressed": recompressed,
    "cropped": cropped,
    "cropped on all sides": trimmed,
    "cropped, resized, recompressed": cropped_and_saved,
}


def read(folders: list[Path]) -> list[np.ndarray]:
    """The images under the folders in grey, each content once; masks are no images."""
    found = {}
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and "masks" not in path.parts:
            image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            if image is not None:
                found.setdefault(hashlib.sha256(image.tobytes()).hexdigest(), image)
    return list(found.values())


def quarters(images: list[np.ndarray]) -> list[np.ndarray]:
    parts = [half for image in images for half in np.array_split(image, 2)]
    return [part for half in parts for part in np.array_split(half, 2, axis=1)]


def rates(images: list[np.ndarray], rng: np.random.Generator) -> Iterator[str]:
    kept = [thumbnail([image]) for image in images]
    images = [image for image, text in zip(images, kept, strict=True) if text]
    cells = [read_thumbnail(text) for text in kept if text]
    yield f"{len(images)} images; {len(kept) - len(images)} more are blank"
    alarms = len(np.unique(near_duplicates(np.array(cells))))
    yield f"| in a pair that nobody planted | {alarms} | {alarms / len(images):.1%} |"
    for name, plant in PLANTS.items():
        copies = [thumbnail([plant(image, rng)]) for image in images]
        blank = np.zeros_like(cells[0])
        both = cells + [read_thumbnail(text) if text else blank for text in copies]
        pairs = {tuple(pair) for pair in near_duplicates(np.array(both))}
        found = sum((at, at + len(images)) in pairs for at in range(len(images)))
        yield f"| {name} | {found} | {found / len(images):.1%} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    whole = read(options.folders)
    for title, images in (("whole images", whole), ("quarters of them", quarters(whole))):
        print(f"\n{title}")
        for line in rates(images, np.random.default_rng(options.seed)):
            print(line, flush=True)
