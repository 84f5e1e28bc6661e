"""The split that a format itself puts an image into: taken if the source says `split: own`."""

SPLIT_OF = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
}


def given_split(source: dict, lists: list[str]) -> dict:
    """The `split` of an image that stands in these lists of the format, or the `problem`.

    Empty unless the source asks for it. Lists of other names, such as trainval, do not count.
    """
    if source.get("split") != "own":
        return {}
    found = sorted({SPLIT_OF[name.lower()] for name in lists if name.lower() in SPLIT_OF})
    if len(found) == 1:
        return {"split": found[0]}
    where = f"in {' and '.join(found)}" if found else "in none of train, val and test"
    return {"problem": f"listed {where}, expected one of them, as the source has split: own"}
