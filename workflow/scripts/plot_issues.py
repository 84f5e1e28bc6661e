"""Draws a sheet of thumbnails for each kind of issue: where it is, and what was found."""

import csv
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import console
from coco import checksums, cutouts, images, json_files, masks, runs
from coco.checks import CHECKS
from coco.errors import InputError
from evaluation.contact_sheet import HEIGHT, WIDTH, contact_sheet
from evaluation.palette import BLUE, VERMILION

EXAMPLES = 8
LEAST = 48  # px of the image that a thumbnail shows


def plot_issues(issues_file: Path, imported_file: Path, folder: Path):
    """Write `<check>.png` for each check that found something in an image that can be shown."""
    found = defaultdict(list)
    with issues_file.open(encoding="utf-8", newline="") as file:
        for issue in csv.DictReader(file, delimiter="\t"):
            if issue["record"] in ("image", "annotation"):
                found[issue["check"]].append(issue)
    examples = {name: some(issues) for name, issues in found.items()}
    imported = json_files.read(imported_file)
    image_of = {image["file_name"]: image for image in imported["images"]}
    record_of = annotations_of(imported, examples)
    folder.mkdir(exist_ok=True)
    for name, issues in examples.items():
        thumbnails = []
        for issue in issues:
            record = record_of.get((issue["file"], issue["id"]))
            caption = f"{Path(issue['file']).name}, {issue['id']}: {issue['found']}"
            thumbnails.append((caption, thumbnail(image_of.get(issue["file"]), record)))
        if all(picture is None for _, picture in thumbnails):
            continue
        title = f"{name}: {len(found[name]):,} found, {len(issues)} shown"
        text = f"{CHECKS[name].meaning} {CHECKS[name].remedy}"
        contact_sheet(title, text, thumbnails).save(folder / f"{name}.png")


def some(issues: list[dict]) -> list[dict]:
    """Examples, of different images as far as there are."""
    first = {issue["file"]: issue for issue in reversed(issues)}
    chosen = list(reversed(first.values()))[:EXAMPLES]
    return (chosen + [issue for issue in issues[: 2 * EXAMPLES] if issue not in chosen])[:EXAMPLES]


def annotations_of(imported: dict, examples: dict[str, list[dict]]) -> dict[tuple, dict]:
    """The annotation that a file and an id in the table of issues stand for."""
    wanted = {(issue["file"], issue["id"]) for issues in examples.values() for issue in issues}
    file_of = {image["id"]: image["file_name"] for image in imported["images"]}
    names = (
        ((file_of.get(one["image_id"]), str(one["source_id"])), one)
        for one in imported["annotations"]
    )
    return {name: one for name, one in names if name in wanted}


def thumbnail(image: dict | None, annotation: dict | None) -> Image.Image | None:
    """The part of an image around an annotation, its mask in red and its declared box in blue."""
    if image is None or image["width"] is None:
        return None
    try:
        reader = images.ImageReader(image)
        boxes = boxes_of(annotation or {}, reader.shape)
        top, left, bottom, right = region(boxes, reader.shape)
        scale = min(WIDTH / (right - left), HEIGHT / (bottom - top))
        part = images.as_rgb(
            cutouts.shrunk(reader, (top, left, bottom, right), max(1, int(1 / scale)))
        )
    except InputError:  # it is not the file that was imported
        return None
    size = [max(round(side * scale), 1) for side in (right - left, bottom - top)]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    part = cv2.resize(part, size, interpolation=method)
    if "mask" in boxes:
        rle = annotation["segmentation"]
        mask = runs.crop(runs.of_mask(rle), rle["size"][0], (top, left, bottom, right))
        mask = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        outlines, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(part, outlines, -1, VERMILION, 1)
    if "box" in boxes:
        x1, y1, x2, y2 = (boxes["box"] - [left, top, left, top]) * scale
        corners = [(round(x1), round(y1)), (round(x2) - 1, round(y2) - 1)]
        cv2.rectangle(part, *corners, BLUE, 1)
    return Image.fromarray(part)


def boxes_of(annotation: dict, shape: tuple) -> dict[str, np.ndarray]:
    """`[x1, y1, x2, y2]` of the mask and of the declared box, where they are in the image."""
    rle, declared, boxes = annotation.get("segmentation"), annotation.get("bbox"), {}
    if rle and rle["size"] == list(shape[:2]) and masks.area(rle):
        boxes["mask"] = masks.box(rle)
    if declared:
        boxes["box"] = declared
    corners = {name: np.array([x, y, x + w, y + h]) for name, (x, y, w, h) in boxes.items()}
    limits = np.array([*shape[1::-1]] * 2)
    return {
        name: box
        for name, box in corners.items()
        if (np.clip(box, -limits, 2 * limits) == box).all()
    }


def region(boxes: dict[str, np.ndarray], shape: tuple) -> list[int]:
    """`[y1, x1, y2, x2]` around boxes, as large again on each side; without any, the image."""
    limits = np.array([*shape[1::-1]])
    if not boxes:
        return [0, 0, *shape[:2]]
    low = np.min([box[:2] for box in boxes.values()], axis=0)
    high = np.max([box[2:] for box in boxes.values()], axis=0)
    middle, half = (low + high) / 2, np.maximum(1.5 * (high - low), LEAST / 2)
    first = np.clip(np.floor(middle - half), 0, limits - 1)
    last = np.clip(np.ceil(middle + half), first + 1, limits)
    return [*map(int, first[::-1]), *map(int, last[::-1])]


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=InputError):
        folder = Path(snakemake.output.pictures)
        plot_issues(Path(snakemake.input.issues), Path(snakemake.input.imported), folder)
        checksums.write_folder(Path(snakemake.output.checksums), folder)
