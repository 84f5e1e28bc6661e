"""What a user of the data side can get wrong."""

import reprlib
import shlex

MOST = 10  # faults in one message


class InputError(ValueError):
    """Files or settings that cannot be used; the message says what, where and what to do."""


class RecordError(InputError):
    """A record that cannot be used; `check` is the name of what was found, as in issues.tsv."""

    def __init__(self, check: str, message: str):
        super().__init__(message)
        self.check = check


def remake(*paths) -> str:
    """How a user makes damaged results again."""
    return f"To make it again, run `rm {shlex.join(map(str, paths))}`, and the workflow as before."


class ImageError(RecordError):
    """An image that cannot be used."""


class MaskError(RecordError):
    """A mask that cannot be used."""


def failed(error: InputError) -> dict:
    """What a format's `translate` returns for an annotation that it cannot make a mask of."""
    check = {"check": error.check} if isinstance(error, MaskError) else {}
    return {"segmentation": None, "problem": str(error)} | check


def listed(faults: list[str]) -> str:
    """Faults of one kind for one message, each on a line of its own."""
    more = [f"and {len(faults) - MOST} more"] if len(faults) > MOST else []
    return "\n  ".join([*faults[:MOST], *more])


def written(name) -> str:
    """A name as it is, but in quotes if nobody would see the spaces around it."""
    text = str(name)
    return text if text == text.strip() else repr(text)


def spelt(name: str) -> str:
    """A name that can be written down: bytes of it that are no UTF-8 are spelt out."""
    return name.encode(errors="backslashreplace").decode()


def show(value) -> str:
    """A value from a user's file, in the few words that a message has room for."""
    return reprlib.repr(value)
