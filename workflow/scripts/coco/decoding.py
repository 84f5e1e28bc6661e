"""From an image file to its pixels as they are stored, whatever their number and type.

Pillow reads everything of up to 8 bits, and knows palettes, inks and sub-sampled colours. Of
TIFFs, tifffile reads what Pillow would cut down or refuse: more bits, signs, fractions, bands.
"""

import logging
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
import tifffile
from PIL import Image, UnidentifiedImageError
from tifffile import PHOTOMETRIC

from coco import large_images, orientation, pixel_limit
from coco.errors import ImageError
from coco.stand_ins import HEAD, stand_in

# Not among them: EPS, for which Pillow starts another program, and containers of documents.
FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
TIFF_HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
DEEP_MODES = ("I", "I;16", "I;16B", "I;16L", "F")
ORIENTATION_TAG = 0x0112
CODED_COLOURS = (  # that Pillow knows, but at 8 bits only
    PHOTOMETRIC.PALETTE,
    PHOTOMETRIC.YCBCR,
    PHOTOMETRIC.CIELAB,
    PHOTOMETRIC.ICCLAB,
    PHOTOMETRIC.ITULAB,
)
LARGEST_TILE = 4096 * 4096  # px, even where the image itself is smaller

Image.init()  # so that all formats are known, in every thread
# Odd metadata are no news; what matters is reported as a problem.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("tifffile").setLevel(logging.CRITICAL)


@dataclass
class Picture:
    """The content of an image file.

    Attributes:
        pixels: `[height, width, channels]`, not turned, of the file's own type; uint8 if it has up
            to 8 bits. Those of a large TIFF are not decoded yet, and damage shows when they are.
        exif: EXIF orientation, 1 to 8.
        file_format: as Pillow calls it.
        remarks: name of a check and what it found, for what does not keep the image from use.
    """

    pixels: np.ndarray | large_images.Parts
    exif: int
    file_format: str
    remarks: dict[str, str] = field(default_factory=dict)


def decode(path: str | Path, channels: int, max_pixels: int) -> Picture:
    """Read an image; to its end, which it takes to notice a truncated one, unless it is large.

    Args:
        path: of the file.
        channels: what the data set has. For 1 and 3 the pixels are grey or colour, without
            transparency; for another number they are all that is stored, and must be as many.
        max_pixels: larger images are refused before they are decoded.

    Raises:
        ImageError: the file cannot be used.
        OSError: the file cannot be opened.
    """
    with Path(path).open("rb") as file:
        head = file.read(4)
        if not head:
            raise ImageError("empty_file", "the file is empty; copy it again from its source")
        file.seek(0)
        try:
            picture = read_tiff(file, channels, max_pixels) if head in TIFF_HEADS else None
            return picture or read_with_pillow(file, channels, max_pixels)
        except ImageError:
            raise
        except Image.DecompressionBombError as error:
            raise ImageError(
                "too_many_pixels",
                f"far more pixels than images.max_pixels allows, {max_pixels}; cut it into several",
            ) from error
        except UnidentifiedImageError as error:
            file.seek(0)
            unknown = f"damaged, or none of {', '.join(FORMATS)}; copy it again or save it as PNG"
            found = stand_in(file.read(HEAD))
            problem = f"this is {found}" if found else unknown
            raise ImageError("unreadable_image", problem) from error
        except Exception as error:  # the libraries raise whatever their decoders do
            raise ImageError(
                "unreadable_image",
                f"not readable as an image ({error or type(error).__name__}); "
                "copy it again from its source, or save it as PNG",
            ) from error


def refuse_large(width: int, height: int, max_pixels: int):
    if width * height > max_pixels:
        raise ImageError(
            "too_many_pixels",
            f"{width}x{height} pixels, images.max_pixels allows {max_pixels}; "
            "cut it into several, or raise images.max_pixels",
        )


def refuse_pages(count: int):
    if count > 1:
        raise ImageError(
            "several_pages",
            f"{count} pages or frames in one file; save each as an image of its own or, "
            "if they are channels, as one page with that many channels",
        )


def refuse_channels(count: int, channels: int, kind: str):
    if count != channels and not (count in (1, 3) and channels in (1, 3)):
        raise ImageError(
            "wrong_channels",
            f"{count} channels ({kind}), images.channels is {channels}; "
            "save the image with as many, or change images.channels",
        )


def read_with_pillow(
    file: BinaryIO, channels: int, max_pixels: int, page: int | None = None
) -> Picture:
    """An image; of a TIFF the `page` that counts, if that is known."""
    pixel_limit.allow(max_pixels)
    image = Image.open(file, formats=FORMATS)
    if page is not None:
        image.seek(page)
    refuse_large(*image.size, max_pixels)
    if page is None:
        refuse_pages(1 if image.format == "MPO" else getattr(image, "n_frames", 1))
    cut_down = ";16" in str(image.tile) and image.mode not in DEEP_MODES
    tiff_orientation = image.tag_v2.get(ORIENTATION_TAG) if image.format == "TIFF" else None
    image.load()
    if cut_down:
        pixels = deep_png(file, image.format)
    else:
        pixels = np.asarray(image if image.mode in DEEP_MODES else of_channels(image, channels))
        pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    if channels in (1, 3):
        pixels = pixels[..., :3]
    refuse_channels(pixels.shape[2], channels, image.mode)
    if image.format == "TIFF":  # which Pillow turns itself
        exif = orientation.valid(tiff_orientation)
        return Picture(orientation.turn_back(pixels, exif), exif, image.format)
    return Picture(pixels, exif_orientation(image), image.format)


