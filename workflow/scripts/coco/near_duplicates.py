"""Finds near-duplicates: one picture, stored twice, resized, recompressed or cropped by some 5 %.

Each image is kept as a thumbnail of normalised contrast. Candidates come from the thumbnails' low
frequencies, the part that perceptual hashes keep (Zauner, "Implementation and benchmarking of
perceptual image hash functions", 2010), by random hyperplanes (Charikar, "Similarity estimation
techniques from rounding algorithms", 2002), also for windows a little smaller than the picture,
because a hash does not survive a crop. Each candidate then has to match cell by cell.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from coco import orientation
from coco.thumbnails import SIDE, STEPS, read_thumbnail

FREQUENCIES = 6  # of a thumbnail's row and column that candidates agree in
MIN_CORRELATION = 0.96  # of the low frequencies of candidates
MIN_EXPLAINED = 0.8  # of a thumbnail's variance, by the other one
NOISE = 0.3  # standard deviations by which nine neighbouring cells may differ without edges
EDGES = (1.0, *[2.0] * 10)  # and in each window, in cells, by how much edges may be displaced
TABLES = 12  # orders in which candidates are neighbours
NEIGHBOURS = 2  # on each side in such an order
MOST = 3  # candidates per image and window: enough to link a cluster of any size
BITS = 60  # hyperplanes that make an order
WHOLE, SHORT, CENTRE = (0, 1), ((0, 0.95), (0.025, 0.975), (0.05, 1)), (0.05, 0.95)
WINDOWS = ((WHOLE, WHOLE), *((y, x) for y in SHORT for x in SHORT), (CENTRE, CENTRE))
CHUNK = 1024


def clusters(images: list[dict]) -> Iterator[tuple[dict, dict]]:
    """Each image that shows the same picture as others, and the first of them.

    Args:
        images: records with `sha256`, `orientation` and, unless blank, `thumbnail`. Images of the
            same content are one picture.
    """
    compared = {image["sha256"]: image for image in images if image.get("thumbnail")}
    compared = [compared[sha256] for sha256 in sorted(compared)]
    first, second = near_duplicates(np.array([upright(image) for image in compared])).T
    links = coo_array((np.ones(len(first), bool), (first, second)), shape=(len(compared),) * 2)
    cluster = connected_components(links, directed=False)[1]
    first_of, sizes = {}, np.bincount(cluster)
    for image, number in zip(compared, cluster, strict=True):
        first_of.setdefault(number, image)
    number_of = {image["sha256"]: number for image, number in zip(compared, cluster, strict=True)}
    for image in images:
        number = number_of.get(image["sha256"])
        if number is not None and sizes[number] > 1:
            yield image, first_of[number]


def upright(image: dict) -> np.ndarray:
    """The thumbnail of an image as it is shown."""
    cells = read_thumbnail(image["thumbnail"])
    return orientation.turn(cells, image["orientation"])


def near_duplicates(thumbnails: np.ndarray) -> np.ndarray:
    """The pairs of thumbnails that show the same picture.

    Time grows in proportion to the number of thumbnails: each is compared with its neighbours in
    a fixed number of orders.

    Args:
        thumbnails: int8 array of shape `[number, SIDE, SIDE]`.

    Returns:
        int array of shape `[pairs, 2]`: positions, the smaller one first, in ascending order.
    """
    if len(thumbnails) < 2:
        return np.empty((0, 2), int)
    first, second, window = candidates(thumbnails)
    found = []
    for number in range(len(WINDOWS)):
        rows = np.flatnonzero(window == number)
        for part in np.split(rows, range(CHUNK, len(rows), CHUNK)):
            same = match(thumbnails[first[part]], thumbnails[second[part]], number)
            found.append(part[same])
    found = np.concatenate(found)
    return np.unique(np.sort(np.stack([first[found], second[found]], axis=1), axis=1), axis=0)


# Candidates


def candidates(thumbnails: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs whose low frequencies agree: a window of the first one, the whole of the second.

    Returns:
        int arrays: positions of the first and the second one, and the window in WINDOWS. Each
        pair is there once, with the window that agrees best.
    """
    number = len(thumbnails)
    starts = range(0, number, CHUNK)
    wholes = np.concatenate([features(thumbnails[at : at + CHUNK], 0) for at in starts])
    codes = [hashes(wholes, table) for table in range(TABLES)]
    orders = [np.argsort(code, kind="stable") for code in codes]
    codes = [code[order] for code, order in zip(codes, orders, strict=True)]
    steps = np.arange(-NEIGHBOURS, NEIGHBOURS + 1)
    rows = []
    for window in range(len(WINDOWS)):
        for start in starts:
            views = features(thumbnails[start : start + CHUNK], window)
            neighbours = []
            for table, (code, order) in enumerate(zip(codes, orders, strict=True)):
                places = np.searchsorted(code, hashes(views, table))[:, None] + steps
                neighbours.append(order[np.clip(places, 0, number - 1)])
            best = most_alike(views, wholes, np.concatenate(neighbours, axis=1), start)
            rows.append((*best, np.full(len(best[0]), window)))
    first, second, correlation, window = map(np.concatenate, zip(*rows, strict=True))
    pair = np.minimum(first, second) * number + np.maximum(first, second)
    order = np.lexsort((window, -correlation, pair))
    once = order[np.unique(pair[order], return_index=True)[1]]
    return first[once], second[once], window[once]


