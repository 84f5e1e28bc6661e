"""`tf.train.Example` without TensorFlow: a mapping of names to lists, as protocol buffer bytes.

    message Example   { Features features = 1; }
    message Features  { map<string, Feature> feature = 1; }
    message Feature   { oneof kind { BytesList bytes_list = 1; FloatList float_list = 2;
                                     Int64List int64_list = 3; } }
    message BytesList { repeated bytes value = 1; }
    message FloatList { repeated float value = 1 [packed = true]; }
    message Int64List { repeated int64 value = 1 [packed = true]; }

A message is a row of fields: a key, `number << 3 | wire type`, and the value. All fields here but
unpacked numbers are of wire type 2: a length, and as many bytes.
"""

from collections.abc import Iterable, Iterator

import numpy as np

LENGTH_DELIMITED = 2
BYTES_LIST, FLOAT_LIST, INT64_LIST = 1, 2, 3


def encode(features: dict[str, bytes | np.ndarray]) -> bytes:
    """Serialise: bytes become a BytesList, arrays of floats or integers a list of numbers."""
    return field(1, b"".join(field(1, entry(name, features[name])) for name in sorted(features)))


def decode(data: bytes) -> dict[str, bytes | np.ndarray]:
    """Parse what `encode` wrote: a BytesList of one value, float32 or int64 arrays."""
    features = {}
    for _, message in fields(data):
        for _, pair in fields(message):
            (_, name), (_, feature) = fields(pair)
            ((kind, values),) = fields(feature)
            features[bytes(name).decode()] = value_of(kind, values)
    return features


def entry(name: str, value) -> bytes:
    return field(1, name.encode()) + field(2, feature(value))


def feature(value) -> bytes:
    if isinstance(value, bytes):
        return field(BYTES_LIST, field(1, value))
    if np.issubdtype(value.dtype, np.floating):
        return field(FLOAT_LIST, field(1, value.astype("<f4").tobytes()))
    return field(INT64_LIST, field(1, varints(value.tolist())))


def value_of(kind: int, values: memoryview) -> bytes | np.ndarray:
    ((_, packed),) = fields(values)
    if kind == BYTES_LIST:
        return bytes(packed)
    if kind == FLOAT_LIST:
        return np.frombuffer(packed, "<f4")
    return np.array([*read_varints(packed)], np.int64)


def field(number: int, payload: bytes) -> bytes:
    return varints([number << 3 | LENGTH_DELIMITED, len(payload)]) + payload


def fields(data: bytes | memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and bytes of each field of a message."""
    data, at = memoryview(data), 0
    while at < len(data):
        key, at = varint(data, at)
        length, at = varint(data, at)
        yield key >> 3, data[at : at + length]
        at += length


def varints(values: Iterable[int]) -> bytes:
    """Each number in groups of 7 bits, lowest first; the top bit says that more follow."""
    data = bytearray()
    for value in values:
        value &= 2**64 - 1  # two's complement
        while value > 127:
            data.append(value & 127 | 128)
            value >>= 7
        data.append(value)
    return bytes(data)


def varint(data: memoryview, at: int) -> tuple[int, int]:
    """The number that starts at `at`, and where the next one starts."""
    value = shift = 0
    while data[at] > 127:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
    return value | data[at] << shift, at + 1


def read_varints(data: memoryview) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = varint(data, at)
        yield value - 2**64 if value >= 2**63 else value
