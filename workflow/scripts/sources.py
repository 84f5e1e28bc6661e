"""The files that make up the data set, as the configuration's `sources` name them."""

import os
from collections.abc import Iterator
from pathlib import Path

from coco import export_layouts

PATHS = ("annotations", "classes_csv", "images", "labels", "folder")


def demo_images(config: dict) -> list[str]:
    """File names of the images that `make_demo` draws: 000.png, 001.png, ..."""
    count = sum(source["images"] for source in config["sources"] if source["format"] == "demo")
    return [f"{number:03}.png" for number in range(count)]


def importable(config: dict) -> list[dict]:
    """The sources as the importer reads them.

    The demo is a COCO file like any other, and a COCO export of several files several sources.
    """
    folder = f"results/{config['dataset']}/demo"
    demo = {
        "format": "coco",
        "annotations": f"{folder}/annotations.json",
        "images": f"{folder}/images",
    }
    return [
        part
        for source in config["sources"]
        for part in ([demo] if source["format"] == "demo" else parts(source))
    ]


def parts(source: dict) -> list[dict]:
    """The parts of a COCO export, with the split of their names unless the source has one."""
    folder = source.get("folder") or source.get("annotations")
    if source.get("format") != "coco" or not folder:
        return [source]
    own = {key: source[key] for key in ("format", "split") if key in source}
    return [part | own for part in export_layouts.parts(folder)] or [source]


def files(config: dict) -> Iterator[str]:
    """Every file of the sources: annotations, images and masks."""
    for source in config["sources"]:
        if source["format"] == "demo":  # may not be there yet
            folder = f"results/{config['dataset']}/demo"
            yield f"{folder}/annotations.json"
            yield from (f"{folder}/images/{name}" for name in demo_images(config))
        else:
            for path in dict.fromkeys(source[key] for key in PATHS if key in source):
                yield from [path] if Path(path).is_file() else visible(path)


def visible(folder: str) -> Iterator[str]:
    """The files under a folder, in a fixed order, without hidden ones.

    Nor those with a brace in their name, which Snakemake would take for a wildcard: they are
    imported, but a change of them is not noticed.
    """
    for path, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(filter(usable, folders))
        yield from (str(Path(path, name)) for name in sorted(filter(usable, names)))


def usable(name: str) -> bool:
    return not name.startswith(".") and "{" not in name