def of_channels(image: Image.Image, channels: int) -> Image.Image:
    """An image of 8 bits as grey or RGB, if that is what the data set has."""
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA")  # a palette's transparency is lost only from here
    if image.mode == "1":
        return image.convert("L")
    if channels not in (1, 3):
        return image
    if image.mode == "La":
        image = image.convert("LA")
    mode = "L" if image.mode in ("L", "LA") else "RGB"
    return image if image.mode == mode else image.convert(mode)


def deep_png(file: BinaryIO, file_format: str) -> np.ndarray:
    """Colours of 16 bits, which Pillow would cut down to 8 without a word."""
    if file_format != "PNG":
        raise ImageError(
            "unreadable_image",
            f"more than 8 bits per channel in a {file_format}; save it as PNG or TIFF",
        )
    file.seek(0)
    pixels = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    return cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB)


def exif_orientation(image: Image.Image) -> int:
    """The EXIF orientation of a loaded image; 1 if it has none that makes sense."""
    try:
        return orientation.valid(image.getexif().get(ORIENTATION_TAG))
    except Exception:  # damaged metadata leave the pixels as good as they are
        return orientation.UPRIGHT


def read_tiff(file: BinaryIO, channels: int, max_pixels: int) -> Picture | None:
    """A TIFF; None if tifffile does not know it."""
    try:
        tiff = tifffile.TiffFile(file)
        page = only_page(tiff)
    except (tifffile.TiffFileError, IndexError):
        return None
    refuse_large(page.imagewidth, page.imagelength, max_pixels)
    refuse_large(page.tilewidth, page.tilelength, max(max_pixels, LARGEST_TILE))
    in_parts = large_images.is_read_in_parts(page)
    if is_for_pillow(page) and not in_parts:
        file.seek(0)
        return read_with_pillow(file, channels, max_pixels, page.index)
    if page.axes not in ("YX", "YXS", "SYX") or page.dtype.kind not in "buif":
        raise ImageError(
            "unreadable_image",
            f"{page.dtype} values of the shape {page.shape}; save it as a flat image of numbers",
        )
    if page.dtype != np.uint8 and page.photometric in CODED_COLOURS:
        raise ImageError(
            "unreadable_image",
            f"{page.dtype} values that stand for colours ({page.photometric.name}); save it as RGB",
        )
    used, remarks = used_samples(page, channels)
    refuse_channels(used, channels, page.photometric.name)
    exif = orientation.valid(page.tags.valueof(ORIENTATION_TAG))
    if in_parts:
        return Picture(large_images.Parts(file.name, page, used), exif, "TIFF", remarks)
    pixels = page.asarray()
    if page.axes == "SYX":
        pixels = np.moveaxis(pixels, 0, 2)
    pixels = pixels.reshape(page.imagelength, page.imagewidth, -1)[..., :used]
    if pixels.dtype == bool:
        pixels = pixels * np.uint8(255)
    if page.photometric == PHOTOMETRIC.MINISWHITE and pixels.dtype.kind == "u":
        pixels = pixels.dtype.type(2**page.bitspersample - 1) - pixels
    return Picture(pixels, exif, "TIFF", remarks)


def only_page(tiff: tifffile.TiffFile) -> tifffile.TiffPage:
    """The one page that is neither a smaller version of another nor a mask."""
    whole = (page for page in tiff.pages if not (page.is_reduced or page.is_mask))
    page = next(whole, tiff.pages[0])
    if next(whole, None):
        refuse_pages(len(tiff.pages))
    return page


def is_for_pillow(page: tifffile.TiffPage) -> bool:
    if page.dtype not in (np.uint8, bool):
        return False
    if page.photometric in (PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.MINISWHITE):
        return page.samplesperpixel == 1
    if page.photometric == PHOTOMETRIC.RGB:
        return page.samplesperpixel == 3
    return True


def used_samples(page: tifffile.TiffPage, channels: int) -> tuple[int, dict[str, str]]:
    """How many of the samples of a pixel are channels of the data set, and a remark on the rest."""
    count = page.samplesperpixel
    if channels not in (1, 3):
        return count, {}
    transparency = sum(kind in (1, 2) for kind in page.extrasamples)
    used = 3 if page.photometric == PHOTOMETRIC.RGB else count - transparency
    if used + transparency >= count:
        return used, {}
    found = f"{count} channels, of which the first three are used, as RGB"
    return used, {"extra_channels": found}
