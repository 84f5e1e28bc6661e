"""What can be said of the configuration's `sources` before any of their files is read."""

from collections.abc import Iterator
from pathlib import Path

import sources
from coco import export_layouts
from configuration.paths import missing, written


def find_formats(config: dict) -> Iterator[str]:
    """Name, in `config`, the format of each source that leaves it out; yields what is wrong."""
    listed = config.get("sources")
    for number, source in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(source, dict) or "format" in source:
            continue
        key = f"sources[{number}].format"
        paths = {name: str(source[name]) for name in sources.PATHS if name in source}
        if not {"annotations", "folder", "labels"} & set(paths):
            yield f"{key}: missing, expected it, or annotations, labels or a folder that tell it"
        elif all(Path(path).exists() for path in paths.values()):  # else that is said later
            try:
                source["format"] = detect(paths)
            except ValueError as error:
                yield f"{key}: missing, and {error}"


def detect(paths: dict[str, str]) -> str:
    try:
        from coco.formats import detection
    except ImportError as error:  # Snakemake may have an environment of its own
        raise ValueError(f"to find it out needs {error.name}, which is not installed") from error
    return detection.detect(paths)


def check_sources(config: dict) -> Iterator[str]:
    for number, source in enumerate(config["sources"]):
        key = f"sources[{number}]"
        absent = list(check_paths(key, source))
        yield from absent
        if not absent and source.get("format") in CHECKS_OF_FORMATS:
            yield from CHECKS_OF_FORMATS[source["format"]](key, source)
        for name in sources.PATHS:
            if isinstance(source.get(name), str):  # the demo's images are a number
                yield from written(f"{key}.{name}", source[name], config["dataset"])
        first = config["sources"].index(source)
        if first < number and source.get("format") != "demo":
            yield f"{key}: received the same as sources[{first}], expected it once"
    if sum(source.get("format") == "demo" for source in config["sources"]) > 1:
        yield "sources: received several of format demo, expected one at most"


def check_paths(key: str, source: dict) -> Iterator[str]:
    may_be_folder = source.get("format") in ("coco", None)  # of an export with several files
    kinds = {
        "annotations": (Path.exists if may_be_folder else Path.is_file, "a file"),
        "classes_csv": (Path.is_file, "a file"),
    }
    for name in sources.PATHS:
        if isinstance(source.get(name), str):  # the demo's images are a number
            exists, kind = kinds.get(name, (Path.is_dir, "a folder"))
            yield from missing(f"{key}.{name}", source[name], exists, kind)


# What a format needs beyond its keys


def check_coco(key: str, source: dict) -> Iterator[str]:
    name = "folder" if "folder" in source else "annotations"
    if name not in source:
        yield f"{key}.annotations: missing: the COCO JSON file, or else `folder`: its export"
    elif export_layouts.parts(source[name]):
        return
    elif Path(source[name]).is_dir():
        yield f"{key}.{name}: {source[name]} has no COCO export, {export_layouts.LAYOUT}"
    elif "images" not in source:
        yield f"{key}.images: missing: the folder that the file_name of each image starts from"


def check_masks(key: str, source: dict) -> Iterator[str]:
    if not any(Path(source["folder"]).glob("*/images/*")):
        yield (
            f"{key}.folder: {source['folder']} has no image, "
            "expected <folder>/<id>/images/<image> and <folder>/<id>/masks/*.png"
        )


def class_or(other: str):
    """The check that a source has either `class` or the other key."""

    def check(key: str, source: dict) -> Iterator[str]:
        if ("class" in source) == (other in source):
            received = "both" if "class" in source else "neither"
            yield f"{key}: received {received} of class and {other}, expected one of them"

    return check


def check_colours(key: str, source: dict) -> Iterator[str]:
    yield from class_or("colours")(key, source)
    owner_of = {str(source.get("background", "#000000")).lower(): "the background"}
    for name, colour in source.get("colours", {}).items():
        owner = owner_of.setdefault(str(colour).lower(), name)
        if owner != name:
            yield f"{key}.colours.{name}: received the colour of {owner}, expected one of its own"


CHECKS_OF_FORMATS = {
    "coco": check_coco,
    "colour_masks": check_colours,
    "label_maps": class_or("classes_csv"),
    "masks": check_masks,
    "via": class_or("class_attribute"),
}
