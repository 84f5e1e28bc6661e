"""Masks as COCO's run-length encodings (RLE): the form in which the pipeline keeps every mask.

An RLE is `{"size": [height, width], "counts": text}` and holds what polygons cannot: holes and
several parts. pycocotools does the work; it trusts its input, so what comes from a file passes
`checked` first.
"""

import numpy as np
from pycocotools import mask as coco_mask

from coco.errors import MaskError

# pycocotools' memory grows with the length of an outline.
LARGEST_COORDINATE = 1e6
LONGEST_OUTLINE = 1e7
LARGEST_NUMBER = 1e15
MOST_PIXELS = 2**32 - 1  # of a mask, as pycocotools counts them
STRIP = 512  # columns


def encode(mask: np.ndarray) -> dict:
    """The RLE of a mask of shape `[height, width]`; everything but 0 is the object."""
    rle = coco_mask.encode(np.asfortranarray(np.asarray(mask) != 0, dtype=np.uint8))
    return as_text(rle)


def decode(rle: dict) -> np.ndarray:
    """The mask of an RLE: bool of shape `[height, width]`."""
    return coco_mask.decode(rle).astype(bool)


def area(rle: dict) -> int:
    """Number of pixels of the mask."""
    return int(coco_mask.area(rle))


def box(rle: dict) -> list[int]:
    """The tight box `[x, y, width, height]` of the mask in pixels; all 0 if it is empty."""
    return [int(value) for value in coco_mask.toBbox(rle)]


def common_area(first: dict, second: dict) -> int:
    """Number of pixels that two masks of one image have in common."""
    return int(coco_mask.area(coco_mask.merge([first, second], intersect=True)))


def from_polygons(polygons: list[list[float]], height: int, width: int) -> dict:
    """The RLE of the union of polygons: see `of_polygons`."""
    return union(of_polygons(polygons, height, width))


def of_polygons(polygons: list[list[float]], height: int, width: int) -> list[dict]:
    """The mask of each polygon `[x1, y1, x2, y2, ...]` in pixels, for functions of this module.

    What lies outside the image is cut off. A part that is not a polygon raises MaskError.
    """
    for polygon in polygons:
        check_polygon(polygon)
    return coco_mask.frPyObjects(polygons, height, width)


def union(parts: list[dict]) -> dict:
    """The RLE of the pixels that any of the masks, all of the same size, has."""
    return as_text(coco_mask.merge(parts))


def check_polygon(polygon: list[float]):
    numbers = set(map(type, polygon)) <= {int, float}
    if not (numbers and all(abs(value) <= LARGEST_COORDINATE for value in polygon)):
        raise MaskError(
            "invalid_coordinates",
            f"a polygon with a coordinate that is no number within {LARGEST_COORDINATE:.0e}",
        )
    if len(polygon) < 6 or len(polygon) % 2:
        raise MaskError(
            "invalid_polygon",
            f"a polygon of {len(polygon)} numbers, expected x and y of three or more points",
        )
    length = np.abs(np.diff(np.reshape(polygon, (-1, 2)), axis=0)).sum()
    if length > LONGEST_OUTLINE:
        raise MaskError(
            "invalid_coordinates",
            f"an outline of {length:.2g} px, expected {LONGEST_OUTLINE:.0e} at most",
        )


def extent(polygons: list[list[float]]) -> list[float]:
    """The box `[x, y, width, height]` of the polygons' points, inside the image or not."""
    xs = [x for polygon in polygons for x in polygon[0::2]]
    ys = [y for polygon in polygons for y in polygon[1::2]]
    low = min(xs), min(ys)
    return [float(value) for value in (*low, max(xs) - low[0], max(ys) - low[1])]


def from_counts(runs: list[int], height: int, width: int) -> dict:
    """The RLE of uncompressed run lengths: column by column, starting with background."""
    check_runs(runs, height, width)
    return as_text(coco_mask.frPyObjects({"size": [height, width], "counts": runs}, height, width))


def from_labels(labels: np.ndarray) -> dict[int, dict]:
    """The RLE of each value but 0 in an integer image of shape `[height, width]`, by value.

    One pass over the pixels finds the runs of all values, however many there are.
    """
    starts, values = runs_of_values(labels)
    ends = np.r_[starts[1:], labels.size]
    order = np.argsort(values, kind="stable")
    found, first = np.unique(values[order], return_index=True)
    masks = {}
    for value, own in zip(found, np.split(order, first[1:]), strict=True):
        if value:
            edges = np.stack([starts[own], ends[own]], axis=1).ravel()
            runs = np.diff(np.r_[0, edges, labels.size]).tolist()
            masks[int(value)] = from_counts(runs if runs[-1] else runs[:-1], *labels.shape)
    return masks


def runs_of_values(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where runs of one value start, counted column by column from the left, and their values.

    Strip by strip: of a large image little more than itself is in memory.
    """
    height, width = labels.shape
    starts, values = [], []
    for left in range(0, width, STRIP):
        pixels = labels[:, left : left + STRIP].ravel(order="F")
        changes = np.flatnonzero(np.r_[True, pixels[1:] != pixels[:-1]])
        starts.append(changes + left * height)
        values.append(pixels[changes])
    starts, values = np.concatenate(starts), np.concatenate(values)
    is_new = np.r_[True, values[1:] != values[:-1]]  # runs go on from strip to strip
    return starts[is_new], values[is_new]


def checked(rle: dict) -> dict:
    """The same RLE, if it is one: damaged ones would make pycocotools corrupt memory."""
    height, width = rle["size"]
    check_runs(run_lengths(rle["counts"]), height, width)
    return {"size": [height, width], "counts": rle["counts"]}


def check_runs(runs: list[int], height: int, width: int):
    if not all(isinstance(run, int) and run >= 0 for run in runs):
        raise MaskError("invalid_rle", "run lengths that are not all whole numbers of at least 0")
    if height * width > MOST_PIXELS:
        raise MaskError(
            "invalid_rle", f"a mask of {width}x{height}, expected {MOST_PIXELS} pixels at most"
        )
    if sum(runs) != height * width:
        raise MaskError(
            "invalid_rle",
            f"run lengths for {sum(runs)} pixels, expected {height * width} ({width}x{height})",
        )


def run_lengths(counts: str) -> list[int]:
    """The run lengths in the `counts` of an RLE.

    Each run is a signed number in groups of 5 bits, lowest first; bit 6 says that more follow.
    From the third on it is the difference to the run before the last.
    """
    runs, value, shift = [], 0, 0
    for character in counts:
        code = ord(character) - 48
        if not 0 <= code < 64:
            raise MaskError("invalid_rle", f"counts with the character {character!r}")
        value |= (code & 31) << shift
        shift += 5
        if not code & 32:
            if code & 16:
                value -= 1 << shift
            runs.append(value + runs[-2] if len(runs) > 2 else value)
            value, shift = 0, 0
    if shift:
        raise MaskError("invalid_rle", "counts that break off")
    return runs


def as_text(rle: dict) -> dict:
    """pycocotools makes bytes, which JSON has not."""
    return {"size": [int(side) for side in rle["size"]], "counts": rle["counts"].decode("ascii")}


def is_number(value) -> bool:
    """Whether a value is a number to compute with: neither NaN, nor infinite, nor endless."""
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return is_one and abs(value) <= LARGEST_NUMBER
