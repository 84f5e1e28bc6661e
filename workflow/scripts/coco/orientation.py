"""Which way up: EXIF orientations, and the frame that annotations were drawn in."""

import numpy as np

UPRIGHT = 1
SWAPS_SIDES = (5, 6, 7, 8)
FLIPS = {1: (), 2: (1,), 3: (0, 1), 4: (0,), 5: (), 6: (1,), 7: (0, 1), 8: (0,)}  # axes
INVERSE = {6: 8, 8: 6}  # the others undo themselves


def valid(orientation) -> int:
    """The orientation, or 1 if it is none that makes sense."""
    return orientation if orientation in FLIPS else UPRIGHT


def turn(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """The stored pixels `[height, width, ...]` as an EXIF orientation wants them shown."""
    if orientation in SWAPS_SIDES:
        pixels = pixels.swapaxes(0, 1)
    return np.flip(pixels, FLIPS[orientation])


def turn_back(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """The stored pixels of those that were turned."""
    return turn(pixels, INVERSE.get(orientation, orientation))


def size_after(orientation: int, size: tuple[int, int]) -> tuple[int, int]:
    """Width and height once the orientation is applied."""
    return size[::-1] if orientation in SWAPS_SIDES else size


def stored_box(box, size: tuple[int, int], orientation: int) -> tuple[int, int, int, int]:
    """The box `(y1, x1, y2, x2)` of stored pixels that are shown in a box of the turned image.

    Args:
        size: height and width of the turned image.
    """
    ends = [list(box[0::2]), list(box[1::2])]
    for axis in FLIPS[orientation]:
        ends[axis] = [size[axis] - end for end in reversed(ends[axis])]
    rows, columns = ends[::-1] if orientation in SWAPS_SIDES else ends
    return rows[0], columns[0], rows[1], columns[1]


def decide(policy: str, photos: list[tuple]) -> list[int]:
    """The orientation to apply to each image of one source.

    Some annotation tools turn photos by their EXIF orientation and others do not. The sizes that
    the annotations declare tell which: they fit the photos either as turned or as stored. A
    photo whose size tells nothing (turned by 180 degrees, square, or not declared) is treated
    like most others of its source; if none of them tells, it is turned, as nearly every viewer
    does.

    Args:
        policy: `auto` for the above, `apply` to turn all photos, `ignore` to turn none.
        photos: for each its EXIF orientation, the stored (width, height) and the declared
            (width, height), or None.
    """
    if policy == "ignore":
        return [UPRIGHT] * len(photos)
    if policy == "apply":
        return [exif for exif, _, _ in photos]
    frames = [frame(*photo) for photo in photos]
    usual = "stored" if frames.count("stored") > frames.count("turned") else "turned"
    return [
        UPRIGHT if (known or usual) == "stored" else exif
        for known, (exif, _, _) in zip(frames, photos, strict=True)
    ]


def is_guess(policy: str, exif: int, stored: tuple[int, int], declared: tuple | None) -> bool:
    """Whether `decide` cannot tell from the photo's own sizes if it has to be turned."""
    return policy == "auto" and exif != UPRIGHT and frame(exif, stored, declared) is None


def frame(exif: int, stored: tuple[int, int], declared: tuple[int, int] | None) -> str | None:
    """`stored` or `turned`, whichever alone has the declared size."""
    turned = size_after(exif, stored)
    if turned == stored:
        return None
    return {stored: "stored", turned: "turned"}.get(declared)
