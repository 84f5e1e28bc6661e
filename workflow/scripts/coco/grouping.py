"""Which images belong together: copies, near-duplicates, and what the user's `group_by` says."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from coco import pixel_limit
from coco.errors import InputError
from coco.image_names import images_by_name, meant, only, some

MAKE, MODEL, DATE_TIME, EXIF = 0x010F, 0x0110, 0x0132, 0x8769
TAKEN, SERIAL_NUMBER = 0x9003, 0xA431
MOST_PIXELS = 2_000_000_000  # that images.max_pixels can let pass
LONGEST = 60  # letters of a column's name in a message: the file may be no table at all
COPY, NEAR_DUPLICATE = "the same content", "a near-duplicate"


def ties(images: list[dict], settings: dict) -> dict[str, dict[int, str]]:
    """What ties images together: for each kind of tie, the value of each image id that has one.

    Images that share a value belong together.

    Args:
        images: records of `dataset.json`.
        settings: the configuration's `split`.

    Raises:
        InputError: `group_by` does not fit the images.
    """
    found = {COPY: {image["id"]: image["sha256"] for image in images}}
    if settings["near_duplicates"]:
        found[NEAR_DUPLICATE] = {
            image["id"]: image["same_as"] for image in images if "same_as" in image
        }
    for kind, value in (settings["group_by"] or {}).items():
        found[f"the same {kind}"] = CRITERIA[kind](images, value)
    return found


def groups(tied: dict[str, dict[int, str]]) -> dict[int, str]:
    """The key of each image's group.

    It is the first value of the group, of the user's ties before the others: a new image seldom
    changes the key of the group that it joins, and never that of a patient or a video.
    """
    names = [(kind, value) for kind in reversed(tied) for value in sorted(set(tied[kind].values()))]
    node = {name: number for number, name in enumerate(names)}
    row = {number: len(names) + place for place, number in enumerate(tied[COPY])}
    edges = [
        (row[number], node[kind, value])
        for kind, value_of in tied.items()
        for number, value in value_of.items()
    ]
    size = len(names) + len(row)
    starts, ends = np.array(edges).T
    links = coo_array((np.ones(len(edges), bool), (starts, ends)), shape=(size, size))
    component = connected_components(links, directed=False)[1]
    key_of = {}
    for (kind, value), found in zip(names, component[: len(names)], strict=True):
        key_of.setdefault(found, value if kind in (COPY, NEAR_DUPLICATE) else f"{kind}: {value}")
    return {number: key_of[component[place]] for number, place in row.items()}


# The kinds of `group_by`: each gives the value of the images that have one


def by_pattern(images: list[dict], pattern: str) -> dict[int, str]:
    found = {image["id"]: re.search(pattern, Path(image["file_name"]).name) for image in images}
    values = {number: match and match[1] for number, match in found.items()}
    strange = [image["file_name"] for image in images if not values[image["id"]]]
    if strange:
        raise InputError(
            f"split.group_by.pattern: {pattern} finds no group in {len(strange)} file names: "
            f"{some(strange)}; write one that finds the group in each"
        )
    return values


def by_folder(images: list[dict], levels: int) -> dict[int, str]:
    """The folder so many levels above the file: by its name, so that all the data may move, or by
    its path where several have that name."""
    folder_of = {image["id"]: [*Path(image["file_name"]).parents][:levels][-1] for image in images}
    count = Counter(folder.name for folder in {*folder_of.values()})
    return {
        number: folder.name if folder.name and count[folder.name] == 1 else str(folder)
        for number, folder in folder_of.items()
    }


def by_table(images: list[dict], table: dict) -> dict[int, str]:
    """The value in a column, in the row of the image."""
    known, values = images_by_name(images), {}
    for row in read_table(Path(table["file"]), table["images"], table["column"]):
        entry, value = [(row[table[key]] or "").strip() for key in ("images", "column")]
        found = meant(entry, known)
        if not found:
            continue
        first = values.setdefault(only(found, entry, table["file"])["id"], value)
        if first != value:
            raise InputError(
                f"{table['file']}: {entry} has the {table['column']} {first} and {value}, "
                "expected one; correct its rows, or give both the same value"
            )
    missing = [image["file_name"] for image in images if not values.get(image["id"])]
    if missing:
        raise InputError(
            f"{table['file']}: has no {table['column']} for {len(missing)} images: "
            f"{some(missing)}; add their rows, with the file name, its suffix or folder left out "
            f"or not, as {table['images']}"
        )
    return values


def read_table(path: Path, *columns: str) -> Iterator[dict[str, str]]:
    """The rows of a table, separated by commas, or by tabs where it is named .tsv or .txt."""
    separator = "," if path.suffix.lower() == ".csv" else "\t"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, delimiter=separator)
            named = table.fieldnames or []
            for column in columns:
                if column not in named:
                    shown = some([name[:LONGEST] for name in named], 9)
                    raise InputError(
                        f"{path}: has no column {column}, but {shown}; "
                        f"expected columns separated by {'commas' if separator == ',' else 'tabs'}"
                    )
                if named.count(column) > 1:  # the reader would keep the last without a word
                    raise InputError(
                        f"{path}: has {named.count(column)} columns {column}, expected one; "
                        "rename or remove the others"
                    )
            yield from table
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as a table ({error})") from error


def by_exif(images: list[dict], what: str) -> dict[int, str]:
    """The camera, or the day: of the images that tell it."""
    values = {image["id"]: EXIF_VALUES[what](image["file_name"]) for image in images}
    if not any(values.values()):
        raise InputError(
            f"split.group_by.exif: no image has the {what} in its EXIF, so that it groups none; "
            "take it out, or group by pattern, folder or table"
        )
    return {number: value for number, value in values.items() if value}


def exif_of(path: str) -> Image.Exif:
    """The metadata of an image; empty where Pillow cannot read them, as of many a TIFF."""
    pixel_limit.allow(MOST_PIXELS)  # none is read here
    try:
        with Image.open(path) as image:
            return image.getexif()
    except Exception:  # it raises whatever its decoders do
        return Image.Exif()


def camera(path: str) -> str:
    """Maker, model and serial number."""
    exif = exif_of(path)
    parts = exif.get(MAKE), exif.get(MODEL), exif.get_ifd(EXIF).get(SERIAL_NUMBER)
    return " ".join(str(part).strip(" \0") for part in parts if part).strip()


def date(path: str) -> str:
    """The day on which the picture was taken, `2024:05:01`."""
    exif = exif_of(path)
    days = [str(day)[:10] for day in (exif.get_ifd(EXIF).get(TAKEN), exif.get(DATE_TIME)) if day]
    return next((day for day in days if day.strip(" :0")), "")  # cameras that know none write zeros


EXIF_VALUES = {"camera": camera, "date": date}
CRITERIA = {"pattern": by_pattern, "folder": by_folder, "table": by_table, "exif": by_exif}


def members(group_of: dict[int, str]) -> dict[str, list[int]]:
    """The image ids of each group."""
    found = defaultdict(list)
    for number, key in group_of.items():
        found[key].append(number)
    return found
