"""What a user of the evaluation can get wrong."""


class InputError(ValueError):
    """Predictions or tables that cannot be evaluated; the message says what to do."""
