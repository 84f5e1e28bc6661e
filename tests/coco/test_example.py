import numpy as np
import pytest

from coco import example

FEATURES = {
    "bytes": b"\x00\xff" * 300,
    "empty": b"",
    "floats": np.array([0.0, -1.5, 3.25e10], np.float32),
    "no floats": np.array([], np.float32),
    "integers": np.array([0, 1, 127, 128, -1, 2**52 - 1, -(2**63), 2**63 - 1]),
    "no integers": np.array([], int),
    "größe": np.array([5]),
}


def test_features_survive_the_round_trip():
    parsed = example.decode(example.encode(FEATURES))
    assert set(parsed) == set(FEATURES)
    for name, value in FEATURES.items():
        np.testing.assert_array_equal(parsed[name], value)


def test_bytes_do_not_depend_on_the_order_of_features():
    assert example.encode(FEATURES) == example.encode(dict(reversed(FEATURES.items())))


def test_tensorflow_reads_it():
    tf = pytest.importorskip("tensorflow")
    features = tf.train.Example.FromString(example.encode(FEATURES)).features.feature
    assert set(features) == set(FEATURES)
    assert features["bytes"].bytes_list.value[:] == [FEATURES["bytes"]]
    assert features["empty"].bytes_list.value[:] == [b""]
    np.testing.assert_array_equal(features["floats"].float_list.value, FEATURES["floats"])
    np.testing.assert_array_equal(features["integers"].int64_list.value, FEATURES["integers"])
    assert features["no floats"].WhichOneof("kind") == "float_list"
    assert features["no integers"].WhichOneof("kind") == "int64_list"
