"""The checks of categories, as the sources declare them."""

import unicodedata

from coco.checks.registry import check
from coco.errors import written


@check("category", "error", "drop")
def invalid_category(category: dict) -> str | None:
    """A category has no id or name that can be used; its annotations go into quarantine.

    Correct the record, or remove it with its annotations.
    """
    return category["problem"] if category.get("check") == "invalid_category" else None


@check("category", "info", "drop")
def parent_category(category: dict) -> str | None:
    """A category only names the group of the others, as Roboflow writes it, and is no class.

    Nothing.
    """
    return category.get("problem")


NO_CLASS = (invalid_category, parent_category)
NO_OBJECT = ("background", "ignore", "void", "dontcare", "unlabeled", "unlabelled")  # simplified


@check("category", "warning", "repair", "stop", merges=True)
def category_declared_twice(category: dict, first: dict) -> str | None:
    """A file declares a category twice, with the same id and name.

    Nothing: it is one class. Remove the second to be rid of the warning.
    """
    same = category["source_id"] == first["source_id"]
    return f"{written(category['name'])} is declared twice" if same else None


@check("category", "warning", "repair", "stop", merges=True)
def duplicate_category(category: dict, first: dict) -> str | None:
    """Two categories of a file have the same name; they become one class.

    Nothing, if they mean the same. Else give each its own name.
    """
    return f"{written(category['name'])} is the name of the id {first['source_id']} too"


@check("category", "warning", "keep", "stop")
def similar_categories(category: dict, other: str) -> str | None:
    """The names of two categories differ only by case, spaces, - or _, or coding of letters.

    If they mean the same, make them one: `classes` takes the line that the finding shows.
    """
    name = category["name"]
    if name == other:
        return None
    return f"{name!r} is nearly {other!r}; `{{name: {other.strip()}, from: [{other!r}, {name!r}]}}`"


@check("category", "warning", "keep", "stop")
def no_object_class(category: dict, images: int, least: int) -> str | None:
    """A class has a name for what is no object, such as LabelMe's `_background_` or `__ignore__`.

    Leave it out of `classes`, or a model learns to find it. Nothing, if it is an object.
    """
    if not images or simplified(category["name"]) not in NO_OBJECT:
        return None
    shown = "1 image has" if images == 1 else f"{images} images have"
    return f"{shown} masks of {written(category['name'])}; `classes` can leave it out"


@check("category", "warning", "keep", "stop")
def unused_class(category: dict, images: int, least: int) -> str | None:
    """A class has no annotation that can be used: a model cannot learn it.

    Annotate some, or leave it out of `classes`.
    """
    if images:
        return None
    return f"{written(category['name'])} has no usable annotation; `classes` can leave it out"


@check("category", "warning", "keep", "stop")
def few_examples(category: dict, images: int, least: int) -> str | None:
    """A class is found in so few images that it cannot be learned, chosen by and measured.

    Annotate more images of it, merge it with another class, or leave it out of `classes`.
    """
    if images == 0 or images >= least:
        return None
    shown = "1 image shows" if images == 1 else f"{images} images show"
    return f"{shown} {written(category['name'])}, fewer than {least}: it cannot be in each split"


EXAMPLES = (no_object_class, unused_class, few_examples)


def simplified(name: str) -> str:
    letters = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in letters if letter not in "-_" and letter.strip())
