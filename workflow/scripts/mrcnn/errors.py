"""What a user of the model can get wrong."""


class ModelError(ValueError):
    """Settings, weights or data that the model cannot use; the message says what to do."""