def most_alike(
    views: np.ndarray, wholes: np.ndarray, neighbours: np.ndarray, start: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the neighbours of views `start`, `start` + 1, ... those with the highest correlation."""
    neighbours = np.sort(neighbours, axis=1)
    correlation = np.einsum("nf,nkf->nk", views, wholes[neighbours], optimize=True)
    correlation[:, 1:][neighbours[:, 1:] == neighbours[:, :-1]] = 0
    correlation[neighbours == np.arange(start, start + len(views))[:, None]] = 0
    best = np.argsort(-correlation, axis=1, kind="stable")[:, :MOST]
    row, column = np.nonzero(np.take_along_axis(correlation, best, axis=1) >= MIN_CORRELATION)
    column = best[row, column]
    return start + row, neighbours[row, column], correlation[row, column]


def features(thumbnails: np.ndarray, window: int) -> np.ndarray:
    """Low frequencies of a window: float32 vectors of length 1, without the mean."""
    rows, columns = (cosines() @ cells_of(interval) for interval in WINDOWS[window])
    vectors = rows @ thumbnails.astype(np.float32) @ columns.T
    vectors = vectors.reshape(len(thumbnails), -1)[:, 1:]
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)


def cosines() -> np.ndarray:
    """The first rows of the discrete cosine transform."""
    phases = np.outer(np.arange(FREQUENCIES), np.arange(SIDE) + 0.5) * np.pi / SIDE
    return np.cos(phases).astype(np.float32)


def cells_of(interval: tuple[float, float]) -> np.ndarray:
    """The matrix that averages the cells of an interval, a part of 0 to 1, into SIDE new ones."""
    edges, cells = np.linspace(*interval, SIDE + 1) * SIDE, np.arange(SIDE)
    overlap = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
    overlap = np.clip(overlap, 0, None)
    return (overlap / overlap.sum(axis=1, keepdims=True)).astype(np.float32)


def hashes(vectors: np.ndarray, table: int) -> np.ndarray:
    """For each vector, on which sides of BITS random planes it lies, as a number."""
    planes = np.random.default_rng(table).standard_normal((vectors.shape[1], BITS), np.float32)
    bits = vectors @ planes > 0
    return bits @ (1 << np.arange(BITS, dtype=np.int64)[::-1])


# Comparison


def match(first: np.ndarray, second: np.ndarray, window: int) -> np.ndarray:
    """Whether a window of each first thumbnail is the second one, up to a shift below one cell.

    The second one is fitted by the first, its derivatives and these times the position: a small
    shift and stretch, to first order (Lucas and Kanade, "An iterative image registration
    technique", 1981). What is left must be small everywhere, or an object came or went.
    """
    rows, columns = map(cells_of, WINDOWS[window])
    first, second = first.astype(np.float32) / STEPS, second.astype(np.float32) / STEPS
    first = rows @ first @ columns.T
    down, right = np.gradient(first, axis=(1, 2))
    place = np.linspace(-1, 1, SIDE, dtype=np.float32)
    terms = [first, np.ones_like(first), right, down, right * place, down * place[:, None]]
    terms = np.stack(terms, axis=-1).reshape(len(first), SIDE * SIDE, len(terms))
    target = second.reshape(len(second), SIDE * SIDE, 1)
    squares = terms.transpose(0, 2, 1) @ terms + 1e-3 * np.eye(terms.shape[2], dtype=np.float32)
    factors = np.linalg.solve(squares, terms.transpose(0, 2, 1) @ target)
    error = (target - terms @ factors).reshape(second.shape)
    explained = 1 - (error**2).mean(axis=(1, 2)) / second.var(axis=(1, 2))
    allowed = NOISE + EDGES[window] * blurred(np.hypot(down, right))
    everywhere = (blurred(np.abs(error)) <= allowed).all(axis=(1, 2))
    return (explained >= MIN_EXPLAINED) & everywhere


def blurred(cells: np.ndarray) -> np.ndarray:
    """The mean of each cell and its neighbours."""
    return np.stack([cv2.blur(one, (3, 3)) for one in cells]) if len(cells) else cells
