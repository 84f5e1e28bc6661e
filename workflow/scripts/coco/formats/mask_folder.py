"""A folder per image, as in the 2018 Data Science Bowl: one binary mask image per object.

<folder>/<id>/images/<one image>
<folder>/<id>/masks/*.png
"""

from pathlib import Path

import numpy as np
from PIL import Image

from coco import masks
from coco.errors import InputError, failed
from coco.formats import label_images
from coco.formats.folders import IMAGE_SUFFIXES, refuse_closed, refuse_outside

LAYOUT = "expected <folder>/<id>/images/<one image> and <folder>/<id>/masks/*.png"


def recognise(source: dict) -> str | None:
    if "folder" in source:
        for folder in sorted(Path(source["folder"]).glob("*/masks")):
            if (folder.parent / "images").is_dir():
                return f"{folder} is beside a folder images"
    return None


def read(source: dict) -> tuple[list[dict], list[dict], list[dict]]:
    categories = [{"source_id": None, "name": source["class"]}]
    try:
        return categories, *records(Path(source["folder"]))
    except PermissionError as error:
        refuse_closed(error)
        raise


def records(folder: Path) -> tuple[list[dict], list[dict]]:
    """The images and the annotations."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; {LAYOUT}")
    examples = [path for path in visible(folder) if path.is_dir()]
    if not any((path / "images").is_dir() for path in examples):
        raise InputError(f"{folder}: no folder in it has a folder images; {LAYOUT}")
    images = [image_of(path) for path in examples]
    annotations = [
        {
            "source_id": mask.relative_to(folder).as_posix(),
            "source_image_id": path.name,
            "source_category_id": None,
            "bbox": None,
            "iscrowd": 0,
            "file": mask,
        }
        for path in examples
        for mask in pictures(path / "masks")
    ]
    return images, annotations


def declared_size(image: dict, annotations: list[dict]) -> tuple[int, int] | None:
    """The size of the first mask that is readable."""
    for annotation in annotations:
        try:
            with Image.open(annotation["file"]) as mask:
                return mask.size
        except Exception:  # said by `translate`
            continue
    return None


def translate(annotation: dict, size: tuple[int, int] | None) -> dict:
    path = annotation["file"]
    try:
        refuse_outside(path, folder=path.parents[2])
        return {"segmentation": masks.encode(read_mask(path))}
    except InputError as error:
        return failed(error)


def image_of(folder: Path) -> dict:
    image = {
        "source_id": folder.name,
        "file_name": (folder / "images").as_posix(),
        "declared_width": None,
        "declared_height": None,
    }
    files = pictures(folder / "images")
    if len(files) == 1:
        image["file_name"] = files[0].as_posix()
    else:
        image["problem"] = f"{len(files)} images in this folder, expected one"
    if strange := unlike_masks(folder / "masks"):
        image.setdefault("problem", strange)
    return image


def unlike_masks(folder: Path) -> str | None:
    """Why not all objects of an image may be in its folder of masks."""
    if not folder.is_dir():
        return "no folder masks; if the image shows no object, give it an empty one"
    found = pictures(folder)
    others = [path.name for path in visible(folder) if path.is_dir() or not found]
    if others:
        return f"its folder masks has {others[0]}, expected one image per object directly in it"
    return None


def read_mask(path: Path) -> np.ndarray:
    """The object's pixels: bool of shape `[height, width]`."""
    pixels = label_images.stored_values(path, palette=False)
    colours = pixels[..., None] if pixels.ndim == 2 else pixels
    if colours.ndim > 3 or colours.shape[2] > 4:
        raise InputError(f"the mask {path.name} has several pages or channels, expected one image")
    if colours.shape[2] in (2, 4):
        colours, alpha = colours[..., :-1], colours[..., -1]
        if np.ptp(alpha) and not np.ptp(colours, axis=(0, 1)).any():
            raise InputError(
                f"the mask {path.name} has its object in the transparency, expected it in the "
                "pixels; save it without an alpha channel"
            )
    found = np.any(colours != 0, axis=2)
    if np.any(colours[found] != colours[found][:1]):
        count = len(np.unique(colours.reshape(-1, colours.shape[2]), axis=0))
        raise InputError(
            f"the mask {path.name} has {count} grey levels or colours, expected 0 and one other: "
            "one object per file, without soft edges"
        )
    return found


def pictures(folder: Path) -> list[Path]:
    files = visible(folder) if folder.is_dir() else []
    return [path for path in files if path.suffix.lower() in IMAGE_SUFFIXES]


def visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
