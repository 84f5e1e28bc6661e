"""The checks of a source as a whole."""

from coco.checks.registry import check


@check("dataset", "info", "keep", "stop")
def text_ids(source: dict, ids: list) -> str | None:
    """The ids of images are numbers in quotes; pycocotools and other programs expect numbers.

    Nothing: they are matched as they are.
    """
    texts = [value for value in ids if isinstance(value, str) and value.strip().isdecimal()]
    return f"{len(texts)} of {len(ids)} images have one, such as {texts[0]!r}" if texts else None


@check("dataset", "error", "stop", "keep")
def shifted_category_ids(source: dict, declared: set, used: set) -> str | None:
    """Annotations count the categories from 0 and the file from 1, or the other way round.

    Correct the `category_id` of all annotations: each has its neighbour's class. Else `keep`.
    """
    if len(declared) < 2 or not all(type(one) is int for one in declared | used):
        return None
    lowest, highest = min(declared), max(declared)
    shifts = ((lowest - 1, highest), (highest + 1, lowest))  # what is used too much, and not at all
    if not any(used - declared == {more} and less not in used for more, less in shifts):
        return None
    return f"ids from {min(used)} to {max(used)}, declared are {lowest} to {highest}"
