"""What describes a YOLO data set: data.yaml, or a list of class names beside the photos."""

from pathlib import Path

import yaml

from coco import repeated_keys
from coco.errors import InputError
from coco.formats.folders import IMAGE_SUFFIXES, exists, files, lines_of

EXPECTED = "expected data.yaml with names, train and val, or classes.txt"
SPLITS = ("train", "val", "test")
NAME_FILES = ("classes.txt", "obj.names")


def describe(folder: Path) -> tuple[Path, dict[int, str], dict[str, list[Path]]]:
    """The file that describes the data set, the names of its classes, and the files of a split."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; {EXPECTED}")
    described = [*folder.glob("data.yaml"), *sorted(folder.glob("*.y*ml"))]
    for path in described:
        content = load(path)
        if isinstance(content, dict) and "names" in content:
            refuse_poses(content, path)
            return path, names_of(content, path), parts_of(content, path)
    for name in NAME_FILES:
        if (folder / name).is_file():
            names = [line for line in lines_of(folder / name) if line]
            photos = folder / "images"
            return (
                folder / name,
                dict(enumerate(names)),
                {"all": [photos if photos.is_dir() else folder]},
            )
    found = f"its {described[0].name} has no names" if described else "it has neither"
    raise InputError(f"{folder}: {found}; {EXPECTED}")


def load(path: Path):
    try:
        text = path.read_text(encoding="utf-8-sig")
        for line in repeated_keys.in_yaml(yaml.compose(text)):
            raise InputError(f"{path}, {line}; {EXPECTED}")
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1
        raise InputError(f"{path}, line {line}: {error.problem}; {EXPECTED}") from error
    except InputError:
        raise
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise InputError(f"{path}: not readable as YAML ({error}); {EXPECTED}") from error


def refuse_poses(content: dict, path: Path):
    """The lines of a pose would pass as polygons: box and key points, number by number."""
    if "kpt_shape" in content:
        raise InputError(
            f"{path}: kpt_shape says that the labels are boxes with key points, expected polygons: "
            "a mask is needed; outline the objects. If they are polygons, take the line out"
        )


def names_of(content: dict, path: Path) -> dict[int, str]:
    names = content["names"]
    names = dict(enumerate(names)) if isinstance(names, list) else names
    if not (isinstance(names, dict) and names):
        raise InputError(f"{path}: names is {names!r}, expected a list, or numbers with names")
    for number, name in names.items():
        if type(number) is not int or type(name) not in (str, int) or name == "":
            raise InputError(
                f"{path}: the class {number!r} has the name {name!r}, expected a number and a "
                "text (in quotes, if YAML takes it for something else)"
            )
    if content.get("nc", len(names)) != len(names):
        raise InputError(f"{path}: nc is {content['nc']!r}, but names has {len(names)}")
    return {number: str(name) for number, name in names.items()}


def parts_of(content: dict, path: Path) -> dict[str, list[Path]]:
    """Where the photos of each split are.

    A `path` that is not there is of another machine: then the description's own folder counts.
    """
    roots = [path.parent]
    if isinstance(content.get("path"), str):
        roots = [path.parent / content["path"], Path(content["path"]), path.parent]
    parts = {}
    for split in SPLITS:
        entries = content.get(split) or []
        entries = [entries] if isinstance(entries, str) else entries
        if not (isinstance(entries, list) and all(isinstance(entry, str) for entry in entries)):
            raise InputError(f"{path}: {split} is {entries!r}, expected a path or a list of paths")
        parts[split] = [place_of(entry, split, roots, path) for entry in entries]
    if not any(parts.values()):
        raise InputError(f"{path}: has neither train nor val nor test; {EXPECTED}")
    return parts


def place_of(entry: str, split: str, roots: list[Path], path: Path) -> Path:
    """Roboflow writes ../train/images for the folder train/images beside data.yaml."""
    name = entry.replace("\\", "/")
    names = (name, name.removeprefix("../"))
    for place in (root / name for name in names for root in roots):
        if exists(place):
            return place
    raise InputError(
        f"{path}: {split}: {entry} does not exist, looked for in {roots[-1]}; correct the path, "
        "or take the line out"
    )


def photos_of(entry: Path, folder: Path) -> list[Path]:
    """The photos in a folder, or in a list of them."""
    if entry.is_dir():
        return files(entry, IMAGE_SUFFIXES)
    return [listed(line, folder, entry.parent) for line in lines_of(entry) if line]


def listed(line: str, *folders: Path) -> Path:
    """The photo of a line; CVAT puts a folder in front that the data set does not have."""
    name = Path(line.replace("\\", "/"))
    names = (name, Path(*name.parts[1:])) if len(name.parts) > 1 else (name,)
    places = [folder / name for name in names for folder in folders]
    return next((place for place in places if exists(place)), places[0])
