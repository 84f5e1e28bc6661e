"""The checks of annotations as records: what they refer to, and what they repeat.

All are asked as check(annotation, image, context), with an image that is None if it cannot be used.
"""

from dataclasses import dataclass, field

from coco.checks.registry import check


@dataclass(frozen=True)
class Context:
    """What the checks of annotations know beside the record and its image.

    Attributes:
        min_area, box_tolerance: as in the configuration's `validation`.
        class_of: the class id of each category id; those that are not wanted are missing.
        names: the name of each category id.
        normalised: the sources all of whose coordinates are fractions.
        seen, ids: the annotations that passed so far, by what they describe, and their ids.
    """

    min_area: float
    box_tolerance: float
    class_of: dict[int, int]
    names: dict[int, str]
    normalised: frozenset[int]
    seen: dict = field(default_factory=dict)
    ids: set = field(default_factory=set)


@check("annotation", "info", "drop")
def unwanted_class(annotation: dict, image: dict | None, context: Context) -> str | None:
    """The configuration's `classes` does not name the class.

    Nothing, if that is meant.
    """
    category = annotation["category_id"]
    unwanted = category is not None and category not in context.class_of
    return context.names[category] if unwanted else None


@check("annotation", "error", "quarantine", "stop")
def unknown_image(annotation: dict, image: dict | None, context: Context) -> str | None:
    """The annotation belongs to an image that its file does not list, or to several.

    Add the image to the file's `images`, correct the `image_id`, or remove the annotation.
    """
    return annotation["problem"] if annotation["image_id"] is None else None


@check("annotation", "error", "quarantine")
def image_quarantined(annotation: dict, image: dict | None, context: Context) -> str | None:
    """The annotation's image is in quarantine, and takes it along.

    Mend the image.
    """
    return "its image cannot be used" if image is None else None


@check("annotation", "error", "quarantine", "stop")
def unknown_category(annotation: dict, image: dict, context: Context) -> str | None:
    """The annotation has a category that its file does not declare.

    Add the category to the file's `categories`, or correct the `category_id`.
    """
    return annotation["problem"] if annotation["category_id"] is None else None


@check("annotation", "warning", "repair", "quarantine", "stop", merges=True)
def duplicate_annotation(annotation: dict, image: dict, context: Context) -> str | None:
    """An object is described twice: same image, same class, same mask. It becomes one.

    Nothing. If it happens often, see whether an export was appended to another.
    """
    mask = annotation["segmentation"]["counts"]
    category = context.class_of[annotation["category_id"]]
    key = annotation["image_id"], category, mask, annotation["iscrowd"]
    first = context.seen.setdefault(key, annotation)
    return None if first is annotation else f"the same object as {first['source_id']}"


@check("annotation", "warning", "repair", "quarantine", "stop")
def mistyped_id(annotation: dict, image: dict, context: Context) -> str | None:
    """The annotation names its image or category by a text, whose id is a number, or vice versa.

    Nothing: only one record can be meant. Other programs may stumble over it.
    """
    return annotation.get("remarks", {}).get("mistyped_id")


@check("annotation", "warning", "repair", "quarantine", "stop")
def invalid_value(annotation: dict, image: dict, context: Context) -> str | None:
    """A declared box, area or `iscrowd` makes no sense; it counts as not declared.

    Nothing, if the mask is right: box and area are taken from it, and it is one object.
    """
    return annotation.get("remarks", {}).get("invalid_value")


@check("annotation", "warning", "repair", "stop")
def duplicate_annotation_id(annotation: dict, image: dict, context: Context) -> str | None:
    """Several annotations of a file have one id; each gets its own.

    Nothing. `source_id` keeps the old one, which is no longer unique.
    """
    key = annotation["source"], annotation["source_id"]
    repeated = key in context.ids and annotation["source_id"] is not None
    context.ids.add(key)
    return f"another annotation has this id; it became {annotation['id']}" if repeated else None


REFERENCES = (unwanted_class, unknown_image, image_quarantined, unknown_category)
REPETITIONS = (duplicate_annotation, mistyped_id, invalid_value, duplicate_annotation_id)
