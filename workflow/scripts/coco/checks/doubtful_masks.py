"""The checks that find masks, polygons and boxes which may be wrong, or are mended.

All are asked as check(annotation, image, context). What only the import can see, such as the points
of a polygon, it leaves in the annotation's `remarks`, under the name of the check.
"""

import cv2
import numpy as np

from coco import masks
from coco.checks.annotations import Context
from coco.checks.registry import check
from coco.checks.unusable_masks import of_image, show_box

MOST = 0.5  # fraction of an image
LITTLE = 0.3  # fraction of a box
LINE = 6  # px, width of a line at most


@check("annotation", "warning", "repair", "quarantine", "stop")
def incomplete_polygon(annotation: dict, image: dict, context: Context) -> str | None:
    """Some parts of an object have fewer than three points; the object is used without them.

    Nothing, if they were stray clicks.
    """
    return remark("incomplete_polygon", annotation)


@check("annotation", "warning", "keep", "quarantine", "stop")
def vanished_part(annotation: dict, image: dict, context: Context) -> str | None:
    """A part of an object covers no pixel: it is too small, too thin, or outside the image.

    Nothing, if the object is well without it.
    """
    return remark("vanished_part", annotation)


@check("annotation", "warning", "keep", "quarantine", "stop")
def crossing_polygon(annotation: dict, image: dict, context: Context) -> str | None:
    """An outline crosses itself, and what it encloses twice may count as outside.

    Look at the object, and draw it again if a piece is missing.
    """
    return remark("crossing_polygon", annotation)


@check("annotation", "warning", "keep", "quarantine", "stop")
def filled_hole(annotation: dict, image: dict, context: Context) -> str | None:
    """A part lies inside another part of its object: COCO fills it, though a hole may be meant.

    If it is a hole, export the mask as RLE, which can hold one.
    """
    return remark("filled_hole", annotation)


@check("annotation", "error", "quarantine", "keep", "stop")
def swapped_axes(annotation: dict, image: dict, context: Context) -> str | None:
    """The declared box is that of the mask with x and y exchanged: one of them is wrong.

    Look where the object is. If the masks are right, `keep` takes the boxes from them; else
    exchange x and y of their points.
    """
    if annotation["bbox"] is None:
        return None
    x, y, width, height = annotation["bbox"]
    box = annotation.get("extent") or masks.box(annotation["segmentation"])
    if not misses([x, y, width, height], box, image, context):
        return None
    if misses([y, x, height, width], box, image, context):
        return None
    return f"box {show_box(annotation['bbox'])}, its mask has {show_box(box)}: x and y exchanged"


@check("annotation", "warning", "keep", "quarantine", "stop")
def covers_image(annotation: dict, image: dict, context: Context) -> str | None:
    """An object reaches all sides of the image and covers more than half, as a background does.

    Remove it if it is none, such as the number of the background in a label map. If many do, object
    and background may be exchanged: invert the masks.
    """
    _, _, width, height = masks.box(annotation["segmentation"])
    share = masks.area(annotation["segmentation"]) / (image["width"] * image["height"])
    if (width, height) != (image["width"], image["height"]) or share <= MOST:
        return None
    return f"covers {share:.0%} of the image, to all its sides"


@check("annotation", "warning", "keep", "quarantine", "stop")
def thin_lines(annotation: dict, image: dict, context: Context) -> str | None:
    """An object is a net of thin lines across half of the image, as void pixels between objects.

    Set their value, often 255, to 0 in the label map. Nothing, if lines are the objects, as cracks.
    """
    mask = annotation["segmentation"]
    _, _, width, height = masks.box(mask)
    if width * height <= MOST * image["width"] * image["height"]:
        return None
    if masks.area(mask) > LITTLE * width * height:
        return None
    pixels = masks.decode(mask).astype(np.uint8)
    if cv2.erode(pixels, np.ones((LINE + 1, LINE + 1), np.uint8)).any():
        return None
    return f"lines of at most {LINE} px, in a box of {width}x{height} px"


@check("annotation", "warning", "keep", "quarantine", "stop")
def void_label(annotation: dict, image: dict, context: Context) -> str | None:
    """An object has the largest value that a label map can hold, which often says: no object.

    Set the value to 0 in the label maps, or set `quarantine`. Nothing, if it is an object; a table
    `classes_csv` that has the value ends the warning.
    """
    return remark("void_label", annotation)


@check("annotation", "warning", "repair", "quarantine", "stop")
def mask_partly_outside(annotation: dict, image: dict, context: Context) -> str | None:
    """Points lie outside the image, by more than `validation.box_tolerance`; they are cut off.

    Nothing, if the object goes beyond the picture. Many of them speak for images of another size.
    """
    if "extent" not in annotation or beyond(annotation["extent"], image) <= context.box_tolerance:
        return None
    return f"points within {show_box(annotation['extent'])}, {of_image(image)}; cut off there"


@check("annotation", "warning", "repair", "quarantine", "stop")
def wrong_box(annotation: dict, image: dict, context: Context) -> str | None:
    """The declared box is not that of the mask, by more than `validation.box_tolerance`.

    Nothing, if the mask is right: the box is taken from it. Many of them speak for masks that
    belong to other objects.
    """
    if annotation["bbox"] is None:
        return None
    box = masks.box(annotation["segmentation"])
    if not misses(annotation["bbox"], box, image, context):
        return None
    return f"box {show_box(annotation['bbox'])}, its mask has {show_box(box)}; taken from the mask"


@check("annotation", "warning", "repair", "quarantine", "stop")
def wrong_area(annotation: dict, image: dict, context: Context) -> str | None:
    """The declared area is not that of the mask; COCO's size classes would go by it.

    Nothing, if the mask is right: the area is counted from it.
    """
    declared, mask = annotation.get("declared_area"), annotation["segmentation"]
    if declared is None:
        return None
    area, (_, _, width, height) = masks.area(mask), masks.box(mask)
    # The area within a polygon differs from its pixels by a part of the outline's length.
    if abs(declared - area) <= max(0.1 * area, width + height):
        return None
    return f"area {declared:.6g}, its mask has {area} px²; taken from the mask"


DOUBTFUL = (
    incomplete_polygon,
    vanished_part,
    crossing_polygon,
    filled_hole,
    swapped_axes,
    covers_image,
    thin_lines,
    void_label,
    mask_partly_outside,
    wrong_box,
    wrong_area,
)


def remark(name: str, annotation: dict) -> str | None:
    return annotation.get("remarks", {}).get(name)


def misses(declared: list[float], box: list[float], image: dict, context: Context) -> bool:
    """Whether the parts of two boxes within the image differ by more than the tolerance."""
    sides = zip(corners(declared, image), corners(box, image), strict=True)
    return max(abs(a - b) for a, b in sides) > context.box_tolerance


def corners(box: list[float], image: dict) -> tuple[float, float, float, float]:
    """x1, y1, x2, y2 of the part of a box within the image."""
    x, y, width, height = box
    return (
        min(max(x, 0), image["width"]),
        min(max(y, 0), image["height"]),
        min(max(x + width, 0), image["width"]),
        min(max(y + height, 0), image["height"]),
    )


def beyond(box: list[float], image: dict) -> float:
    """By how many pixels a box leaves the image."""
    x, y, width, height = box
    return max(-x, -y, x + width - image["width"], y + height - image["height"])
