"""Memory that a training step leaves to the next one, with TensorFlow on a processor.

A step frees what it took, and the next one takes as much again. TensorFlow 2.21 has the C library
give every block above 128 KB back to the kernel in between, which clears it page by page when it is
asked for again: up to half of the time of `fit`.
"""

import ctypes

# Parameters of mallopt(3), from malloc.h of the GNU C library; others have no mallopt.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGE, _LARGEST_BEFORE_2_35 = 2**30, 2**25  # bytes
_mallopt = getattr(ctypes.CDLL(None), "mallopt", lambda parameter, value: 0)


def share_freed_memory():
    """Let what one thread frees be taken by another. Call it before Keras is imported."""
    _mallopt(_ARENA_MAX, 1)


def keep_freed_memory():
    """Keep what is freed until the process ends. Call it before the first `fit`."""
    import tensorflow as tf  # the only backend that needs it

    # TensorFlow sets its threshold once, with the first data set that is a generator.
    list(tf.data.Dataset.from_generator(list, output_signature=tf.TensorSpec(())))
    _mallopt(_TRIM_THRESHOLD, _LARGE)
    _mallopt(_MMAP_THRESHOLD, _LARGE) or _mallopt(_MMAP_THRESHOLD, _LARGEST_BEFORE_2_35)
