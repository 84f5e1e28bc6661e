"""YOLO segmentation, as Ultralytics reads it.

data.yaml, images/<split>/<name>, labels/<split>/<name>.txt
"""

from pathlib import Path

import numpy as np
import yaml

from coco import masks
from coco.exports import photos
from coco.exports.outlines import outline


def write(parts: dict[str, dict], folder: Path) -> list[str]:
    names = photos.names(parts)
    crowds = 0
    for split, part in parts.items():
        lines = {image["id"]: [] for image in part["images"]}
        for one in part["annotations"]:
            if one["iscrowd"]:
                crowds += 1
            else:
                lines[one["image_id"]].append(line(one))
        labels = folder / "labels" / split
        labels.mkdir(parents=True)
        for image in part["images"]:
            photos.copy(image, folder / "images" / split, names[image["id"]])
            text = "".join(f"{one}\n" for one in lines[image["id"]])
            (labels / f"{names[image['id']]}.txt").write_text(text, encoding="utf-8")
    classes = {one["id"] - 1: one["name"] for one in next(iter(parts.values()))["categories"]}
    description = {split: f"images/{split}" for split, part in parts.items() if part["images"]}
    (folder / "data.yaml").write_text(
        yaml.safe_dump(description | {"names": classes}, sort_keys=False, allow_unicode=True),
        encoding="utf-8",
    )
    return [f"{crowds} crowd regions are left out"] if crowds else []


def line(annotation: dict) -> str:
    """The class from 0, and x and y of each point as fractions of the image's sides."""
    mask = masks.decode(annotation["segmentation"])
    points = outline(mask) / mask.shape[::-1]
    # Six decimals are a hundredth of a pixel in an image of 10,000.
    return " ".join([str(annotation["category_id"] - 1), *(f"{v:.6f}" for v in np.ravel(points))])
