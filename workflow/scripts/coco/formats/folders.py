"""The files in a folder, in a fixed order, and lists of names."""

from pathlib import Path

from coco.errors import InputError, listed
from coco.formats.files import below
from coco.stand_ins import stand_in

IMAGE_SUFFIXES = (
    ".png",
    ".jpg",
    ".jpeg",
    ".tif",
    ".tiff",
    ".bmp",
    ".gif",
    ".webp",
    ".jp2",
    ".ppm",
    ".pgm",
    ".pnm",
)


def files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """The files with one of these suffixes under a folder, at any depth; hidden ones left out."""
    return sorted(below(folder, suffixes, refuse_closed))


def refuse_closed(error: OSError):
    """Stop at a folder that may not be read: what is in it would be lost unseen."""
    if isinstance(error, PermissionError):
        raise InputError(
            f"{error.filename}: {error.strerror}; expected a folder that can be read"
        ) from error


def refuse_outside(path: Path, folder: Path):
    """Stop at a link that leads out of the folder."""
    target = path.resolve()
    if not target.is_relative_to(folder.resolve()):
        raise InputError(
            f"{path.name} leads out of the folder {folder}, to {target}; put the file itself "
            "into the folder"
        )


def by_name(paths: list[Path], folder: Path, ending: str = "") -> dict[str, Path]:
    """The files by their path within the folder, without `ending` and suffix: `train/leaf 1`.

    Files without the ending are left out. Two files of one name raise InputError.
    """
    named, doubles = {}, []
    for path in paths:
        name = path.relative_to(folder).with_suffix("").as_posix()
        if name.endswith(ending):
            first = named.setdefault(name.removesuffix(ending), path)
            if first != path:
                doubles.append(f"{first} and {path.name}")
    if doubles:
        raise InputError(
            f"{listed(doubles)}: two files of one name, so that it is not clear which belongs to "
            "the annotations; rename one, or take it away"
        )
    return named


def lines_of(path: Path) -> list[str]:
    """The lines of a text, without space around them."""
    try:
        data = path.read_bytes()
        lines = data.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as a text in UTF-8 ({error})") from error
    if found := stand_in(data):
        raise InputError(f"{path}: this is {found}")
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise InputError(f"{path}, line {number}: has a zero byte, which no text has")
    return [line.strip() for line in lines]


def exists(path: Path) -> bool:
    """Whether there is such a file or folder; of a name that cannot be one, there is none."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
