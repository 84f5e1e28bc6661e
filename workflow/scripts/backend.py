"""Keras for a job: quiet, with the job's threads, and the same numbers at every run."""

import os
import sys
from contextlib import contextmanager

import console
import environment
import gpus
from mrcnn import allocator
from mrcnn.errors import ModelError


@contextmanager
def _quiet():
    """Native libraries greet on import, whatever their settings say; only this stops them."""
    terminal, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(nowhere)


@contextmanager
def _without(*packages):
    """As if these were not installed, unless somebody has imported them already."""
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


allocator.share_freed_memory()
# Keras would import these too, for what no job uses, and take 1.6 times as long.
with _quiet(), _without("matplotlib", "pandas", "sklearn"):
    import keras

ON_THE_PROCESSOR = (
    "This machine has a GPU, but {backend} finds none that it can use: the processor computes, "
    "which takes many times as long. `uv sync --extra gpu` installs what TensorFlow needs beside "
    "the driver."
)
OUT_OF_MEMORY = "RESOURCE_EXHAUSTED", "OOM when allocating", "out of memory"  # TensorFlow, PyTorch


_reserved = None


def start(threads: int, seed: int = 0, gpu: int = 0):
    """Settle GPU, threads and random numbers, before the first operation.

    Args:
        threads: of operations on the processor.
        seed: of all random numbers.
        gpu: 1 for a GPU that no other job has; 0 takes what there is.
    """
    global _reserved
    _reserved = gpus.reserve(console.say) if gpu else None
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        threads = min(threads, os.cpu_count())
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
        # Grappler doubles the time to the first step and saves nothing in the later ones.
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
        with _quiet():
            allocator.keep_freed_memory()
    if gpu and gpus.driver_lists_any() and first_gpu() is None:
        console.say(ON_THE_PROCESSOR.format(backend=keras.backend.backend()))


def device() -> str:
    """The name of what computes: the first GPU, else the processor."""
    return first_gpu() or environment.processor()


def first_gpu() -> str | None:
    """The name of the first GPU that the backend can use."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        for gpu in tf.config.list_physical_devices("GPU"):
            return tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
    if keras.backend.backend() == "torch":
        import torch

        if torch.cuda.is_available():
            return torch.cuda.get_device_name()
    if keras.backend.backend() == "jax":
        import jax

        (first, *_) = jax.devices()
        if first.platform != "cpu":
            return first.device_kind
    return None


@contextmanager
def memory_errors(advice: str):
    """Says in one sentence that the GPU's memory is too small, and what helps."""
    try:
        yield
    except Exception as error:
        if isinstance(error, ModelError) or not any(sign in str(error) for sign in OUT_OF_MEMORY):
            raise
        raise ModelError(f"The memory of the GPU is too small. {advice}") from error
