"""Large TIFFs, decoded tile by tile or strip by strip where a part of them is looked at."""

from collections import OrderedDict
from pathlib import Path

import numpy as np
import tifffile
from tifffile import COMPRESSION, PHOTOMETRIC

from coco.errors import ImageError

LARGE = 4096 * 4096  # px; what is not larger is decoded as a whole
CACHE = 2**27  # bytes of decoded tiles that are kept, unless one row of them takes more


def is_read_in_parts(page: tifffile.TiffPage) -> bool:
    """Whether a page is large, and of a kind whose parts are the same as those of the whole."""
    if page.imagewidth * page.imagelength <= LARGE or page.compression == COMPRESSION.OJPEG:
        return False
    if page.dtype != np.uint8:
        return page.dtype != bool and page.photometric != PHOTOMETRIC.PALETTE
    is_jpeg = page.photometric == PHOTOMETRIC.YCBCR and page.compression == COMPRESSION.JPEG
    plain = (PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.MINISWHITE, PHOTOMETRIC.RGB)
    return page.bitspersample == 8 and (page.photometric in plain or is_jpeg)


class Parts:
    """The pixels of a page, which look like an array: `shape`, `dtype`, and slices.

    `parts[y1:y2, x1:x2]` is an array `[height, width, samples]` of the page's own type, for which
    only the tiles or strips in it are decoded; an uncompressed page is not even read otherwise.
    ImageError if they are damaged.

    Args:
        path: of the file.
        page: of a file that may be closed afterwards.
        samples: how many of a pixel's are used.
    """

    def __init__(self, path: str | Path, page: tifffile.TiffPage, samples: int):
        self.path, self.page, self.decode = Path(path), page, page.decode
        self.shape = page.imagelength, page.imagewidth, samples
        self.dtype = page.dtype
        self.ndim, self.size = 3, int(np.prod(self.shape))
        self.is_planar = page.axes == "SYX"
        tiled = page.is_tiled
        self.length = page.tilelength if tiled else min(page.rowsperstrip, page.imagelength)
        self.width = page.tilewidth if tiled else page.imagewidth
        self.across = -(-page.imagewidth // self.width)
        self.down = -(-page.imagelength // self.length)
        self.cache, self.most = OrderedDict(), max(1, CACHE // self.bytes_of_a_part())
        self.most = max(self.most, self.across * (samples if self.is_planar else 1))
        self.stored = self.mapped() if page.is_memmappable else None
        planes = page.samplesperpixel if self.is_planar else 1
        listed = min(len(page.dataoffsets), len(page.databytecounts))
        if self.stored is None and listed < self.across * self.down * planes:
            raise ImageError("unreadable_image", f"lists {listed} of its parts; copy it again")

    def bytes_of_a_part(self) -> int:
        samples = 1 if self.is_planar else self.page.samplesperpixel
        return self.length * self.width * samples * self.dtype.itemsize

    def mapped(self) -> np.ndarray:
        page = self.page
        dtype = np.dtype(page.dtype).newbyteorder(page.parent.byteorder)
        stored = np.memmap(self.path, dtype, "r", page.dataoffsets[0], page.shape)
        return np.moveaxis(stored, 0, 2) if self.is_planar else stored.reshape(*self.shape[:2], -1)

    def check(self):
        """Decode all, one at a time, to notice what is damaged or not there."""
        if self.stored is None:
            with self.path.open("rb") as file:
                for number in range(len(self.page.dataoffsets)):
                    self.decoded(number, file)

    def __getitem__(self, key) -> np.ndarray:
        rows, columns = key if isinstance(key, tuple) else (key, slice(None))
        y1, y2, _ = rows.indices(self.shape[0])
        x1, x2, _ = columns.indices(self.shape[1])
        if self.stored is not None:
            pixels = self.stored[y1:y2, x1:x2, : self.shape[2]].astype(self.dtype)
        else:
            pixels = self.assembled(y1, x1, max(y1, y2), max(x1, x2))
        if self.page.photometric == PHOTOMETRIC.MINISWHITE and self.dtype.kind == "u":
            pixels = self.dtype.type(2**self.page.bitspersample - 1) - pixels
        return pixels

    def assembled(self, y1: int, x1: int, y2: int, x2: int) -> np.ndarray:
        pixels = np.empty((y2 - y1, x2 - x1, self.shape[2]), self.dtype)
        with self.path.open("rb") as file:
            for row in range(y1 // self.length, -(-y2 // self.length)):
                for column in range(x1 // self.width, -(-x2 // self.width)):
                    top, left = row * self.length - y1, column * self.width - x1
                    part = self.part(row * self.across + column, file)
                    part = part[max(0, -top) :, max(0, -left) :]
                    target = pixels[max(0, top) :, max(0, left) :]
                    height, width = np.minimum(part.shape[:2], target.shape[:2])
                    target[:height, :width] = part[:height, :width]
        return pixels

    def part(self, number: int, file) -> np.ndarray:
        """A tile or strip with all its samples, decoded unless it was a moment ago."""
        if not self.is_planar:
            return self.decoded(number, file)[..., : self.shape[2]]
        step = self.across * self.down
        planes = [self.decoded(number + step * plane, file) for plane in range(self.shape[2])]
        return np.concatenate(planes, axis=2)

    def decoded(self, number: int, file) -> np.ndarray:
        if number in self.cache:
            self.cache.move_to_end(number)
            return self.cache[number]
        file.seek(self.page.dataoffsets[number])
        count = self.page.databytecounts[number]
        data = file.read(count)
        kind = "tile" if self.page.is_tiled else "strip"
        if len(data) < count:
            raise ImageError("unreadable_image", f"truncated at {kind} {number}; copy it again")
        try:
            tables = {"jpegtables": self.page.jpegtables} if self.page.jpegtables else {}
            pixels, _, shape = self.decode(data or None, number, **tables)
        except Exception as error:  # the libraries raise whatever their decoders do
            raise ImageError(
                "unreadable_image",
                f"damaged at {kind} {number} ({error or type(error).__name__}); copy it again",
            ) from error
        if pixels is None:  # a part that the file leaves out
            pixels = np.full(shape, self.page.nodata, self.dtype)
        self.cache[number] = pixels[0]
        while len(self.cache) > self.most:
            self.cache.popitem(last=False)
        return pixels[0]
