"""TensorFlow, JAX and PyTorch answer and learn alike from the same weights."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from answers import new_model

from mrcnn.weights import named_variables

TESTS = Path(__file__).parents[1]
BACKENDS = [name for name in ("tensorflow", "jax", "torch") if find_spec(name)]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file of weights whose answers are neither all alike nor saturated."""
    model, rng = new_model(), np.random.default_rng(0)
    for name, variable in named_variables(model).items():
        if name.endswith("kernel"):
            pixels = 20 if name == "conv2/kernel" else 1  # the images' scale is that of pixels
            deviation = np.prod(variable.shape[:-1]) ** -0.5 / pixels
            variable.assign(rng.normal(0, deviation, variable.shape))
        else:
            middle = 1 if name.endswith(("gamma", "variance")) else 0
            variable.assign(middle + rng.uniform(-0.3, 0.3, variable.shape))
    path = tmp_path_factory.mktemp("weights") / "same.weights.h5"
    model.save_weights(path)
    return path


def answers(backend, weights):
    path = weights.with_name(f"{backend}.npz")
    libraries = os.pathsep.join(
        [str(TESTS), str(TESTS.parent / "workflow" / "scripts"), os.environ.get("PYTHONPATH", "")]
    )
    done = subprocess.run(
        [sys.executable, TESTS / "answers.py", weights, path],
        env=os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": libraries},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return np.load(path)


@pytest.mark.skipif(len(BACKENDS) < 2, reason=f"only {BACKENDS[0]} is installed")
def test_backends_agree(weights):
    first, *others = (answers(backend, weights) for backend in BACKENDS)
    assert len(first["scores of image 0"]) > 0
    for backend, other in zip(BACKENDS[1:], others, strict=True):
        assert set(other) == set(first)
        for name in first:
            scale = max(1.0, np.abs(first[name]).max(initial=0))
            np.testing.assert_allclose(
                other[name], first[name], rtol=0, atol=1e-4 * scale, err_msg=f"{backend}: {name}"
            )
