"""Draws truth and prediction of the images in each gallery of the report."""

import re
from pathlib import Path

import pandas as pd

from coco.pictures import picture
from evaluation import galleries, overlays
from evaluation.matching import Matching
from evaluation.overlaps import by_image


def draw_galleries(
    truth: dict,
    found: list[dict],
    matching: Matching,
    threshold: float,
    scores: pd.DataFrame,
    count: int,
    folder: Path,
):
    """Write `<gallery>_<rank>_<image>.png` for the `count` first images of each gallery."""
    folder.mkdir(parents=True, exist_ok=True)
    of_objects, of_detections = galleries.named_mistakes(matching, threshold)
    _, _, kept = matching.at(threshold)
    objects = by_image(with_mistakes(truth["annotations"], of_objects))
    drawn = with_mistakes(found, of_detections)
    drawn = by_image([drawn[number] for number in kept])
    quality = scores.set_index("image_id")["quality"]
    images = {image["id"]: image for image in truth["images"]}
    for name, chosen in galleries.choose(scores, count).items():
        for rank, identifier in enumerate(chosen, start=1):
            image = images[identifier]
            drawing = overlays.side_by_side(
                *picture(image, objects[identifier], drawn[identifier]),
                truth["categories"],
                f"{Path(image['file_name']).name}: quality {quality[identifier]:.2f}",
            )
            drawing.save(folder / f"{name}_{rank}_{file_stem(image['file_name'])}.png")


def with_mistakes(records: list[dict], mistakes: dict[int, str]) -> list[dict]:
    return [{**one, "mistake": mistakes.get(number, "")} for number, one in enumerate(records)]


def file_stem(file_name: str) -> str:
    """The image's name as a part of another file's name: plain characters, 40 at most."""
    return re.sub(r"[^\w.-]+", "_", Path(file_name).stem)[:40]
