import struct

import pytest

from coco import tfrecord
from coco.errors import InputError

RECORDS = [b"first", b"", b"x" * 1000]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "1-of-1.tfrecord"
    with path.open("wb") as file:
        for data in RECORDS:
            tfrecord.append(file, data)
    return path


def test_checksum_has_the_value_of_the_standard():
    """CRC-32C of RFC 3720, B.4, masked as TensorFlow does."""
    crc = 0x8A9136AA  # of 32 bytes of 0
    assert tfrecord.checksum(bytes(32)) == ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32


def test_file_is_a_plain_row_of_records(path):
    data, found = path.read_bytes(), []
    while data:
        (length,) = struct.unpack_from("<Q", data)
        found.append(data[12 : 12 + length])
        data = data[16 + length :]
    assert found == RECORDS
    assert list(tfrecord.read_all(path)) == RECORDS


def test_any_record_can_be_read_by_its_offset(tmp_path):
    path = tmp_path / "file"
    with path.open("wb") as file:
        offsets = [tfrecord.append(file, data) for data in RECORDS]
    for offset, data in reversed(list(zip(offsets, RECORDS, strict=True))):
        assert tfrecord.read_at(path, offset, len(data)) == data
        assert path.read_bytes()[offset : offset + len(data)] == data


def test_every_damaged_byte_is_noticed(path):
    intact = path.read_bytes()
    for position in range(0, len(intact), 7):
        damaged = bytearray(intact)
        damaged[position] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=rf"{path.name}.*byte \d+.*run `rm "):
            list(tfrecord.read_all(path))


@pytest.mark.parametrize("kept", [3, 14, 30, -1])
def test_truncated_file_is_noticed(path, kept):
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match="ends within"):
        list(tfrecord.read_all(path))


def test_wrong_offset_is_noticed(path):
    with pytest.raises(InputError):
        tfrecord.read_at(path, 14, len(RECORDS[0]))


def test_tensorflow_reads_it(path):
    tf = pytest.importorskip("tensorflow")
    assert list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator()) == RECORDS
