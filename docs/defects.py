"""A planted defect for each check: docs/checks.md shows them, and a test sees that they are found.

Each is a small change of a sound data set: four images of 60 x 40 px, each with a square leaf and
a stem.
"""

import copy
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "workflow" / "scripts"))

import configuration  # noqa: E402
from check_objects import issues as object_issues  # noqa: E402
from coco import json_files, masks, validation  # noqa: E402
from import_annotations import import_annotations  # noqa: E402

WIDTH, HEIGHT = 60, 40
LEAF, STEM = [5, 5, 20, 5, 20, 20, 5, 20], [30, 5, 50, 5, 50, 30, 30, 30]
RECIPE = {
    "mode": "resize",
    "size": 64,
    "scale": 1.0,
    "overlap": 0,
    "min_visible": 0.1,
    "cut_objects": "drop",
}
MODEL = {"input": "whole", "max_objects": 10, **RECIPE}


@dataclass(frozen=True)
class Defect:
    """A change of the sound data set.

    Attributes:
        changes: values by their place, such as `annotations.0.bbox`; `...` removes the place, and
            `annotations.+` adds a record.
        brings: further checks that cannot but find something too.
        classes, model, images: of the configuration, where they matter.
        files: what becomes of the files of images, or of further ones: see `spoil`.
        source: `masks` for folders of mask images instead, without the masks of one; `label_maps`
            for label maps, one with a value that is void, or with soft edges if `files` say so;
            `cvat` for a file of CVAT, with a tag; `voc` for Pascal VOC, with an object less in one
            photo; `yolo` for YOLO, with a folder of photos without labels.
        shown: the place of what the documentation shows; None takes that of the first change.
        said: what it shows instead.
    """

    changes: dict = field(default_factory=dict)
    brings: tuple[str, ...] = ()
    classes: list | None = None
    model: dict = field(default_factory=dict)
    images: dict = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    source: str = "coco"
    shown: str | None = None
    said: str | None = None

    @property
    def example(self) -> str:
        """What of the data shows the defect."""
        if self.said:
            return self.said
        if self.model or self.classes:
            return json.dumps(self.model or {"classes": self.classes})
        content = sound()
        for place, value in self.changes.items():
            put(content, place, value)
        record = self.shown or ".".join(next(iter(self.changes), "images.0").split(".")[:2])
        return json.dumps(at(content, record.replace("+", "-1")))


def polygons(*parts) -> dict:
    """An annotation with these polygons, and no box or area to contradict them."""
    return {"id": 9, "image_id": 1, "category_id": 1, "segmentation": list(parts)}


def square(x, y, side) -> list:
    return [x, y, x + side, y, x + side, y + side, x, y + side]


