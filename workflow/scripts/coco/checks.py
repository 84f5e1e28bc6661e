"""The checks of images and annotations, each a function named after what it finds.

A check says what is wrong with an imported record, or returns None. The tables at the end name
the checks in the order in which they are asked.
"""

from coco import masks

# Images, asked as check(image)


def missing_image(image: dict) -> str | None:
    return image["problem"] if image["sha256"] is None else None


def unreadable_image(image: dict) -> str | None:
    return image["problem"] if image["width"] is None else None


def unannotated_image(image: dict) -> str | None:
    return image.get("problem")


def size_mismatch(image: dict) -> str | None:
    size = image["width"], image["height"]
    declared = image["declared_width"], image["declared_height"]
    if None in declared or declared == size:
        return None
    return f"{size[0]}x{size[1]} pixels, declared as {declared[0]}x{declared[1]}"


# Annotations whose image can be used, asked as check(annotation, image, settings) with the
# configuration's `validation`


def unknown_category(annotation: dict, image: dict, settings: dict) -> str | None:
    return annotation["problem"] if annotation["category_id"] is None else None


def no_mask(annotation: dict, image: dict, settings: dict) -> str | None:
    return annotation["problem"] if annotation["segmentation"] is None else None


def mask_size_mismatch(annotation: dict, image: dict, settings: dict) -> str | None:
    height, width = annotation["segmentation"]["size"]
    if (width, height) == (image["width"], image["height"]):
        return None
    return f"a mask of {width}x{height} for an image of {image['width']}x{image['height']} pixels"


def mask_outside_image(annotation: dict, image: dict, settings: dict) -> str | None:
    if masks.area(annotation["segmentation"]) or "extent" not in annotation:
        return None
    x, y, width, height = annotation["extent"]
    outside = x >= image["width"] or y >= image["height"] or x + width <= 0 or y + height <= 0
    return f"points within {show_box(annotation['extent'])}, {of_image(image)}" if outside else None


def empty_mask(annotation: dict, image: dict, settings: dict) -> str | None:
    return None if masks.area(annotation["segmentation"]) else "no pixel"


def degenerate_mask(annotation: dict, image: dict, settings: dict) -> str | None:
    area = masks.area(annotation["segmentation"])
    return f"{area} px², less than {settings['min_area']}" if area < settings["min_area"] else None


# What the import or the validation mends, asked like the checks of annotations


def incomplete_polygon(annotation: dict, image: dict, settings: dict) -> str | None:
    return annotation.get("remark")


def mask_partly_outside(annotation: dict, image: dict, settings: dict) -> str | None:
    if (
        "extent" not in annotation
        or beyond(annotation["extent"], image) <= settings["box_tolerance"]
    ):
        return None
    return f"points within {show_box(annotation['extent'])}, {of_image(image)}; cut off there"


def wrong_box(annotation: dict, image: dict, settings: dict) -> str | None:
    if annotation["bbox"] is None:
        return None
    declared = corners(annotation["bbox"], image)
    tight = corners(masks.box(annotation["segmentation"]), image)
    if max(abs(a - b) for a, b in zip(declared, tight, strict=True)) <= settings["box_tolerance"]:
        return None
    box = masks.box(annotation["segmentation"])
    return f"box {show_box(annotation['bbox'])}, its mask has {show_box(box)}; taken from the mask"


IMAGE_CHECKS = (missing_image, unreadable_image, unannotated_image, size_mismatch)
ANNOTATION_CHECKS = (
    unknown_category,
    no_mask,
    mask_size_mismatch,
    mask_outside_image,
    empty_mask,
    degenerate_mask,
)
REPAIRS = (incomplete_polygon, mask_partly_outside, wrong_box)


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
