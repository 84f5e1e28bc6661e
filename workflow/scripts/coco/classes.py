"""The class map: which classes there are, in which order, and what the sources call them."""

from coco.errors import InputError, written

TAKEN = "(all)", "(no objects)", "(unknown)", "(background)"  # in tables, beside the classes


def class_map(categories: list[dict], wanted: list | None) -> tuple[list[dict], dict[int, int]]:
    """Select, rename, merge and order classes. Categories of the same name are one class.

    Args:
        categories: imported categories `{id, name, source, source_id}` of all sources.
        wanted: the classes in their order, each a name of the sources or
            `{"name": new name, "from": [names of the sources]}`. None takes all, in ascending
            order of their first source id, then of their names.

    Returns:
        The classes `{id, name, source_id}` with the ids 1, 2, ..., and for each imported id the
        class's id. Categories that are not wanted are missing there.

    Raises:
        InputError: a wanted class is not in the data, or wanted twice.
    """
    ids = {}
    for category in sorted(categories, key=by_source_id):
        ids.setdefault(category["name"], []).append(category)
    groups = [(name, [name]) for name in ids] if wanted is None else [as_group(w) for w in wanted]
    check(groups, ids)
    classes, class_of = [], {}
    for number, (name, origins) in enumerate(groups, start=1):
        members = [category for origin in origins for category in ids[origin]]
        classes.append({"id": number, "name": name, "source_id": members[0]["source_id"]})
        class_of |= {category["id"]: number for category in members}
    return classes, class_of


def by_source_id(category: dict):
    number = category["source_id"]
    return (0, number, category["name"]) if isinstance(number, int) else (1, 0, category["name"])


def as_group(item: str | dict) -> tuple[str, list[str]]:
    return (item, [item]) if isinstance(item, str) else (item["name"], item["from"])


def check(groups: list[tuple[str, list[str]]], known):
    names = [name for name, _ in groups]
    for name in names:
        if name in TAKEN:
            raise InputError(
                f"classes: {written(name)} is a row of tables that is no class, expected another "
                f"name, such as {{name: other, from: [{written(name)}]}}"
            )
    origins = [origin for _, group in groups for origin in group]
    for origin in origins:
        if origin not in known:
            raise InputError(
                f"classes: the data have no class {written(origin)}, expected some of: "
                f"{', '.join(map(written, known)) or 'none, the data have no classes'}"
            )
    for values in (names, origins):
        for value in values:
            if values.count(value) > 1:
                raise InputError(f"classes: {written(value)} stands there twice, expected once")
