"""Translates the user's files into one file of images, categories and masks.

It drops nothing and judges nothing, unless a file is not of its format at all: what cannot be
translated says so in its `problem`, and `validate_dataset` decides.
"""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import console
from coco import checksums, images, json_files, orientation, pixel_limit
from coco.errors import InputError, spelt, written
from coco.formats import FORMATS
from coco.formats.fields import in_folder
from coco.formats.files import below
from coco.formats.folders import IMAGE_SUFFIXES
from coco.intensity import Histogram
from coco.ledger import origin

PATHS = "annotations", "classes_csv", "labels", "folder"  # of a source
LISTING = "coco", "cvat", "via", "yolo"  # formats whose file lists the photos of a folder
THREADS = 4  # they wait for the disk, and Pillow decodes beside Python
AT_A_TIME = 32  # handing over single items would take longer than their import


def import_annotations(
    sources: list[dict], settings: dict, output: Path, embedded: Path
) -> list[dict]:
    """Write `imported.json` for the sources, and their images as the `settings` want them.

    Images that are only inside annotation files become files in the folder `embedded`. Returns the
    records of the images.
    """
    pixel_limit.allow(settings["max_pixels"])  # of label images too
    embedded.mkdir(exist_ok=True)
    mapping = settings["intensity"]
    mapping = mapping | {"range": mapping["range"] and [mapping["range"]]}
    shared = mapping["per"] == "dataset" and not mapping["range"]
    settings = settings | {"intensity": mapping}
    histogram = Histogram(images.groups(settings)) if shared else None
    found = {"categories": [], "images": [], "annotations": []}
    category_ids = count(1)
    for index, source in enumerate(sources):
        source = source | {"embedded": (embedded / str(index)).as_posix()}
        for key, records in import_source(index, source, category_ids, settings, histogram).items():
            found[key] += records
    tell_unlisted(sources, {image["file_name"] for image in found["images"]})
    if shared:
        mapping["range"] = share_intensity(found["images"], histogram, mapping["percentiles"])
    note_clashing_names(found["images"])
    for number, annotation in enumerate(found["annotations"], start=1):
        annotation["id"] = number
    info = {"description": "Images and annotations as imported", "sources": sources}
    info |= {"images": settings}
    json_files.write(output, {"info": info} | found)
    return found["images"]


def tell_unlisted(sources: list[dict], listed: set[str]):
    """Say how many photos lie beside those that the annotation files list, and are not used."""
    listed = {in_folder("", name) for name in listed}
    folders = dict.fromkeys(
        one.get("images") or one["folder"] for one in sources if one["format"] in LISTING
    )
    for folder in folders:
        photos = (in_folder("", str(path)) for path in below(folder, IMAGE_SUFFIXES))
        unlisted = [photo for photo in photos if photo not in listed]
        if unlisted:
            console.say(
                f"{folder}: photos that no annotation file lists, and that are not used: "
                f"{len(unlisted)}, such as {unlisted[0]}"
            )


def write_checksums(sources: list[dict], found: list[dict], output: Path):
    """Write the sha256 of the sources' files that are none of the images `found`."""
    known = {image["file_name"] for image in found}
    paths = [path for source in sources for path in annotation_files(source, known)]
    digests = in_threads("checksums of the annotations", checksums.digest, paths)
    checksums.write(output, paths, digests)


def annotation_files(source: dict, images: set[str]) -> Iterator[str]:
    """The files of a source that are none of the data set's `images`."""
    for place in dict.fromkeys(source[key] for key in PATHS if key in source):
        for path in below(place) if Path(place).is_dir() else [Path(place)]:
            name = path.as_posix()
            if name not in images and path.is_file() and "\n" not in name:
                yield name


