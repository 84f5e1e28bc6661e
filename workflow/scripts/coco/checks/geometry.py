"""The checks of masks, polygons and boxes.

All are asked as check(annotation, image, context). What only the import can see, such as the points
of a polygon, it leaves in the annotation's `problem` and `remarks`, with the name of the check.
"""

from coco import masks
from coco.checks.annotations import Context
from coco.checks.registry import check


@check("annotation", "error", "quarantine", "stop")
def box_without_mask(annotation: dict, image: dict, context: Context) -> str | None:
    """The annotation has a box and no mask: Mask R-CNN learns outlines, which a box does not show.

    Draw the outlines, or let a segmentation tool make masks from the boxes and look them over. If
    boxes are all that you need, a detector of boxes is the better choice.
    """
    return problem("box_without_mask", annotation)


@check("annotation", "error", "quarantine", "stop")
def invalid_coordinates(annotation: dict, image: dict, context: Context) -> str | None:
    """A coordinate is not a number (NaN, infinite, text), or absurdly large.

    Correct or remove the annotation; look at the program that wrote it.
    """
    return problem("invalid_coordinates", annotation)


@check("annotation", "error", "quarantine", "stop")
def invalid_polygon(annotation: dict, image: dict, context: Context) -> str | None:
    """The polygon has fewer than three points, or an x without a y, or is no list of numbers.

    Correct or remove the annotation.
    """
    return problem("invalid_polygon", annotation)


@check("annotation", "error", "quarantine", "stop")
def invalid_rle(annotation: dict, image: dict, context: Context) -> str | None:
    """The run-length encoding is damaged: its runs do not sum to its size, or break off.

    Export the annotations again.
    """
    return problem("invalid_rle", annotation)


@check("annotation", "error", "quarantine", "stop")
def no_mask(annotation: dict, image: dict, context: Context) -> str | None:
    """There is no mask, or its file cannot be read.

    Add the mask, or remove the annotation.
    """
    return annotation["problem"] if annotation["segmentation"] is None else None


@check("annotation", "error", "quarantine", "stop")
def mask_size_mismatch(annotation: dict, image: dict, context: Context) -> str | None:
    """The mask was made for an image of another width or height.

    Find the image that was annotated, or make the mask again from this one.
    """
    height, width = annotation["segmentation"]["size"]
    if (width, height) == (image["width"], image["height"]):
        return None
    return f"a mask of {width}x{height} for an image of {image['width']}x{image['height']} pixels"


@check("annotation", "error", "quarantine", "stop")
def normalised_coordinates(annotation: dict, image: dict, context: Context) -> str | None:
    """All coordinates of the file lie between 0 and 1: fractions of the image instead of pixels.

    Multiply each x by the image's width and each y by its height.
    """
    if annotation["source"] not in context.normalised or "extent" not in annotation:
        return None
    return f"points within {show_box(annotation['extent'])}, as in all of its file"


@check("annotation", "error", "quarantine", "stop")
def mask_outside_image(annotation: dict, image: dict, context: Context) -> str | None:
    """The whole object lies outside its image.

    It belongs to another image, or to the image at another size: correct or remove it.
    """
    if "extent" not in annotation or masks.area(annotation["segmentation"]):
        return None
    x, y, width, height = annotation["extent"]
    outside = x >= image["width"] or y >= image["height"] or x + width <= 0 or y + height <= 0
    return f"points within {show_box(annotation['extent'])}, {of_image(image)}" if outside else None


@check("annotation", "error", "quarantine", "stop")
def empty_mask(annotation: dict, image: dict, context: Context) -> str | None:
    """The mask has no pixel. Polygons that are thinner than a pixel vanish like that.

    Remove the annotation, or draw the object again.
    """
    if masks.area(annotation["segmentation"]):
        return None
    if "extent" in annotation:
        return f"no pixel; points within {show_box(annotation['extent'])}"
    return "no pixel"


@check("annotation", "error", "quarantine", "keep", "stop")
def degenerate_mask(annotation: dict, image: dict, context: Context) -> str | None:
    """The mask has fewer pixels than `validation.min_area`, often from a stray click.

    Remove it, draw it again, or lower `min_area` if your objects are that small.
    """
    area = masks.area(annotation["segmentation"])
    return f"{area} px², less than {context.min_area}" if area < context.min_area else None


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
    declared, tight = corners(annotation["bbox"], image), corners(box, image)
    if max(abs(a - b) for a, b in zip(declared, tight, strict=True)) <= context.box_tolerance:
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


INVALID = (
    box_without_mask,
    invalid_coordinates,
    invalid_polygon,
    invalid_rle,
    no_mask,
    mask_size_mismatch,
    normalised_coordinates,
    mask_outside_image,
    empty_mask,
    degenerate_mask,
)
DOUBTFUL = (
    incomplete_polygon,
    vanished_part,
    crossing_polygon,
    filled_hole,
    mask_partly_outside,
    wrong_box,
    wrong_area,
)


def normalised_sources(annotations: list[dict]) -> frozenset[int]:
    """The sources all of whose coordinates lie between 0 and 1."""
    fractions = {}
    for annotation in annotations:
        if "extent" in annotation:
            x, y, width, height = annotation["extent"]
            within = min(x, y) >= 0 and max(x + width, y + height) <= 1
            source = annotation["source"]
            fractions[source] = within and fractions.get(source, True)
    return frozenset(source for source, all_within in fractions.items() if all_within)


def problem(name: str, annotation: dict) -> str | None:
    return annotation["problem"] if annotation.get("check") == name else None


def remark(name: str, annotation: dict) -> str | None:
    return annotation.get("remarks", {}).get(name)


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


def show_box(box: list[float]) -> str:
    return "[" + ", ".join(f"{value:.6g}" for value in box) + "]"


def of_image(image: dict) -> str:
    return f"the image is {image['width']}x{image['height']}"
