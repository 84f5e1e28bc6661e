"""A small sound source of every format, which `tests/fuzz_annotations.py` damages."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from coco import masks

WIDTH, HEIGHT = 60, 40
NAMES = ("a", "b", "c")
SQUARE = [[5, 5], [20, 5], [20, 20], [5, 20]]
Seed = tuple[dict, list[Path]]  # a source, and those of its files that may be damaged


def coco(folder: Path) -> Seed:
    """Polygons with one and several parts, both kinds of RLE, a crowd."""
    rng = np.random.default_rng(0)
    images = [
        {"id": n, "file_name": f"{n}.png", "width": WIDTH, "height": HEIGHT} for n in range(1, 5)
    ]
    for image in images:
        photo(folder / image["file_name"])
    ring = np.zeros((HEIGHT, WIDTH), bool)
    ring[5:20, 5:20], ring[10:15, 10:15] = True, False
    rle = masks.encode(ring)
    runs = {"size": [HEIGHT, WIDTH], "counts": masks.run_lengths(rle["counts"])}
    bow_tie = [[5, 5, 30, 30, 30, 5, 5, 30]]
    shapes = [rle, runs, bow_tie, [[1, 1, 9, 1, 9, 9], [20.5, 3, 30, 3, 30, 12.25, 20, 12]]]
    shapes += [[blob(rng)] for _ in range(8)]
    annotations = [
        {
            "id": number,
            "image_id": 1 + number % 4,
            "category_id": 1 + number % 2,
            "segmentation": shape,
            "bbox": [5, 5, 15, 15],
            "area": 200.0,
            "iscrowd": int(number == 1),
        }
        for number, shape in enumerate(shapes)
    ]
    categories = [{"id": 1, "name": "leaf"}, {"id": 2, "name": "stem"}]
    content = {"images": images, "annotations": annotations, "categories": categories}
    path = write(folder / "instances.json", content)
    return {"format": "coco", "annotations": str(path), "images": str(folder)}, [path]


def blob(rng: np.random.Generator) -> list[float]:
    angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 20)))
    around = rng.uniform(3, 15) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.round(rng.uniform((0, 0), (WIDTH, HEIGHT)) + around, 2).ravel().tolist()


def colour_masks(folder: Path) -> Seed:
    colours = {1: (0, 255, 0), 2: (255, 0, 0)}
    files = []
    for name in NAMES:
        photo(folder / "images" / f"{name}.png")
        pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        for number, colour in colours.items():
            pixels[labels() == number] = colour
        files.append(save(pixels, folder / "labels" / f"{name}.png"))
    source = {"format": "colour_masks", **folders(folder)}
    return source | {"colours": {"leaf": "#00ff00", "stem": "#ff0000"}}, files


def cvat(folder: Path) -> Seed:
    images = []
    for number, name in enumerate(NAMES):
        photo(folder / f"{name}.png")
        points = ";".join(f"{x},{y}" for x, y in SQUARE)
        images.append(
            f'<image id="{number}" name="{name}.png" width="{WIDTH}" height="{HEIGHT}">'
            f'<polygon label="leaf" points="{points}" group_id="1"/>'
            '<box label="stem" xtl="30" ytl="5" xbr="40.5" ybr="20" rotation="30"/>'
            '<ellipse label="leaf" cx="45" cy="30" rx="8" ry="5"/>'
            '<mask label="stem" rle="2, 5, 5, 8" left="3" top="25" width="5" height="4"/></image>'
        )
    text = f'<?xml version="1.0" encoding="utf-8"?>\n<annotations>{"".join(images)}</annotations>'
    path = write(folder / "annotations.xml", text)
    return {"format": "cvat", "annotations": str(path), "images": str(folder)}, [path]


def label_maps(folder: Path) -> Seed:
    files = []
    for name in NAMES:
        photo(folder / "images" / f"{name}.png")
        files.append(save(labels().astype(np.uint16), folder / "labels" / f"{name}.png"))
    table = write(folder / "classes.csv", "value,class\n1,leaf\n2,stem\n")
    source = {"format": "label_maps", **folders(folder), "classes_csv": str(table)}
    return source, [*files, table, table]


def labelme(folder: Path) -> Seed:
    files = []
    for name in NAMES:
        photo(folder / f"{name}.png")
        shapes = [
            {"label": "leaf", "points": SQUARE, "group_id": 1, "shape_type": "polygon"},
            {"label": "leaf", "points": [[30, 5], [40, 9]], "group_id": 1}
            | {"shape_type": "rectangle"},
            {"label": "stem", "points": [[45, 30], [49, 30]], "shape_type": "circle"},
        ]
        content = {"shapes": shapes, "imagePath": f"{name}.png", "imageData": None}
        content |= {"imageWidth": WIDTH, "imageHeight": HEIGHT}
        files.append(write(folder / f"{name}.json", content))
    return {"format": "labelme", "folder": str(folder)}, files


def masks_of_objects(folder: Path) -> Seed:
    files = []
    for name in NAMES:
        photo(folder / name / "images" / f"{name}.png")
        for number in (1, 2):
            mask = np.where(labels() == number, 255, 0).astype(np.uint8)
            files.append(save(mask, folder / name / "masks" / f"{number}.png"))
    return {"format": "masks", "folder": str(folder), "class": "cell"}, files


def via(folder: Path) -> Seed:
    content = {}
    for name in NAMES:
        photo(folder / f"{name}.png")
        xs, ys = zip(*SQUARE, strict=True)
        shapes = [
            {"name": "polygon", "all_points_x": xs, "all_points_y": ys},
            {"name": "rect", "x": 30, "y": 5, "width": 10, "height": 15},
            {"name": "ellipse", "cx": 45, "cy": 30, "rx": 8, "ry": 5, "theta": 0.3},
            {"name": "circle", "cx": 10, "cy": 30, "r": 5.5},
        ]
        regions = [
            {"shape_attributes": shape, "region_attributes": {"kind": "leaf"}} for shape in shapes
        ]
        content[f"{name}.png99"] = {"filename": f"{name}.png", "size": 99, "regions": regions}
    path = write(folder / "via.json", content)
    source = {"format": "via", "annotations": str(path), "images": str(folder)}
    return source | {"class_attribute": "kind"}, [path]


def voc(folder: Path) -> Seed:
    box = "<bndbox><xmin>6</xmin><ymin>6</ymin><xmax>20</xmax><ymax>20</ymax></bndbox>"
    size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height></size>"
    text = f"<annotation>{size}<object><name>leaf</name>{box}</object></annotation>"
    files = []
    for name in NAMES:
        photo(folder / "JPEGImages" / f"{name}.png")
        files += [
            save(labels().astype(np.uint8), folder / "SegmentationObject" / f"{name}.png"),
            save(labels().astype(np.uint8), folder / "SegmentationClass" / f"{name}.png"),
            write(folder / "Annotations" / f"{name}.xml", text),
        ]
    files.append(write(folder / "class_names.txt", "_background_\nleaf\nstem\n"))
    files.append(write(folder / "ImageSets/Segmentation/train.txt", "\n".join(NAMES)))
    return {"format": "voc", "folder": str(folder)}, files


def yolo(folder: Path) -> Seed:
    data = "path: .\ntrain: images/train\nval: images/train\nnames:\n  0: leaf\n  1: stem\n"
    files = [write(folder / "data.yaml", data)]
    polygon = " ".join(f"{x / WIDTH:.4f} {y / HEIGHT:.4f}" for x, y in SQUARE)
    for name in NAMES:
        photo(folder / "images" / "train" / f"{name}.png")
        lines = f"0 {polygon}\n1 0.5 0.5 0.9 0.5 0.9 0.9\n"
        files.append(write(folder / "labels" / "train" / f"{name}.txt", lines))
    return {"format": "yolo", "folder": str(folder)}, files


SEEDS: dict[str, Callable[[Path], Seed]] = {
    "coco": coco,
    "colour_masks": colour_masks,
    "cvat": cvat,
    "label_maps": label_maps,
    "labelme": labelme,
    "masks": masks_of_objects,
    "via": via,
    "voc": voc,
    "yolo": yolo,
}


# Files


def photo(path: Path):
    """Noise, different in each image."""
    rng = np.random.default_rng(list(path.as_posix()[-9:].encode()))
    save(rng.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8), path)


def labels() -> np.ndarray:
    """Two objects: int of shape `[height, width]`."""
    values = np.zeros((HEIGHT, WIDTH), int)
    values[5:20, 5:20], values[25:35, 10:40] = 1, 2
    return values


def folders(folder: Path) -> dict:
    return {"images": str(folder / "images"), "labels": str(folder / "labels")}


def save(pixels: np.ndarray, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def write(path: Path, content) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path
