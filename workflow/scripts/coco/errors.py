"""What a user of the data side can get wrong."""

import shlex


class InputError(ValueError):
    """Files or settings that cannot be used; the message says what, where and what to do."""


class ImageError(InputError):
    """An image that cannot be used; `check` is the name of what was found, as in issues.tsv."""

    def __init__(self, check: str, message: str):
        super().__init__(message)
        self.check = check


def remake(*paths) -> str:
    """How a user makes damaged results again."""
    return f"To make it again, run `rm {shlex.join(map(str, paths))}`, and the workflow as before."
