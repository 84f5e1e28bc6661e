"""What a user of the data side can get wrong."""


class InputError(ValueError):
    """Files or settings that cannot be used; the message says what, where and what to do."""
