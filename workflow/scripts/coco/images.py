"""The one way to read an image, and to find out what is wrong with one."""

import hashlib
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from PIL import Image

from coco import decoding, intensity, large_images, orientation, thumbnails
from coco.errors import ImageError, InputError


class ImageReader:
    """An image as the pipeline sees it, whole or in parts.

    Grey, palette and CMYK images become RGB as Pillow converts them, colours become grey by its
    weights (ITU-R 601). Transparency is dropped, not composited: a transparent pixel shows the
    colour that is stored beneath. Of large TIFFs only what is read is decoded; all else is
    decoded at once, and kept.

    Args:
        image: the record of an image, with its `file_name`, `width` and `height`; `orientation`,
            the EXIF orientation to apply (1); `channels` (3); and `intensity`, the limits for
            pixels of more than 8 bits.

    Attributes:
        shape: height, width and channels.

    Raises:
        InputError: the file is missing or unreadable, or is not the one that was recorded.
    """

    def __init__(self, image: dict):
        path, size = image["file_name"], (image["width"], image["height"])
        self.path, self.limits = path, image.get("intensity")
        self.orientation, channels = image.get("orientation", 1), image.get("channels", 3)
        self.shape = size[1], size[0], channels
        try:
            self.pixels = decoding.decode(path, channels, max_pixels=size[0] * size[1]).pixels
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from error
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        if self.pixels.dtype != np.uint8 and self.limits is None:
            raise InputError(f"{path}: more than 8 bits, unlike when it was imported")
        found = orientation.size_after(self.orientation, self.pixels.shape[1::-1])
        if found != size:
            raise InputError(
                f"{path}: {found[0]}x{found[1]} pixels, but {size[0]}x{size[1]} when it "
                "was imported; import the data again"
            )

    def read(self, y1: int, x1: int, y2: int, x2: int) -> np.ndarray:
        """The pixels in a box inside the image: uint8 `[height, width, channels]`, RGB if 3."""
        top, left, bottom, right = orientation.stored_box(
            (y1, x1, y2, x2), self.shape[:2], self.orientation
        )
        try:
            pixels = self.pixels[top:bottom, left:right]
        except (OSError, InputError) as error:
            raise InputError(f"{self.path}: {error}") from error
        if pixels.dtype != np.uint8:
            pixels = intensity.to_8_bits(pixels, self.limits)
        pixels = with_channels(pixels, self.shape[2])
        return np.array(orientation.turn(pixels, self.orientation), order="C")


def read_image(image: dict) -> np.ndarray:
    """All of an image, as an `ImageReader` reads it: uint8 `[height, width, channels]`."""
    reader = ImageReader(image)
    return reader.read(0, 0, *reader.shape[:2])


def as_rgb(pixels: np.ndarray) -> np.ndarray:
    """Pixels for the eye: the first three channels, or grey."""
    if pixels.shape[2] == 1:
        return pixels.repeat(3, axis=2)
    black = np.zeros_like(pixels[..., :1])
    return np.concatenate([pixels, black], axis=2)[..., :3]


def with_channels(pixels: np.ndarray, channels: int) -> np.ndarray:
    """Grey repeated or colours mixed to grey, if that is what it takes."""
    if channels == 3 and pixels.shape[2] == 1:
        return pixels.repeat(3, axis=2)
    if channels == 1 and pixels.shape[2] == 3:
        return np.array(Image.fromarray(pixels).convert("L"))[..., None]
    return pixels


@dataclass(frozen=True)
class Inspection:
    """What a look at the whole of an image file finds.

    Attributes:
        sha256: digest of the file's bytes; None if there is no such file.
        width, height: size of the stored pixels; None if they cannot be read.
        exif: EXIF orientation, 1 to 8.
        thumbnail: the stored pixels in a few cells, to compare by; None if it cannot be compared.
        deep: whether the pixels have more than 8 bits.
        intensity: the limits that make them 8 bits; None as long as the data set has none.
        check, problem: name and text of why the image cannot be used; None if it can.
        remarks: name and text of what is odd but does not keep it from use.
    """

    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    exif: int = 1
    thumbnail: str | None = None
    deep: bool = False
    intensity: list[list[float]] | None = None
    check: str | None = None
    problem: str | None = None
    remarks: dict[str, str] = field(default_factory=dict)


