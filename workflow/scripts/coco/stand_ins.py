"""Files that stand in for the right ones: left by Git LFS, or by a download that went wrong."""

import re
from pathlib import Path

HEAD = 1000  # bytes
KINDS = {
    rb"version https://git-lfs": "a Git LFS pointer, not the file itself; run `git lfs pull`",
    rb"PK\x03\x04": "a ZIP archive; unpack it",
    rb"\s*(<\?xml[^>]*>)?\s*<(!doctype )?html[\s>]": (
        "a web page, not the file itself; download it again"
    ),
}


def stand_in(data: bytes) -> str | None:
    """What a file is, by its first bytes, and what to do; None if it may be the right one."""
    data = data[:HEAD].removeprefix(b"\xef\xbb\xbf")
    return next((said for head, said in KINDS.items() if re.match(head, data, re.IGNORECASE)), None)


def stand_in_at(path: str | Path) -> str | None:
    """The same of a file; None if there is none to be read."""
    try:
        with Path(path).open("rb") as file:
            return stand_in(file.read(HEAD))
    except (OSError, ValueError):
        return None
