"""What a JSON schema cannot say: values that do not fit each other, or the files.

Each check takes the whole configuration, defaults included.
"""

from collections.abc import Iterator
from pathlib import Path

import new_images
from coco.formats.folders import IMAGE_SUFFIXES
from configuration import model_checks, split_checks
from configuration.paths import around_results, missing
from configuration.source_checks import check_sources
from configuration.wording import listed, show

COMMON_FOLDERS = ("benchmarks", "logs")  # of results/, with a folder per rule


def check_dataset(config: dict) -> Iterator[str]:
    name = config["dataset"]
    if name in COMMON_FOLDERS:
        yield (
            f"dataset: received {show(name)}, expected another name: results/{name} is the folder "
            f"of the {name} of all data sets"
        )


def check_intensity(config: dict) -> Iterator[str]:
    for key in ("percentiles", "range"):
        limits = config["images"]["intensity"][key]
        if limits is not None and limits[0] >= limits[1]:
            yield (
                f"images.intensity.{key}: received {show(limits)}, expected the smaller value first"
            )


def check_recipes(config: dict) -> Iterator[str]:
    for name, recipe in config["inputs"].items():
        for key, neutral in (("scale", 1.0), ("overlap", 0), ("empty_windows", 1.0)):
            if recipe["mode"] == "resize" and recipe[key] != neutral:
                yield (
                    f"inputs.{name}.{key}: received {show(recipe[key])}, "
                    f"expected {neutral} unless mode is crop"
                )
        if recipe["overlap"] >= recipe["size"]:
            yield (
                f"inputs.{name}.overlap: received {recipe['overlap']}, "
                f"expected less than the input's size, {recipe['size']}"
            )
        low, high = recipe["augmentation"].get("scale", [1, 1])
        if low > high:
            yield (
                f"inputs.{name}.augmentation.scale: received {show([low, high])}, "
                "expected the smaller factor first"
            )
        channels = config["images"]["channels"]
        if recipe["augmentation"].get("hue") and channels != 3:
            yield (
                f"inputs.{name}.augmentation.hue: received {recipe['augmentation']['hue']}, "
                f"expected 0: only images of 3 channels have a hue, not of {channels}"
            )
        if recipe["copies"] and recipe["mode"] == "resize" and is_unchanging(recipe):
            yield (
                f"inputs.{name}.copies: received {recipe['copies']}, expected 0: with preset: none "
                "and no augmentation each copy is the same image again; raise epochs instead"
            )


def is_unchanging(recipe: dict) -> bool:
    """Whether a copy is the image as it is."""
    changes = {key: value for key, value in recipe["augmentation"].items() if key != "scale"}
    zooms = recipe["augmentation"].get("scale", [1, 1]) != [1, 1]
    return recipe["preset"] == "none" and not zooms and not any(changes.values())


def check_prediction(config: dict) -> Iterator[str]:
    window, overlap = (config["prediction"][key] for key in ("window", "overlap"))
    if 2 * overlap > window:
        yield (
            f"prediction.overlap: received {overlap}, "
            f"expected at most half of prediction.window, {window}"
        )


def check_new_images(config: dict) -> Iterator[str]:
    asked = config["new_images"]
    if asked:
        folder, model = asked["folder"], asked["model"]
        wrong = list(missing("new_images.folder", folder, Path.is_dir, "a folder"))
        yield from [*wrong, *around_results("new_images.folder", folder)]
        if not wrong and not new_images.images(folder):
            yield (
                f"new_images.folder: {folder} has no image, expected files that end in "
                f"{listed(IMAGE_SUFFIXES)}"
            )
        if model is not None and model not in config["models"]:
            yield (
                f"new_images.model: received {show(model)}, "
                f"expected one of the models: {listed(config['models'])}"
            )


def check_classes(config: dict) -> Iterator[str]:
    items = config["classes"] or []
    items = [{"name": item, "from": [item]} if isinstance(item, str) else item for item in items]
    names = [item["name"] for item in items]
    origins = [origin for item in items for origin in item["from"]]
    for what, values in (("name", names), ("class of the sources", origins)):
        for value in dict.fromkeys(values):
            if values.count(value) > 1:
                yield f"classes: received the {what} {show(value)} twice, expected it once"


CHECKS = (
    check_dataset,
    check_sources,
    check_intensity,
    check_classes,
    *split_checks.CHECKS,
    check_recipes,
    check_prediction,
    *model_checks.CHECKS,
    check_new_images,
)