def missing(path: Path) -> str:
    """That the file does not exist, and which ones may be meant, in its folder or one above."""
    if path.is_symlink():
        return f"a link to {path.readlink()}, which does not exist; put the file itself there"
    folder = next((above for above in path.parents if above.is_dir()), path.parent)
    alike = names_in(folder).get(plain(path.name), [])
    if folder != path.parent:
        alike = [str(folder / name) for name in alike]
    if not alike:
        return "the file does not exist"
    letters = unicodedata.normalize("NFC", path.name)
    recoded = letters in [unicodedata.normalize("NFC", name) for name in alike]
    why = ": its letters are coded differently, rename it" if recoded else ""
    return f"the file does not exist, but {' and '.join(alike)} does{why}"


@cache
def names_in(folder: Path) -> dict[str, list[str]]:
    """The images of a folder by what tools that write names differently agree on."""
    names = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.suffix.lower() in Image.registered_extensions():
            names.setdefault(plain(path.name), []).append(path.name)
    return names


def plain(name: str) -> str:
    """A name without folders of Windows, codes of URLs, coding of letters, case and suffix."""
    stem = Path(unquote(name).replace("\\", "/")).stem
    return unicodedata.normalize("NFC", stem).casefold()


def inspect(
    path: str | Path, settings: dict, histogram: intensity.Histogram | None = None
) -> Inspection:
    """Read and decode the file to its end.

    Args:
        path: of the file.
        settings: the section `images` of the configuration, or better of a data set's `info`,
            where the `range` of the intensity is known.
        histogram: the data set's, to which pixels of more than 8 bits are added.
    """
    path, sha256 = Path(path), None
    try:
        if not path.is_file():
            found = "a folder or device" if path.exists() else missing(path)
            return Inspection(check="missing_image", problem=found)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        picture = decoding.decode(path, settings["channels"], settings["max_pixels"])
        if isinstance(picture.pixels, large_images.Parts):
            picture.pixels.check()
        intensity.refuse_infinite(picture.pixels)
    except OSError as error:
        found = f"the file cannot be read: {error.strerror or error}"
        return Inspection(sha256, check="unreadable_image", problem=found)
    except ImageError as error:
        return Inspection(sha256, check=error.check, problem=str(error))
    pixels, limits, own_limits = picture.pixels, None, None
    deep = pixels.dtype != np.uint8
    if deep:
        mapping = settings["intensity"]
        own_limits = intensity.limits_of(pixels, groups(settings), mapping["percentiles"])
    if deep and histogram:
        histogram.add(pixels)
    elif deep:
        limits = mapping["range"] or own_limits
    return Inspection(
        sha256,
        width=pixels.shape[1],
        height=pixels.shape[0],
        exif=picture.exif,
        thumbnail=thumbnails.thumbnail(
            grey(block, own_limits) for block in intensity.blocks(pixels)
        ),
        deep=deep,
        intensity=limits,
        remarks=picture.remarks | remarks_on(path, picture),
    )


def grey(pixels: np.ndarray, limits: list[list[float]] | None) -> np.ndarray:
    """Grey levels of 0 to 255, of shape `[height, width]`; limits are for more than 8 bits."""
    if limits:
        pixels = intensity.to_8_bits(pixels, limits)
    if pixels.shape[2] == 3:
        pixels = with_channels(pixels, 1)
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels.mean(axis=2, dtype=np.float32)


def groups(settings: dict) -> int:
    """How many pairs of limits: one for the colours, which keep their balance, else per channel."""
    return 1 if settings["channels"] in (1, 3) else settings["channels"]


def remarks_on(path: Path, picture: decoding.Picture) -> dict[str, str]:
    remarks = {}
    expected = Image.registered_extensions().get(path.suffix.lower())
    actual = "JPEG" if picture.file_format == "MPO" else picture.file_format
    if expected not in (None, actual):
        remarks["wrong_extension"] = f"the name says {expected}, the content is {actual}"
    if is_constant(picture.pixels):
        remarks["constant_image"] = "all pixels have the same value"
    return remarks


def is_constant(pixels) -> bool:
    first = pixels[:1, :1]
    return all(np.all(block == first) for block in intensity.blocks(pixels))
