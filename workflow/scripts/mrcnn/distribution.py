"""What several devices ask of a loss."""

import keras


def replicas() -> int:
    """Over how many replicas the backend sums gradients without averaging them itself."""
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf  # the only backend that needs it

    return tf.distribute.get_strategy().num_replicas_in_sync
