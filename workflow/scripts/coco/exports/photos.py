"""The images of an export: copied, so that a tool that changes them cannot change the originals.

A file's bytes stay as they are, unless its pixels are stored turned (EXIF): readers differ in
whether they turn such images, so that its masks would be wrong in some. It becomes a PNG, turned.
"""

import shutil
from collections import Counter
from pathlib import Path

from PIL import Image

from coco import decoding, images, orientation


def names(parts: dict[str, dict]) -> dict[int, str]:
    """A file name without suffix for each image id; no two differ by case alone."""
    listed = [image for part in parts.values() for image in part["images"]]
    count = Counter(Path(image["file_name"]).stem.lower() for image in listed)
    return {
        image["id"]: stem if count[stem.lower()] == 1 else f"{stem}-{image['id']}"
        for image, stem in ((image, Path(image["file_name"]).stem) for image in listed)
    }


def copy(image: dict, folder: Path, name: str) -> Path:
    """Put an image into a folder; returns its path there."""
    folder.mkdir(parents=True, exist_ok=True)
    origin = Path(image["file_name"])
    if stored_upright(origin):
        return Path(shutil.copyfile(origin, folder / f"{name}{origin.suffix}"))
    turned = folder / f"{name}.png"
    pixels = images.read_image(image)
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(turned)
    return turned


def stored_upright(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            return decoding.exif_orientation(image) == orientation.UPRIGHT
    except OSError:  # of a format that Pillow does not know: nor do readers turn it
        return True
