"""What formats with label images share: pixels that say, by number or colour, what they show."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image
from scipy import ndimage
from tifffile import COMPRESSION

from coco import masks
from coco.errors import InputError, listed
from coco.formats.folders import IMAGE_SUFFIXES, by_name, files, refuse_outside
from coco.stand_ins import stand_in_at

LABEL_SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".gif", ".npy")
LOSSY_SUFFIXES = (".jpg", ".jpeg", ".webp")
LOSSY = "JPEG and WebP change pixel values, so that labels cannot be read back; export PNG or TIFF"
LOSSY_FORMATS = ("JPEG", "MPO", "WEBP")
LOSSY_COMPRESSIONS = COMPRESSION.JPEG, COMPRESSION.OJPEG, COMPRESSION.WEBP  # within a TIFF
FAX = COMPRESSION.CCITTRLE, COMPRESSION.CCITT_T4, COMPRESSION.CCITT_T6
FEW = 20  # to find out the format
SOFT_WIDTH = 2  # px
SOFT_SHARE = 0.2  # 0.25 in a label map that was a JPEG, 0.11 where cells of 4 px fill the image
FEWEST_SOFT = 20
OVER_CORNERS = np.ones((3, 3), int)
THREADS = 4  # the decoders work beside Python


@dataclass(frozen=True)
class Pair:
    """A photo and its label image; `name` is their path without folder and suffix."""

    name: str
    photo: Path
    label: Path | None


def pairs(source: dict) -> list[Pair]:
    """The photos of the folder `images` and the label images of the same name in `labels`.

    A label image without a photo has a `photo` that does not exist, which the import will find.
    """
    folder, label_folder = Path(source["images"]), Path(source["labels"])
    for path in (folder, label_folder):
        if not path.is_dir():
            raise InputError(f"{path}: no such folder; expected photos in one, labels in the other")
    photo_ending, label_ending = source.get("image_suffix", ""), source.get("label_suffix", "")
    labels = by_name(files(label_folder, LABEL_SUFFIXES), label_folder, label_ending)
    taken = {*labels.values()}  # one folder may hold both
    photos = [path for path in files(folder, IMAGE_SUFFIXES) if path not in taken]
    photos = by_name(photos, folder, photo_ending)
    lossy = by_name(files(label_folder, LOSSY_SUFFIXES), label_folder, label_ending)
    unlabelled = sorted(photos.keys() & lossy.keys() - labels.keys())
    if wrong := [str(lossy[name]) for name in unlabelled if lossy[name] != photos[name]]:
        raise InputError(f"{listed(wrong)}: {LOSSY}")
    if not photos.keys() & labels.keys():
        have = [str(min(found.values())) for found in (photos, labels) if found]
        raise InputError(
            f"{folder} and {label_folder} have no image of the same name, but "
            f"{' and '.join(have) or 'none at all'}; expected a photo "
            f"<name>{photo_ending}.jpg (or any other suffix) and labels <name>{label_ending}.png"
        )
    return [
        Pair(name, photos.get(name, folder / f"{name}{photo_ending}"), labels.get(name))
        for name in sorted(photos.keys() | labels.keys())
    ]


def first_label(source: dict) -> Path | None:
    """A label image that is readable, if the source has folders of photos and labels."""
    try:
        found = pairs(source) if {"images", "labels"} <= source.keys() else []
    except InputError:
        return None
    labels = islice((pair.label for pair in found if pair.label), FEW)
    return next(filter(is_readable, labels), None)


def is_readable(path: Path) -> bool:
    try:
        stored_values(path)
    except InputError:
        return False
    return True


def existing(pair: Pair, source: dict) -> Path:
    """The label image of a photo; InputError if it has none."""
    if pair.label is None:
        missing = Path(source["labels"], f"{pair.name}{source.get('label_suffix', '')}.png")
        raise InputError(
            f"{missing}: no such file, nor with another suffix; if the photo shows no object, "
            "give it a label image that is all background"
        )
    refuse_outside(pair.label, Path(source["labels"]))
    return pair.label


def without_suffix(name: str) -> str:
    """A file's name without the suffix of an image, if it has one."""
    path = Path(name)
    is_image = path.suffix.lower() in (*IMAGE_SUFFIXES, *LABEL_SUFFIXES)
    return str(path.with_suffix("")) if is_image else name


