"""The files that make up the data set, as the configuration's `sources` name them."""

from collections.abc import Iterator
from pathlib import Path

from coco import export_layouts
from coco.formats.files import walk

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
    """The files under a folder that Snakemake can watch, in a fixed order, without hidden ones.

    It takes a brace for a wildcard, writes down UTF-8 only, and wants files to exist: others are
    left to the import, and a change of them is not noticed.
    """
    for path, names in walk(folder):
        yield from (str(file) for name in names if watchable(file := Path(path, name)))


def watchable(file: Path) -> bool:
    path = str(file)
    return "{" not in path and path.encode(errors="replace").decode() == path and file.exists()
