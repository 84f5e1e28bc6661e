"""How pixels of more than 8 bits become 8 bits: what is black, what is white.

Limits are pairs of values, `[low, high]`: low and all below it become 0, high and all above it
255, and what lies between is spread evenly. There is one pair for all channels or one for each.
"""

import math
import threading
from collections.abc import Iterator

import numpy as np

from coco.errors import ImageError

BITS = 20  # of a float32's 32: sign, exponent and 12 digits
BLOCK = 2**20  # values that are worked on at a time, which bounds the memory


class Histogram:
    """Counts of pixel values of any type and range, in bounded memory.

    Values are told apart to 12 binary digits, which is 16 times as fine as 8 bits need. Sums of
    counts do not depend on the order in which images, or threads, add theirs.

    Args:
        groups: how many channels are counted separately; 1 counts all together.
    """

    def __init__(self, groups: int):
        self.counts = np.zeros((groups, 2**BITS), np.int64)
        self.lock = threading.Lock()

    def add(self, pixels: np.ndarray):
        """Count the pixels of an image of shape `[height, width, channels]`."""
        for block in blocks(pixels):
            values = block.reshape(-1, len(self.counts)).T
            for group, group_values in enumerate(values):
                counts = np.bincount(keys(group_values), minlength=2**BITS)
                with self.lock:
                    self.counts[group] += counts

    def limits(self, percentiles: list[float]) -> list[list[float]]:
        """`[low, high]` of each group; its least and largest value if the percentiles agree."""
        return [percentiles_of(counts, percentiles) for counts in self.counts]


def limits_of(pixels: np.ndarray, groups: int, percentiles: list[float]) -> list[list[float]]:
    """The limits of one image, from its own percentiles."""
    limits = []
    for group in range(groups):
        histogram = Histogram(1)
        for block in blocks(pixels):
            histogram.add(block if groups == 1 else block[..., group : group + 1])
        limits += histogram.limits(percentiles)
    return limits


def percentiles_of(counts: np.ndarray, percentiles: list[float]) -> list[float]:
    sums = np.cumsum(counts)
    ranks = np.maximum(np.ceil(np.array(percentiles) / 100 * sums[-1]), 1)
    low, high = np.searchsorted(sums, ranks)
    if low == high:
        low, high = np.flatnonzero(counts)[[0, -1]]
    return [value_of(low), value_of(high)]


def keys(values: np.ndarray) -> np.ndarray:
    """Whole numbers from 0 to 2**BITS - 1 in the order of the values."""
    bits = values.astype(np.float32).view(np.uint32)
    negative = bits >> 31 == 1  # of those the largest bits are the smallest values
    return np.where(negative, ~bits, bits | 2**31) >> (32 - BITS)


def value_of(key: int) -> float:
    """The value with this key that is nearest to 0."""
    key, digits = int(key), 32 - BITS
    is_negative = key < 2 ** (BITS - 1)
    bits = ~(key << digits | 2**digits - 1) % 2**32 if is_negative else key << digits ^ 2**31
    return float(np.uint32(bits).view(np.float32))


def refuse_infinite(pixels: np.ndarray):
    """Stop if a floating-point image holds what is no number."""
    if pixels.dtype.kind != "f":
        return
    count = sum(np.count_nonzero(~np.isfinite(np.float32(block))) for block in blocks(pixels))
    if count:
        raise ImageError(
            "not_finite",
            f"{count} of {pixels.size} values are not a number or infinite; replace them, "
            "for example with the darkest value",
        )


def to_8_bits(pixels: np.ndarray, limits: list[list[float]]) -> np.ndarray:
    """The pixels `[height, width, channels]` as uint8, spread between the limits."""
    low, high = np.array(limits).T
    span = np.where(high > low, high - low, 1)
    result = np.empty(pixels.shape, np.uint8)
    for block, target in zip(blocks(pixels), blocks(result), strict=True):
        target[:] = np.round(255 * np.clip((block - low) / span, 0, 1))
    return result


def blocks(pixels: np.ndarray) -> Iterator[np.ndarray]:
    """The image in strips of rows."""
    rows = max(1, BLOCK // math.prod(pixels.shape[1:]))
    yield from (pixels[start : start + rows] for start in range(0, pixels.shape[0], rows))
