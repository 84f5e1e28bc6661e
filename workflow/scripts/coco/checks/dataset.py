"""The checks of a source as a whole."""

from coco.checks.registry import check


@check("dataset", "info", "keep", "stop")
def text_ids(source: dict, ids: list) -> str | None:
    """The ids of images are numbers in quotes; pycocotools and other programs expect numbers.

    Nothing: they are matched as they are.
    """
    texts = [value for value in ids if isinstance(value, str) and value.strip().isdecimal()]
    return f"{len(texts)} of {len(ids)} images have one, such as {texts[0]!r}" if texts else None