def import_source(
    index: int, source: dict, category_ids: count, settings: dict, histogram: Histogram | None
) -> dict[str, list[dict]]:
    """The records of one source; its annotations have no id yet."""
    reader = FORMATS[source["format"]]
    categories, listed, annotations = reader.read(source)
    spell_out_names(listed, annotations)
    categories = [
        {"id": next(category_ids), "name": category["name"], "source": index}
        | {key: category[key] for key in ("source_id", "check", "problem") if key in category}
        for category in categories
    ]
    of_image = defaultdict(list)
    for annotation in annotations:
        of_image[annotation["source_image_id"]].append(annotation)
    folder = Path(source.get("images") or source["folder"]).resolve()
    embedded = Path(source["embedded"]).resolve()

    def inspect(image: dict) -> tuple[images.Inspection, tuple[int, int] | None]:
        if outside := target_outside(image["file_name"], folder, embedded):
            return images.Inspection(check="outside_folder", problem=outside), None
        declared = reader.declared_size(image, of_image[image["source_id"]])
        return images.inspect(image["file_name"], settings, histogram), declared

    label = f"import of {origin(source)}"
    inspected = in_threads(f"{label}, images", inspect, listed)
    turns = orientation.decide(
        settings["exif"],
        [(file.exif, (file.width, file.height), declared) for file, declared in inspected],
    )
    for image, (file, declared), turn in zip(listed, inspected, turns, strict=True):
        sizes = file.exif, (file.width, file.height), declared
        if of_image[image["source_id"]] and orientation.is_guess(settings["exif"], *sizes):
            remark_guess(image, file.exif, turn)
    report_turns(label, [file.exif for file, _ in inspected], turns)
    found = [
        image_record(image, file, turn, settings["channels"], index, split_of(image, source))
        for image, (file, _), turn in zip(listed, inspected, turns, strict=True)
    ]
    refuse_wrong_folder(source, found)

    images_of, category_of = defaultdict(dict), {}
    for image in found:
        images_of[image["source_id"]].setdefault(image["id"], image)
    for category in categories:
        if "problem" not in category:
            category_of[category["source_id"]] = category["id"]

    def translate(annotation: dict) -> dict:
        candidates = list(images_of[annotation["source_image_id"]].values())
        return annotation_record(annotation, candidates, category_of, reader.translate, index)

    translated = in_threads(f"{label}, annotations", translate, annotations)
    return {"categories": categories, "images": found, "annotations": translated}


def spell_out_names(listed: list[dict], annotations: list[dict]):
    """A name that is no UTF-8 can stand in no file of results: its bytes are spelt out there."""

    def spelt_out(value):
        return spelt(value) if type(value) is str else value

    for image in listed:
        if (name := spelt(image["file_name"])) != image["file_name"]:
            image |= {"file_name": name, "source_id": spelt_out(image["source_id"])}
            image["problem"] = "the name of the file is not UTF-8, rename the file"
    for annotation in annotations:
        annotation |= {key: spelt_out(annotation[key]) for key in ("source_id", "source_image_id")}


def in_threads(label: str, function: Callable, items: list) -> list:
    """The function's result for each item, in their order, with progress in the terminal."""
    progress = console.Progress(label, len(items))
    parts = [items[start : start + AT_A_TIME] for start in range(0, len(items), AT_A_TIME)]
    results = []
    with ThreadPoolExecutor(THREADS) as pool:
        for part in pool.map(lambda part: [function(item) for item in part], parts):
            results += part
            progress.update(len(results))
    return results


def target_outside(file_name: str, folder: Path, embedded: Path) -> str | None:
    """What leaves the source's folders, by its path or as a link, if the file does."""
    try:
        target = Path(file_name).resolve()
    except (OSError, RuntimeError, ValueError):  # a link to itself, or no name for a file
        return None
    if target.is_relative_to(folder) or target.is_relative_to(embedded):
        return None
    advice, namesake = "put the file itself into the folder", folder / target.name
    if namesake.is_file() and namesake.resolve() != target:
        advice = f"if {namesake} is meant, correct the path in the annotations"
    return f"leads out of the folder {folder}, to {target}; {advice}"


def report_turns(label: str, exif: list[int], turns: list[int]):
    if turned := sum(one != orientation.UPRIGHT for one in exif):
        applied = sum(one != orientation.UPRIGHT for one in turns)
        print(
            f"{label}: {turned} images have an EXIF orientation; it is applied to {applied}, "
            f"the annotations of {turned - applied} were drawn without it",
            flush=True,
        )


def remark_guess(image: dict, exif: int, turn: int):
    turned = "not turned" if turn == orientation.UPRIGHT else "turned"
    found = f"EXIF orientation {exif}, and no size tells if the annotations have it; {turned}"
    add_remark(image, "orientation_guessed", found)


def add_remark(image: dict, check: str, found: str):
    image["remarks"] = image.get("remarks", {}) | {check: found}


def image_record(
    image: dict,
    file: images.Inspection,
    turn: int,
    channels: int,
    source: int,
    split: str | None,
) -> dict:
    """A listed image, as its file really is and as `images.read_image` is to read it."""
    record = {
        "id": image_id(image["file_name"]),
        "file_name": image["file_name"],
        "width": None,
        "height": None,
        "orientation": turn,
        "channels": channels,
        "sha256": file.sha256,
        "declared_width": image["declared_width"],
        "declared_height": image["declared_height"],
        "source": source,
        "source_id": image["source_id"],
    }
    if file.width is not None:
        size = orientation.size_after(turn, (file.width, file.height))
        record["width"], record["height"] = size
        record["thumbnail"] = file.thumbnail
    if file.deep:
        record["intensity"] = file.intensity
    if remarks := image.get("remarks", {}) | file.remarks:
        record["remarks"] = remarks
    if split:
        record["split"] = split
    if "problem" in image:
        return record | {key: image[key] for key in ("check", "problem") if key in image}
    return record | {"check": file.check, "problem": file.problem} if file.problem else record