def in_two_parts(number) -> dict:
    x = 30 if number % 2 else 5
    own = {"id": number + 1, "image_id": number // 2 + 1, "category_id": number % 2 + 1}
    return polygons(square(x, 5, 9), square(x, 25, 9)) | own


RLE = masks.from_polygons([LEAF], WIDTH, HEIGHT)
GONE = ("image_quarantined",)

DEFECTS = {
    "text_ids": Defect({f"images.{n}.id": str(n + 1) for n in range(4)}, ("mistyped_id",)),
    "shifted_category_ids": Defect(
        {f"annotations.{n}.category_id": n % 2 for n in range(8)},
        ("unknown_category", "unused_class"),
    ),
    "objects_in_parts": Defect({f"annotations.{n}": in_two_parts(n) for n in range(5)}),
    "invalid_category": Defect({"categories.+": {"id": 3, "name": None}}),
    "parent_category": Defect(
        {"categories.+": {"id": 0, "name": "plant"}, "categories.0.supercategory": "plant"}
    ),
    "category_declared_twice": Defect({"categories.+": {"id": 1, "name": "leaf"}}),
    "duplicate_category": Defect({"categories.+": {"id": 3, "name": "leaf"}}),
    "similar_categories": Defect({"categories.+": {"id": 3, "name": "Leaf "}}, ("unused_class",)),
    "no_object_class": Defect({"categories.0.name": "_background_"}),
    "unused_class": Defect({"categories.+": {"id": 3, "name": "root"}}),
    "few_examples": Defect(
        {
            "categories.+": {"id": 3, "name": "root"},
            "annotations.+": polygons(square(50, 30, 9)) | {"category_id": 3},
        },
        shown="annotations.+",
    ),
    "invalid_record": Defect({"images.0.file_name": None}, GONE),
    "outside_folder": Defect({"images.0.file_name": "../a.png"}, GONE),
    "missing_image": Defect({"images.0.file_name": "lost.png"}, GONE),
    "empty_file": Defect(files={"a.png": "empty"}, brings=GONE, said="a.png: 0 bytes"),
    "several_pages": Defect(
        {"images.0.file_name": "a.tif"}, GONE, files={"a.tif": "two pages"}, said="a.tif: two pages"
    ),
    "too_many_pixels": Defect(
        files={"a.png": "large"},
        images={"max_pixels": 5000},
        brings=GONE,
        said="a.png: 100 x 80 px, and in the configuration images: {max_pixels: 5000}",
    ),
    "wrong_channels": Defect(
        {"images.0.file_name": "a.tif"},
        GONE,
        files={"a.tif": "five channels"},
        said="a.tif: five channels, without a word of colours",
    ),
    "not_finite": Defect(
        {"images.0.file_name": "a.tif"}, GONE, files={"a.tif": "NaN"}, said="a.tif: a pixel is NaN"
    ),
    "unreadable_image": Defect(
        files={"a.png": "truncated"}, brings=GONE, said="a.png: its first 60 bytes"
    ),
    "unannotated_image": Defect(
        source="masks", said="a/images/a.png\nb/images/b.png\nb/masks/1.png"
    ),
    "size_mismatch": Defect({"images.0.width": 40, "images.0.height": 60}, GONE),
    "duplicate_image_id": Defect({"images.1.id": 1}, ("unknown_image", "few_examples")),
    "invalid_size": Defect({"images.0.width": "64"}),
    "wrong_extension": Defect(files={"a.png": "JPEG"}, said="a.png: a JPEG file"),
    "constant_image": Defect(files={"a.png": "constant"}, said="a.png: black"),
    "extra_channels": Defect(
        {"images.0.file_name": "a.tif"},
        files={"a.tif": "RGB and two channels"},
        said="a.tif: RGB and two channels",
    ),
    "orientation_guessed": Defect(
        files={"a.png": "upside down"}, said="a.png: 60x40, EXIF orientation 3"
    ),
    "tagged_image": Defect(source="cvat", said='<tag label="blurred" source="manual"/>'),
    "class_without_object": Defect(
        source="voc", said="SegmentationClass/a.png: a leaf that SegmentationObject/a.png has not"
    ),
    "soft_edges": Defect(
        brings=GONE,
        files={"a.png": "soft"},
        source="label_maps",
        said="a.png: resized with interpolation",
    ),
    "unlabelled_folder": Defect(
        source="yolo", said="images/train/a.png\nimages/val/d.png\nlabels/train/a.txt"
    ),
    "name_clash": Defect({"images.1.file_name": "A.png"}, files={"A.png": "sound"}),
    "image_turned_two_ways": Defect(
        {"images.+": {"id": 5, "file_name": "a.png", "width": 40, "height": 60}},
        files={"a.png": "rotated"},
    ),
    "image_listed_twice": Defect({"images.+": {"id": 5, "file_name": "a.png"}}),
    "no_usable_annotation": Defect(
        {"annotations.0.segmentation": [square(70, 50, 9)], "annotations.1.segmentation": [[1, 1]]},
        ("mask_outside_image", "invalid_polygon"),
        shown="annotations.0",
    ),
    "duplicate_image": Defect(
        files={"b.png": "copy of a.png"}, said="b.png: the same bytes as a.png"
    ),
    "near_duplicate": Defect(
        files={"b.png": "darker copy of a.png"}, said="b.png: a darker copy of a.png"
    ),
    "unwanted_class": Defect(classes=["leaf"]),
    "unknown_image": Defect({"annotations.+": polygons(square(9, 22, 9)) | {"image_id": 77}}),
    "image_quarantined": Defect({"images.0.file_name": "lost.png"}, ("missing_image",)),
    "unknown_category": Defect({"annotations.0.category_id": 77}),
    "duplicate_annotation": Defect({"annotations.+": polygons(LEAF)}),
    "mistyped_id": Defect({"annotations.0.image_id": "1"}),
    "invalid_value": Defect({"annotations.0.iscrowd": "yes"}),
    "duplicate_annotation_id": Defect({"annotations.+": polygons(square(9, 22, 9)) | {"id": 1}}),
    "box_without_mask": Defect({"annotations.0.segmentation": ...}),
    "invalid_coordinates": Defect(
        {"annotations.0.segmentation": [[5, 5, 20, float("nan"), 20, 20]]}
    ),
    "invalid_polygon": Defect({"annotations.0.segmentation": [[5, 5, 20, 5, 20, 20, 5]]}),
    "invalid_rle": Defect(
        {"annotations.0.segmentation": {"size": [HEIGHT, WIDTH], "counts": [300, 50]}}
    ),
    "no_mask": Defect({"annotations.0.segmentation": ..., "annotations.0.bbox": ...}),
    "mask_size_mismatch": Defect({"annotations.0.segmentation": RLE}),
    "normalised_coordinates": Defect(
        {f"annotations.{n}.segmentation": [[0.1, 0.1, 0.3, 0.1, 0.3, 0.5]] for n in range(8)},
        ("no_usable_annotation", "unused_class"),
    ),
    "mask_outside_image": Defect({"annotations.0.segmentation": [square(70, 50, 9)]}),
    "empty_mask": Defect({"annotations.0.segmentation": [[5, 5.2, 20, 5.2, 20, 5.3]]}),
    "degenerate_mask": Defect({"annotations.0.segmentation": [square(5, 5, 1)]}),
    "incomplete_polygon": Defect({"annotations.0.segmentation": [LEAF, [9, 9, 12, 9]]}),
    "vanished_part": Defect({"annotations.0.segmentation": [LEAF, [5, 25.2, 20, 25.2, 20, 25.3]]}),
    "crossing_polygon": Defect({"annotations.+": polygons([5, 22, 20, 37, 20, 22, 5, 37])}),
    "filled_hole": Defect({"annotations.0.segmentation": [LEAF, square(9, 9, 6)]}),
    "swapped_axes": Defect({"annotations.1.bbox": [5, 30, 25, 20]}),
    "covers_image": Defect(
        {"annotations.+": polygons([0, 0, WIDTH, 0, WIDTH, HEIGHT, 0, HEIGHT])},
        ("swallowing_object",),
    ),
    "thin_lines": Defect(
        {
            "annotations.+": polygons(
                [2, 2, 56, 2, 56, 36, 2, 36, 2, 5, 3, 5, 3, 35, 55, 35, 55, 3, 2, 3]
            )
        }
    ),
    "void_label": Defect(source="label_maps", said="a.png: the values 0, 1, 2 and 255"),
    "mask_partly_outside": Defect({"annotations.+": polygons(square(50, 32, 15))}),
    "wrong_box": Defect({"annotations.0.bbox": [5, 5, 20, 20]}),
    "wrong_area": Defect({"annotations.0.area": 2250}),
    "duplicate_mask": Defect({"annotations.+": polygons([5, 5, 20, 5, 20, 20, 6, 20])}),
    "conflicting_class": Defect({"annotations.+": polygons(LEAF) | {"category_id": 2}}),
    "swallowing_object": Defect({"annotations.+": polygons(square(2, 2, 24))}),
    "tiny_objects": Defect(model={"mode": "crop", "scale": 0.1}),
    "too_many_objects": Defect(model={"max_objects": 1}),
}


def sound() -> dict:
    images = [
        {"id": number, "file_name": f"{name}.png", "width": WIDTH, "height": HEIGHT}
        for number, name in enumerate("abcd", 1)
    ]
    annotations = [
        {"id": 2 * image["id"] - 2 + category, "image_id": image["id"], "category_id": category}
        | {"segmentation": [outline], "bbox": box, "area": box[2] * box[3]}
        for image in images
        for category, outline, box in ((1, LEAF, [5, 5, 15, 15]), (2, STEM, [30, 5, 20, 25]))
    ]
    categories = [{"id": 1, "name": "leaf"}, {"id": 2, "name": "stem"}]
    return {"images": images, "annotations": annotations, "categories": categories}


def at(content, place: str):
    for key in place.split("."):
        content = content[int(key) if isinstance(content, list) else key]
    return content


def put(content: dict, place: str, value):
    *above, key = place.split(".")
    parent = at(content, ".".join(above))
    if key == "+":
        parent.append(copy.deepcopy(value))
    elif value is ...:
        del parent[key]
    else:
        parent[int(key) if isinstance(parent, list) else key] = copy.deepcopy(value)


def find(defect: Defect, folder: Path) -> list[dict]:
    """The issues that the workflow finds in the data with the defect, written to a folder."""
    data = folder / "data"
    data.mkdir()
    makers = {
        "coco": coco_file,
        "masks": masks_folder,
        "label_maps": label_maps,
        "cvat": cvat,
        "voc": voc,
        "yolo": yolo,
    }
    source = makers[defect.source](defect, data)
    schema = configuration.load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    settings = configuration.complete({}, schema)
    images = settings["images"] | defect.images
    import_annotations([source], images, folder / "imported.json", folder / "embedded")
    imported = json_files.read(folder / "imported.json")
    result = validation.validate(imported, defect.classes, settings["validation"])
    models = {"first": MODEL | defect.model}
    return result.issues + list(object_issues(result.dataset, models))


def coco_file(defect: Defect, folder: Path) -> dict:
    content = sound()
    names = dict.fromkeys([image["file_name"] for image in content["images"]]) | defect.files
    for number, (name, how) in enumerate(names.items(), 1):
        spoil(folder / name, how, number)
    for place, value in defect.changes.items():
        put(content, place, value)
    (folder / "instances.json").write_text(json.dumps(content))
    return {
        "format": "coco",
        "annotations": str(folder / "instances.json"),
        "images": str(folder),
    }


def spoil(path: Path, how: str | None, number: int):
    """Write an image, the same for the same number, and damaged as the words say."""
    rng = np.random.default_rng(1 if "copy of a.png" in (how or "") else number)
    pixels = rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    exif = Image.Exif()
    if how in ("rotated", "upside down"):
        exif[0x0112] = 6 if how == "rotated" else 3
    elif how == "darker copy of a.png":
        pixels //= 2
    elif how == "constant":
        pixels[:] = 0
    elif how == "large":
        pixels = np.resize(pixels, (80, 100, 3))
    if how in TIFFS:
        kind = {"photometric": "rgb" if "RGB" in how else "minisblack"}
        kind |= {"planarconfig": "contig"} if "channels" in how else {}
        tifffile.imwrite(path, TIFFS[how], **kind)
    else:
        kind = "JPEG" if how == "JPEG" else "PNG"
        Image.fromarray(pixels).save(path, kind, exif=exif)
    if how in ("truncated", "empty"):
        path.write_bytes(path.read_bytes()[: 60 if how == "truncated" else 0])


PIXELS = np.arange(HEIGHT * WIDTH * 5).reshape(HEIGHT, WIDTH, 5)
TIFFS = {
    "two pages": np.moveaxis(PIXELS[..., :2], 2, 0).astype(np.uint8),
    "five channels": PIXELS.astype(np.uint8),
    "RGB and two channels": PIXELS.astype(np.uint8),
    "NaN": np.where(PIXELS[..., 0] == 0, np.nan, PIXELS[..., 0]).astype(np.float32),
}


def masks_folder(defect: Defect, folder: Path) -> dict:
    for number, name in enumerate("abcd"):
        for part in ("images",) if name == "a" else ("images", "masks"):
            (folder / name / part).mkdir(parents=True)
        spoil(folder / name / "images" / f"{name}.png", None, number)
        if name != "a":
            mask = np.zeros((HEIGHT, WIDTH), np.uint8)
            mask[5:20, 5:20] = 255
            Image.fromarray(mask).save(folder / name / "masks/1.png")
    return {"format": "masks", "folder": str(folder), "class": "leaf"}


def label_maps(defect: Defect, folder: Path) -> dict:
    for part in ("images", "labels"):
        (folder / part).mkdir()
    for number, name in enumerate("abcd"):
        spoil(folder / "images" / f"{name}.png", None, number)
        labels = np.zeros((HEIGHT, WIDTH), np.uint8)
        labels[5:20, 5:20], labels[5:30, 30:50] = 1, 2
        if name == "a" and defect.files:
            half = labels[::2, ::2] * 100
            labels = np.asarray(Image.fromarray(half).resize((WIDTH, HEIGHT), Image.BILINEAR))
        elif name == "a":
            labels[25:35, 5:20] = 255
        Image.fromarray(labels).save(folder / "labels" / f"{name}.png")
    folders = {part: str(folder / part) for part in ("images", "labels")}
    return {"format": "label_maps", "class": "leaf", **folders}


def voc(defect: Defect, folder: Path) -> dict:
    for part in ("JPEGImages", "SegmentationObject", "SegmentationClass"):
        (folder / part).mkdir()
    (folder / "class_names.txt").write_text("_background_\nleaf\nstem")
    for number, name in enumerate("abcd"):
        spoil(folder / "JPEGImages" / f"{name}.png", None, number)
        labels = np.zeros((HEIGHT, WIDTH), np.uint8)
        labels[5:20, 5:20], labels[5:30, 30:50] = 1, 2
        Image.fromarray(labels).save(folder / "SegmentationObject" / f"{name}.png")
        if name == "a":
            labels[25:35, 5:20] = 1
        Image.fromarray(labels).save(folder / "SegmentationClass" / f"{name}.png")
    return {"format": "voc", "folder": str(folder)}


def yolo(defect: Defect, folder: Path) -> dict:
    for part in ("images/train", "images/val", "labels/train"):
        (folder / part).mkdir(parents=True)
    for number, name in enumerate("abcd"):
        part = "val" if name == "d" else "train"
        spoil(folder / "images" / part / f"{name}.png", None, number)
        if part == "train":
            (folder / "labels/train" / f"{name}.txt").write_text("0 0.1 0.1 0.3 0.1 0.3 0.5")
    (folder / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [leaf]")
    return {"format": "yolo", "folder": str(folder)}


def cvat(defect: Defect, folder: Path) -> dict:
    images = ""
    for number, name in enumerate("abcd"):
        spoil(folder / f"{name}.png", None, number)
        tag = '<tag label="blurred" source="manual"/>' if name == "a" else ""
        images += f'''<image name="{name}.png" width="{WIDTH}" height="{HEIGHT}">{tag}
            <box label="leaf" xtl="5" ytl="5" xbr="20" ybr="20"/></image>'''
    (folder / "annotations.xml").write_text(f"<annotations>{images}</annotations>")
    source = {"annotations": str(folder / "annotations.xml"), "images": str(folder)}
    return {"format": "cvat"} | source
