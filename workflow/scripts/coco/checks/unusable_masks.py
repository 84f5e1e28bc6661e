"""The checks that find masks which cannot be used.

All are asked as check(annotation, image, context). What only the import can see, such as the points
of a polygon, it leaves in the annotation's `problem`, with the name of the `check`.
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


UNUSABLE = (
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


def show_box(box: list[float]) -> str:
    return "[" + ", ".join(f"{value:.6g}" for value in box) + "]"


def of_image(image: dict) -> str:
    return f"the image is {image['width']}x{image['height']}"
