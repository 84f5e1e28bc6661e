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
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "workflow" / "scripts"))

import configuration  # noqa: E402
from check_objects import issues as object_issues  # noqa: E402
from coco import json_files, masks, validation  # noqa: E402
from import_annotations import import_annotations  # noqa: E402

WIDTH, HEIGHT = 60, 40
LEAF, STEM = [5, 5, 20, 5, 20, 20, 5, 20], [30, 5, 50, 5, 50, 30, 30, 30]
MODEL = {"input": "whole", "mode": "resize", "size": 64, "scale": 1.0, "max_objects": 10}


@dataclass(frozen=True)
class Defect:
    """A change of the sound data set.

    Attributes:
        changes: values by their place, such as `annotations.0.bbox`; `...` removes the place, and
            `annotations.+` adds a record.
        brings: further checks that cannot but find something too.
        classes, model: of the configuration, where they matter.
        files: what becomes of the file of an image: see `spoil`.
        folder: whether the data are folders of mask images instead, without the masks of one.
        shown: the place of what the documentation shows; None takes that of the first change.
        said: what it shows instead.
    """

    changes: dict = field(default_factory=dict)
    brings: tuple[str, ...] = ()
    classes: list | None = None
    model: dict = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    folder: bool = False
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


RLE = masks.from_polygons([LEAF], WIDTH, HEIGHT)
GONE = ("image_quarantined",)

DEFECTS = {
    "text_ids": Defect({f"images.{n}.id": str(n + 1) for n in range(4)}, ("mistyped_id",)),
    "category_declared_twice": Defect({"categories.+": {"id": 1, "name": "leaf"}}),
    "duplicate_category": Defect({"categories.+": {"id": 3, "name": "leaf"}}),
    "similar_categories": Defect({"categories.+": {"id": 3, "name": "Leaf "}}, ("unused_class",)),
    "unused_class": Defect({"categories.+": {"id": 3, "name": "root"}}),
    "few_examples": Defect(
        {
            "categories.+": {"id": 3, "name": "root"},
            "annotations.+": polygons(square(50, 30, 9)) | {"category_id": 3},
        },
        shown="annotations.+",
    ),
    "missing_image": Defect({"images.0.file_name": "lost.png"}, GONE),
    "unreadable_image": Defect(
        files={"a.png": "truncated"}, brings=GONE, said="a.png: its first 60 bytes"
    ),
    "unannotated_image": Defect(folder=True, said="a/images/a.png\nb/images/b.png\nb/masks/1.png"),
    "size_mismatch": Defect({"images.0.width": 40, "images.0.height": 60}, GONE),
    "duplicate_image_id": Defect({"images.1.id": 1}, ("unknown_image", "few_examples")),
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
    "unwanted_class": Defect(classes=["leaf"]),
    "unknown_image": Defect({"annotations.+": polygons(square(9, 22, 9)) | {"image_id": 77}}),
    "image_quarantined": Defect({"images.0.file_name": "lost.png"}, ("missing_image",)),
    "unknown_category": Defect({"annotations.0.category_id": 77}),
    "duplicate_annotation": Defect({"annotations.+": polygons(LEAF)}),
    "mistyped_id": Defect({"annotations.0.image_id": "1"}),
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
    source = masks_folder(folder) if defect.folder else coco_file(defect, folder)
    import_annotations([source], folder / "imported.json")
    imported = json_files.read(folder / "imported.json")
    schema = configuration.load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    settings = configuration.complete({}, schema)["validation"]
    result = validation.validate(imported, defect.classes, settings)
    models = {"first": MODEL | defect.model}
    return result.issues + list(object_issues(result.dataset, models))


def coco_file(defect: Defect, folder: Path) -> dict:
    content = sound()
    for image in content["images"]:
        spoil(folder / image["file_name"], defect.files.get(image["file_name"]), image["id"])
    for place, value in defect.changes.items():
        put(content, place, value)
    (folder / "instances.json").write_text(json.dumps(content))
    return {
        "format": "coco",
        "annotations": str(folder / "instances.json"),
        "images": str(folder),
    }


def spoil(path: Path, how: str | None, colour: int):
    """Write an image that is truncated, a copy of a.png, has an EXIF orientation, or is sound."""
    exif = Image.Exif()
    if how == "rotated":
        exif[0x0112] = 6
    number = 1 if how == "copy of a.png" else colour
    Image.new("RGB", (WIDTH, HEIGHT), (number, 0, 0)).save(path, exif=exif)
    if how == "truncated":
        path.write_bytes(path.read_bytes()[:60])


def masks_folder(folder: Path) -> dict:
    for number, name in enumerate("abcd"):
        for part in ("images",) if name == "a" else ("images", "masks"):
            (folder / name / part).mkdir(parents=True)
        Image.new("RGB", (WIDTH, HEIGHT), (number, 0, 0)).save(folder / name / f"images/{name}.png")
        if name != "a":
            mask = np.zeros((HEIGHT, WIDTH), np.uint8)
            mask[5:20, 5:20] = 255
            Image.fromarray(mask).save(folder / name / "masks/1.png")
    return {"format": "masks", "folder": str(folder), "class": "leaf"}
