"""COCO exports of several files, one per split.

<folder>/<split>/_annotations.coco.json, the images beside it (Roboflow)
<folder>/annotations/instances_<split>.json, the images in images/<split>, <split> or images (CVAT)
"""

from pathlib import Path

LAYOUT = "expected <split>/_annotations.coco.json or annotations/instances_<split>.json"
SPLITS = ("train", "val", "test")  # and names that begin so: valid, train2017


def parts(folder: str | Path) -> list[dict]:
    """The files of an export, as sources `{annotations, images}`; none if it is no export.

    They have the `split` that they are named after if there are several: a single one is all of
    the data, whatever its name.
    """
    folder = Path(folder)
    found = [
        (path.parent.name, path, path.parent)
        for path in sorted(folder.glob("*/_annotations.coco.json"))
    ] or [
        (name := path.stem.removeprefix("instances_"), path, images_of(name, folder))
        for path in sorted(folder.glob("annotations/instances_*.json"))
    ]
    several = len({split_named(name) for name, *_ in found}) > 1
    return [
        {"annotations": annotations.as_posix(), "images": images.as_posix()}
        | ({"split": split_named(name)} if several and split_named(name) else {})
        for name, annotations, images in found
    ]


def images_of(name: str, folder: Path) -> Path:
    candidates = folder / "images" / name, folder / name, folder / "images"
    return next((path for path in candidates if path.is_dir()), folder / "images")


def split_named(name: str) -> str | None:
    return next((split for split in SPLITS if name.lower().startswith(split)), None)