def share_intensity(
    found: list[dict], histogram: Histogram, percentiles: list[float]
) -> list[list[float]] | None:
    """Give all images of more than 8 bits the same limits, which are returned."""
    deep = [image for image in found if "intensity" in image]
    if not deep:
        return None
    limits = histogram.limits(percentiles)
    for image in deep:
        image["intensity"] = limits
    return limits


def note_clashing_names(found: list[dict]):
    """Remark on files that are one and the same on Windows and macOS, which ignore case."""
    names = defaultdict(set)
    for image in found:
        names[folded(image["file_name"])].add(image["file_name"])
    for image in found:
        others = sorted(names[folded(image["file_name"])] - {image["file_name"]})
        if others:
            add_remark(
                image, "name_clash", f"only upper and lower case differ from {', '.join(others)}"
            )


def folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def split_of(image: dict, source: dict) -> str | None:
    """The split that the source has, or that its format puts the image into."""
    split = source.get("split")
    return image.get("split") if split == "own" else split


def image_id(file_name: str) -> int:
    """A number that stays when other images come or go, small enough for JavaScript's JSON."""
    return int(hashlib.sha256(file_name.encode()).hexdigest()[:13], 16)


def annotation_record(
    annotation: dict, candidates: list[dict], category_of: dict, translate: Callable, source: int
) -> dict:
    """An annotation with its mask, for the image that the source's image id stands for."""
    image = candidates[0] if len(candidates) == 1 else None
    category = category_of.get(annotation["source_category_id"])
    mask = translate(annotation, size_of(image) if image else None)
    problems = reference_problems(annotation, candidates, category)
    if "problem" in mask and image:
        problems.append(mask["problem"])
    record = {
        "id": None,  # counted when all sources are there
        "image_id": image and image["id"],
        "category_id": category,
        "segmentation": mask["segmentation"],
        "bbox": annotation["bbox"],
        "iscrowd": annotation["iscrowd"],
        "source": source,
        "source_id": annotation["source_id"],
        "source_image_id": annotation["source_image_id"],
        "source_category_id": annotation["source_category_id"],
    }
    if annotation.get("area") is not None:
        record["declared_area"] = annotation["area"]
    record |= {key: mask[key] for key in ("extent", "check", "remarks") if mask.get(key)}
    return record | {"problem": "; ".join(problems)} if problems else record


def reference_problems(annotation: dict, candidates: list[dict], category: int | None) -> list[str]:
    """Why it is not known of which image or class an annotation is."""
    if "no_image" in annotation:
        return [annotation["no_image"]]
    problems = []
    if not candidates:
        problems.append(f"no image has the id {annotation['source_image_id']}")
    if len(candidates) > 1:
        names = ", ".join(candidate["file_name"] for candidate in candidates)
        problems.append(f"several images have the id {annotation['source_image_id']}: {names}")
    if category is None:
        name = annotation["source_category_id"]
        unknown = "it has no class" if name is None else f"no category has the id {written(name)}"
        problems.append(annotation.get("no_class", unknown))
    return problems


def size_of(image: dict) -> tuple[int, int] | None:
    """The frame to draw polygons in: what the file has, else what the annotations declare."""
    for width, height in (("width", "height"), ("declared_width", "declared_height")):
        if image[width] and image[height]:
            return image[width], image[height]
    return None


def refuse_wrong_folder(source: dict, found: list[dict]):
    """Not one image in its place is a mistake of the configuration, not of the data."""
    found = [image for image in found if image.get("check") != "invalid_record"]
    missing = [image for image in found if image.get("check") == "missing_image"]
    if found and "images" in source and len(missing) == len(found):
        folder = Path(source["images"])
        files = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        raise InputError(
            f"{origin(source)}: none of its {len(found)} images is there, "
            f"the first would be {found[0]['file_name']}: {found[0]['problem']}. "
            f"The folder {folder} "
            + (f"has {', '.join(files[:3])}, ... " if files else "is empty or does not exist. ")
            + "Set `images` to the folder that the names of the images start from, or correct the "
            "names in the annotations."
        )


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=InputError):
        found = import_annotations(
            sources=snakemake.params.sources,
            settings=snakemake.params.images,
            output=Path(snakemake.output.imported),
            embedded=Path(snakemake.output.embedded),
        )
        write_checksums(snakemake.params.sources, found, Path(snakemake.output.checksums))
