"""What the formats of drawn shapes share."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from coco import shapes
from coco.errors import InputError, failed, show
from coco.formats.fields import as_name


def objects(image: str, drawn: Iterable[tuple]) -> list[dict]:
    """Annotations of an image: shapes of the same class and group are one object.

    Args:
        image: the image's id.
        drawn: `(place, class, group, shape)` of each shape, the class as the file has it, the
            group None for a shape alone.
    """
    members, faults = defaultdict(list), {}
    for place, value, group, shape in drawn:
        key = as_name(value), place if group is None else ("group", group)
        members[key].append((place, shape))
        if key[0] is None and value is not None:
            faults[key] = {"no_class": f"its class is {show(value)}, expected one text"}
    return [
        {
            "source_id": f"{image}: " + ", ".join(place for place, _ in parts),
            "source_image_id": image,
            "source_category_id": name,
            "bbox": None,
            "iscrowd": 0,
            "shapes": [shape for _, shape in parts],
        }
        | faults.get((name, group), {})
        for (name, group), parts in members.items()
    ]


def categories(annotations: list[dict], listed: Iterable[str | None] = ()) -> list[dict]:
    """The classes that annotations have or a file lists; their names are their ids."""
    names = {one["source_category_id"] for one in annotations} | {*listed}
    return [{"source_id": name, "name": name} for name in sorted(names - {None})]


def translate(annotation: dict, part_of: Callable, size: tuple[int, int] | None) -> dict:
    """The mask of the shapes of an annotation, each an outline or a bitmap by `part_of`."""
    try:
        return shapes.draw([part_of(shape) for shape in annotation["shapes"]], size)
    except InputError as error:
        return failed(error)
