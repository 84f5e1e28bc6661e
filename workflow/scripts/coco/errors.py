"""What a user of the data side can get wrong."""

import reprlib


class InputError(ValueError):
    """Files or settings that cannot be used; the message says what, where and what to do."""


class MaskError(InputError):
    """An annotation whose mask cannot be used; `check` is the name of what is wrong with it."""

    def __init__(self, check: str, message: str):
        super().__init__(message)
        self.check = check


def show(value) -> str:
    """A value from a user's file, in the few words that a message has room for."""
    return reprlib.repr(value)
