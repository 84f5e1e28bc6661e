"""The one way to read an image, and to find out what is wrong with one."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from coco import decoding, intensity, orientation, thumbnails
from coco.errors import ImageError, InputError


def read_image(image: dict) -> np.ndarray:
    """Read an image as the pipeline sees it.

    Grey, palette and CMYK images become RGB as Pillow converts them, colours become grey by its
    weights (ITU-R 601). Transparency is dropped, not composited: a transparent pixel shows the
    colour that is stored beneath.

    Args:
        image: the record of an image, with its `file_name`, `width` and `height`; `orientation`,
            the EXIF orientation to apply (1); `channels` (3); and `intensity`, the limits for
            pixels of more than 8 bits.

    Returns:
        uint8 array of shape `[height, width, channels]`, RGB if there are 3.

    Raises:
        InputError: the file is missing or unreadable, or is not the one that was recorded.
    """
    path, channels = image["file_name"], image.get("channels", 3)
    size = image["width"], image["height"]
    try:
        picture = decoding.decode(path, channels, max_pixels=size[0] * size[1])
        pixels = picture.pixels
        if pixels.dtype != np.uint8:
            if "intensity" not in image:
                raise InputError("more than 8 bits, unlike when it was imported")
            pixels = intensity.to_8_bits(pixels, image["intensity"])
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    pixels = orientation.turn(with_channels(pixels, channels), image.get("orientation", 1))
    if pixels.shape[1::-1] != size:
        raise InputError(
            f"{path}: {pixels.shape[1]}x{pixels.shape[0]} pixels, but {size[0]}x{size[1]} when it "
            "was imported; import the data again"
        )
    return np.array(pixels, order="C")


def read_picture(image: dict) -> np.ndarray:
    """What `read_image` reads, for the eye: RGB, from the first three channels or from grey."""
    pixels = read_image(image)
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
            found = "a folder or device" if path.exists() else "the file does not exist"
            return Inspection(check="missing_image", problem=found)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        picture = decoding.decode(path, settings["channels"], settings["max_pixels"])
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
        thumbnail=thumbnails.thumbnail(grey(pixels, own_limits)),
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
    if np.all(picture.pixels.min(axis=(0, 1)) == picture.pixels.max(axis=(0, 1))):
        remarks["constant_image"] = "all pixels have the same value"
    return remarks
