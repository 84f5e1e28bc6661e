"""The one way to read an image, and to find out what is wrong with one."""

import hashlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from coco import thumbnails
from coco.errors import InputError

EIGHT_BIT_MODES = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr")
ORIENTATION_TAG = 0x0112
TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SWAPS_SIDES = (5, 6, 7, 8)

# Odd metadata and large images are no news; what matters is reported as a problem.
warnings.filterwarnings("ignore", module=r"PIL\.")


def read_image(image: str | Path | dict, orientation: int = 1) -> np.ndarray:
    """Read an image as the pipeline sees it.

    Grey, palette and CMYK images become RGB as Pillow converts them. Transparency is dropped,
    not composited: a transparent pixel shows the colour that is stored beneath.

    Args:
        image: a path, or the record of an image with its `file_name` and `orientation`.
        orientation: EXIF orientation to apply to a path's pixels, 1 to 8.

    Returns:
        uint8 array of shape `[height, width, 3]`, RGB.

    Raises:
        InputError: the file is missing, unreadable, truncated, not of 8 bits per channel, or has
            several pages.
    """
    if isinstance(image, dict):
        image, orientation = image["file_name"], image.get("orientation", 1)
    try:
        pixels, _ = decode(Path(image).read_bytes())
    except OSError as error:
        raise InputError(f"{image}: {error.strerror or error}") from error
    except InputError as error:
        raise InputError(f"{image}: {error}") from error
    if orientation != 1:
        pixels = pixels.transpose(TRANSPOSITIONS[orientation])
    return np.array(pixels)


@dataclass(frozen=True)
class Inspection:
    """What a look at the whole of an image file finds.

    Attributes:
        sha256: digest of the file's bytes; None if there is no such file.
        width, height: size of the stored pixels; None if they cannot be read.
        exif: EXIF orientation, 1 to 8. Pillow turns TIFFs itself: they always have 1.
        thumbnail: the stored pixels in a few cells, to compare by; None if it cannot be compared.
        problem: why the image cannot be used, and what to do; None if it can.
    """

    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    exif: int = 1
    thumbnail: str | None = None
    problem: str | None = None


def inspect(path: str | Path) -> Inspection:
    """Read and decode the file to its end, which is what it takes to notice a truncated one."""
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        return Inspection(problem="the file does not exist")
    except OSError as error:
        return Inspection(problem=f"the file cannot be read: {error.strerror or error}")
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        pixels, exif = decode(data)
    except InputError as error:
        return Inspection(sha256, problem=str(error))
    thumbnail = thumbnails.thumbnail(np.asarray(pixels.convert("L")))
    return Inspection(sha256, pixels.width, pixels.height, exif, thumbnail)


def orientation_to_apply(
    exif: int, stored: tuple[int, int], declared: tuple[int, int] | None
) -> int:
    """Which orientation puts the pixels into the frame that the annotations were drawn in.

    Some annotation tools turn photos by their EXIF orientation and others do not. The size that
    they wrote down tells, unless the turn keeps the size: then the photo is turned, as nearly
    every viewer does.

    Args:
        exif: the file's EXIF orientation.
        stored: width and height of the stored pixels.
        declared: width and height that the annotations declare, or None.
    """
    fits_only_as_stored = declared == stored and size_after(exif, stored) != declared
    return 1 if fits_only_as_stored else exif


def size_after(orientation: int, size: tuple[int, int]) -> tuple[int, int]:
    """Width and height once the orientation is applied."""
    return size[::-1] if orientation in SWAPS_SIDES else size


def decode(data: bytes) -> tuple[Image.Image, int]:
    """The RGB image in a file's bytes, not turned, and its EXIF orientation."""
    if not data:
        raise InputError("the file is empty; copy it again from its source")
    try:
        image = Image.open(io.BytesIO(data))
        encoding = str(image.tile)
        pages = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
        image.load()
    except Image.DecompressionBombError as error:
        raise InputError(f"{error}; cut the image into several") from error
    except UnidentifiedImageError as error:
        raise InputError(
            "damaged, or no image of a format that Pillow knows; copy it again or save it as PNG"
        ) from error
    except Exception as error:  # Pillow raises whatever its decoders do
        raise InputError(
            f"not readable as an image ({error or type(error).__name__}); "
            "copy it again from its source, or save it as PNG"
        ) from error
    if pages > 1:
        raise InputError(f"{pages} pages or frames in one file; save each as an image of its own")
    if image.mode not in EIGHT_BIT_MODES or ";16" in encoding:
        raise InputError("more than 8 bits per channel; save it with 8 bits per channel")
    exif = exif_orientation(image)
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA")  # a palette's transparency is lost only from here
    return image.convert("RGB"), exif


def exif_orientation(image: Image.Image) -> int:
    """The EXIF orientation of a loaded image; 1 if it has none that makes sense."""
    try:
        orientation = image.getexif().get(ORIENTATION_TAG)
    except Exception:  # damaged metadata leave the pixels as good as they are
        return 1
    return orientation if orientation in TRANSPOSITIONS else 1