def records(
    found: Iterable[Pair], objects: Callable[[Pair], tuple[tuple[int, int], list[dict]]]
) -> tuple[list[dict], list[dict]]:
    """The images and annotations of all pairs.

    `objects(pair)` gives width and height of the label image, its annotations, and maybe remarks.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(lambda pair: record(pair, objects), found))
    return [image for image, _ in results], [one for _, own in results for one in own]


def record(pair: Pair, objects: Callable) -> tuple[dict, list[dict]]:
    image = {
        "source_id": pair.name,
        "file_name": pair.photo.as_posix(),
        "declared_width": None,
        "declared_height": None,
    }
    try:
        size, annotations, *remarks = objects(pair)
    except InputError as error:
        return image | {"problem": str(error)}, []
    if size:
        image["declared_width"], image["declared_height"] = size
    if any(remarks):
        image["remarks"] = remarks[0]
    return image, [one | {"source_image_id": pair.name} for one in annotations]


def annotation(source_id: str, category, segmentation: dict | None = None, **more) -> dict:
    return {
        "source_id": source_id,
        "source_category_id": category,
        "bbox": None,
        "iscrowd": 0,
        "segmentation": segmentation,
    } | more


def declared_size(image: dict, annotations: list[dict]) -> tuple[int, int] | None:
    size = image["declared_width"], image["declared_height"]
    return None if None in size else size


def translate(annotation: dict, size: tuple[int, int] | None) -> dict:
    keys = "segmentation", "problem", "check", "remarks"
    return {key: annotation[key] for key in keys if key in annotation}


# Pixels


def numbers(path: Path) -> np.ndarray:
    """The whole number of each pixel: integers of shape `[height, width]`.

    Of a palette image that is the index, not the colour.
    """
    values = stored_values(path)
    if values.ndim == 3 and values.shape[-1] in (3, 4) and is_grey(values):
        values = values[..., 0]
    if values.ndim != 2:
        has = "colours" if values.shape[-1] in (3, 4) else "several pages or channels"
        raise InputError(f"{path}: has {has}, expected one whole number per pixel")
    if values.size == 0:
        raise InputError(f"{path}: has no pixel")
    if not is_whole(values):
        raise InputError(f"{path}: has values that are no whole numbers; export it as integers")
    if values.dtype.kind == "b":
        return values.astype(np.uint8)
    is_small = values.dtype.kind in "iu" and values.dtype.itemsize < 8
    return values if is_small else values.astype(np.int64)


def has_numbers(path: Path, palette: bool = True) -> bool:
    """Whether pixels are numbers, grey or, if `palette` is set, indices, and not colours."""
    modes = ("1", "L", "I", "I;16", "I;16B", *(["P"] if palette else []))
    return load(path).mode in modes


def stored_values(path: Path, palette: bool = True) -> np.ndarray:
    """The pixels as they are stored, or, unless `palette` is set, the colours of a palette."""
    try:
        if path.suffix.lower() == ".npy":
            return np.load(path, allow_pickle=False)
        if path.suffix.lower() in (".tif", ".tiff"):
            return tiff_values(path)
        return pillow_values(path, palette)
    except InputError:
        raise
    except Exception as error:  # decoders raise whatever they like
        raise unreadable(path) from error


def pillow_values(path: Path, palette: bool = True) -> np.ndarray:
    image = load(path)
    if image.mode == "P" and not palette:
        image = image.convert("RGBA")
    values = np.asarray(image)
    return values != 0 if image.mode == "1" else values  # Pillow's True is 255 within


def tiff_values(path: Path) -> np.ndarray:
    with tifffile.TiffFile(path) as tiff:
        compression = tiff.pages.first.compression
        if compression in FAX:  # tifffile does not decode it
            return pillow_values(path)
        if compression in LOSSY_COMPRESSIONS:
            raise InputError(f"{path}: {LOSSY}")
        if tiff.pages.first.size > 2 * Image.MAX_IMAGE_PIXELS:  # as Pillow does
            raise too_large(path)
        refuse_pages(path, sum(not series.keyframe.is_reduced for series in tiff.series))
        return single(tiff.asarray())


def refuse_pages(path: Path, count: int):
    if count > 1:
        raise InputError(f"{path}: has {count} pages or frames, expected one image")


def single(values: np.ndarray) -> np.ndarray:
    """The pixels without axes in front that hold one page, channel or slice only."""
    return single(values[0]) if values.ndim > 2 and len(values) == 1 else values


def is_whole(values: np.ndarray) -> bool:
    if values.dtype.kind == "f":
        return bool(np.all(np.isfinite(values) & (values == np.round(values))))
    return values.dtype.kind in "biu"


def is_grey(values: np.ndarray) -> bool:
    return np.array_equal(values[..., 0], values[..., 1]) and np.array_equal(
        values[..., 0], values[..., 2]
    )


def colours(path: Path) -> np.ndarray:
    """The colour of each pixel as one number, 0xRRGGBB: int32 of shape `[height, width]`."""
    image = load(path)
    if image.mode.startswith(("I", "F")):
        raise InputError(f"{path}: has more than 8 bits per pixel, expected colours")
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA")  # keeps the colour beneath a transparent index
    channels = np.moveaxis(np.asarray(image.convert("RGB")), -1, 0)
    return packed(*(channel.astype(np.int32) for channel in channels))


def load(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            count, stored_as = getattr(image, "n_frames", 1), str(image.tile)
            image.load()
    except Image.DecompressionBombError as error:
        raise too_large(path) from error
    except Exception as error:  # Pillow raises whatever its decoders do
        raise unreadable(path) from error
    if image.format in LOSSY_FORMATS or image.info.get("compression") == "jpeg":
        raise InputError(f"{path}: {LOSSY}")
    refuse_pages(path, count)
    if ";16" in stored_as and not image.mode.startswith("I"):  # Pillow has cut them to 8
        raise InputError(f"{path}: has colours of 16 bits, expected 8, or one number per pixel")
    return image


def too_large(path: Path) -> InputError:
    return InputError(f"{path}: has more pixels than images.max_pixels allows; raise it, or cut it")


def unreadable(path: Path) -> InputError:
    found = stand_in_at(path)
    unknown = "not readable as an image; copy it again from its source"
    return InputError(f"{path}: this is {found}" if found else f"{path}: {unknown}")


def connected_parts(mask: np.ndarray) -> np.ndarray:
    """The number of the connected part, from 1, that each pixel is of; 0 where `mask` is 0."""
    return ndimage.label(mask, OVER_CORNERS)[0]


def soft_edges(labels: np.ndarray) -> dict:
    """A remark if values go from one to another over those between, as interpolation leaves them.

    It looks along rows and along columns: lines side by side are like that in one of them.
    """
    share = min(soft_share(labels), soft_share(labels.T))
    if share < SOFT_SHARE:
        return {}
    found = f"{share:.0%} of the runs of a value are 1 or 2 px between a lower and a higher"
    return {"soft_edges": f"{found}; export without anti-aliasing, resize by nearest neighbour"}


def soft_share(labels: np.ndarray) -> float:
    """Of the runs of one value down columns, the part that is short, and between its neighbours."""
    starts, values = masks.runs_of_values(labels)
    is_short = np.diff(starts) <= SOFT_WIDTH
    is_rising = values[1:] > values[:-1]
    soft = np.count_nonzero(is_short[1:] & (is_rising[1:] == is_rising[:-1]))
    return soft / starts.size if soft >= FEWEST_SOFT else 0


def packed(red: int, green: int, blue: int) -> int:
    """A colour as one number, 0xRRGGBB."""
    return red << 16 | green << 8 | blue


def shown(colour: int) -> str:
    """`#rrggbb` of 0xRRGGBB."""
    return f"#{colour:06x}"
