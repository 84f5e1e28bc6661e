"""How pixels of more than 8 bits become 8 bits: what is black, what is white.

Limits are pairs of values, `[low, high]`: low and all below it become 0, high and all above it
255, and what lies between is spread evenly. There is one pair for all channels or one for each.
"""

import math
import threading
from collections.abc import Iterator

import numpy as np

from coco.errors import ImageError

BITS = 32  # of a key
MOST = 2**18  # keys that are counted: every value of 16 bits is one
BLOCK = 2**20  # values that are worked on at a time, which bounds the memory


class Histogram:
    """Counts of pixel values of any type and range, in bounded memory.

    Each value is counted by itself as long as there are few, so that limits are exact for 16 bits
    and for narrow ranges far from 0. Of more, neighbours are counted together, as few as it takes:
    this does not depend on the order in which images, or threads, add theirs.

    Args:
        groups: how many channels are counted separately; 1 counts all together.
    """

    def __init__(self, groups: int):
        nothing = np.empty(0, np.uint32), np.empty(0, np.int64)
        self.counts = [nothing] * groups  # keys, ascending, and how many values have each
        self.dropped = [0] * groups  # binary digits in which keys that are counted together differ
        self.lock = threading.Lock()

    def add(self, pixels: np.ndarray):
        """Count the pixels of an image of shape `[height, width, channels]`."""
        for block in blocks(pixels):
            values = block.reshape(-1, len(self.counts)).T
            for group, group_values in enumerate(values):
                counted = tally(group_values)
                with self.lock:
                    self.add_counts(group, *counted)

    def add_counts(self, group: int, found: np.ndarray, counts: np.ndarray):
        known, sums = self.counts[group]
        found, counts = together(found, counts, self.dropped[group])
        found, counts = np.concatenate([known, found]), np.concatenate([sums, counts])
        order = np.argsort(found, kind="stable")  # merges two that are in order
        found, counts = together(found[order], counts[order], self.dropped[group])
        while len(found) > MOST:
            self.dropped[group] += 1
            found, counts = together(found, counts, self.dropped[group])
        self.counts[group] = found, counts

    def limits(self, percentiles: list[float]) -> list[list[float]]:
        """`[low, high]` of each group; its least and largest value if the percentiles agree."""
        return [
            [value_of(key, dropped) for key in percentiles_of(*counted, percentiles)]
            for counted, dropped in zip(self.counts, self.dropped, strict=True)
        ]


def tally(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The keys of values, ascending, and how many values have each."""
    if values.dtype in (np.uint8, np.uint16):  # without sorting
        counts = np.bincount(values)
        found = np.flatnonzero(counts)
        return keys(found), counts[found]
    return np.unique(keys(values), return_counts=True)


def together(found: np.ndarray, counts: np.ndarray, dropped: int) -> tuple[np.ndarray, np.ndarray]:
    """Ascending keys without their last digits, each once, and the sums of their counts."""
    found = found >> dropped << dropped
    starts = np.flatnonzero(np.diff(found, prepend=found[:1] + np.uint32(1)))
    return found[starts], np.add.reduceat(counts, starts)


def limits_of(pixels: np.ndarray, groups: int, percentiles: list[float]) -> list[list[float]]:
    """The limits of one image, from its own percentiles."""
    limits = []
    for group in range(groups):
        histogram = Histogram(1)
        for block in blocks(pixels):
            histogram.add(block if groups == 1 else block[..., group : group + 1])
        limits += histogram.limits(percentiles)
    return limits


def percentiles_of(found: np.ndarray, counts: np.ndarray, percentiles: list[float]) -> np.ndarray:
    """The keys of the percentiles; the first and the last key if they agree."""
    sums = np.cumsum(counts)
    ranks = np.maximum(np.ceil(np.array(percentiles) / 100 * sums[-1]), 1)
    low, high = np.searchsorted(sums, ranks)
    return found[[0, -1]] if low == high else found[[low, high]]


def keys(values: np.ndarray) -> np.ndarray:
    """Whole numbers of 32 bits in the order of the values, as float32 has them."""
    bits = (values.astype(np.float32) + 0).view(np.uint32)  # -0 becomes 0
    is_negative = bits >> (BITS - 1) == 1  # of those the largest bits are the smallest values
    return np.where(is_negative, ~bits, bits | np.uint32(2 ** (BITS - 1)))


def value_of(key: int, dropped: int = 0) -> float:
    """The value nearest to 0 of those whose keys differ from this one in the last digits only."""
    key = int(key)
    if key < 2 ** (BITS - 1):  # negative
        bits = 2**BITS - 1 - (key | 2**dropped - 1)
    else:
        bits = key - 2 ** (BITS - 1)
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
