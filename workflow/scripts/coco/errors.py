"""What a user of the data side can get wrong."""

import shlex


class InputError(ValueError):
    """Files or settings that cannot be used; the message says what, where and what to do."""


def remake(*paths) -> str:
    """How a user makes damaged results again."""
    return f"To make it again, run `rm {shlex.join(map(str, paths))}`, and the workflow as before."
