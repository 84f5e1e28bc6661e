"""Masks of large images by their runs: no array is ever larger than the part that is looked at.

The pixels of an image of height H are numbered column by column, x * H + y, as in COCO's RLE; a
run is a stretch of numbers inside the object, `[start, end)`.
"""

import numpy as np
from pycocotools import mask as coco_mask


def of_mask(rle: dict) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of the runs of an RLE, int64 each, ascending."""
    edges = np.cumsum(lengths(rle["counts"]))
    return edges[0 : len(edges) - 1 : 2], edges[1::2]


def lengths(counts: str) -> np.ndarray:
    """The run lengths in the `counts` of a valid RLE: see `masks.run_lengths`, which checks."""
    codes = np.frombuffer(counts.encode("ascii"), np.uint8).astype(np.int64) - 48
    last = codes & 32 == 0
    first = np.concatenate([[0], np.flatnonzero(last)[:-1] + 1])
    digits = np.arange(len(codes)) - np.repeat(first, np.diff([*first, len(codes)]))
    values = np.add.reduceat((codes & 31) << 5 * digits, first)
    values -= np.where(codes[last] & 16, np.int64(1) << 5 * (digits[last] + 1), 0)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def crop(runs: tuple[np.ndarray, np.ndarray], height: int, box) -> np.ndarray:
    """The part of a mask in a box `(y1, x1, y2, x2)` inside the image: bool `(y2 - y1, x2 - x1)`.

    Args:
        runs: of the mask.
        height: of the image.
        box: in pixels of the image.
    """
    y1, x1, y2, x2 = box
    starts, ends = runs
    some = slice(np.searchsorted(ends, x1 * height, "right"), np.searchsorted(starts, x2 * height))
    starts, ends = np.maximum(starts[some], x1 * height), np.minimum(ends[some], x2 * height)
    # A run that goes on in the next column is one in each of them.
    columns = starts // height
    count = (ends - 1) // height - columns + 1
    position = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    columns = np.repeat(columns, count) + position
    tops = np.repeat(starts, count) - columns * height
    bottoms = np.repeat(ends, count) - columns * height
    tops, bottoms = np.clip(tops, y1, y2) - y1, np.clip(bottoms, y1, y2) - y1

    rows = y2 - y1
    changes = np.zeros((x2 - x1) * rows + 1, np.int8)
    np.add.at(changes, (columns - x1) * rows + tops, 1)
    np.add.at(changes, (columns - x1) * rows + bottoms, -1)
    return np.cumsum(changes[:-1], dtype=np.int8).reshape(x2 - x1, rows).T.astype(bool)


def place(mask: np.ndarray, top: int, left: int, height: int, width: int) -> dict:
    """The RLE of an image of `height` and `width` that shows a bool mask, inside it, and no more.

    Args:
        mask: bool `(h, w)`, not empty.
        top, left: of its first pixel.
    """
    edge = np.zeros((1, mask.shape[1]), np.int8)
    changes = np.diff(np.concatenate([edge, mask, edge]).astype(np.int8), axis=0).T
    starts, ends = (
        (columns + left) * height + rows + top
        for columns, rows in (np.nonzero(changes > 0), np.nonzero(changes < 0))
    )
    apart = starts[1:] > ends[:-1]  # not from the bottom of a column to the top of the next
    edges = np.stack([starts[np.r_[True, apart]], ends[np.r_[apart, True]]], axis=1).ravel()
    counts = np.diff(edges, prepend=0).tolist()
    if edges[-1] < height * width:
        counts.append(height * width - int(edges[-1]))
    rle = coco_mask.frPyObjects({"size": [height, width], "counts": counts}, height, width)
    return {"size": [height, width], "counts": rle["counts"].decode("ascii")}
