"""TFRecord files: byte strings one after the other, each with its length and checksums.

    uint64 length | uint32 checksum of the length | the bytes | uint32 checksum of the bytes

Numbers are little-endian; the checksum is a masked CRC-32C. TensorFlow reads such a file.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import google_crc32c

from coco.errors import InputError, remake

HEADER = struct.Struct("<QI")
FOOTER = struct.Struct("<I")


def append(file: BinaryIO, data: bytes) -> int:
    """Write a record at the end, and return the offset at which its bytes start."""
    length = struct.pack("<Q", len(data))
    file.write(HEADER.pack(len(data), checksum(length)))
    offset = file.tell()
    file.write(data)
    file.write(FOOTER.pack(checksum(data)))
    return offset


def read_at(path: Path, offset: int, length: int) -> bytes:
    """The bytes of the record that starts at `offset`; InputError if they are damaged."""
    with path.open("rb") as file:
        file.seek(offset - HEADER.size)
        data = read_next(file)
    if len(data) != length:
        raise InputError(f"{path}: a record of {len(data)} bytes at {offset}, expected {length}")
    return data


def read_all(path: Path) -> Iterator[bytes]:
    """The bytes of each record in turn; InputError at the first that is damaged."""
    with path.open("rb") as file:
        while file.peek(1):
            yield read_next(file)


def read_next(file: BinaryIO) -> bytes:
    start = file.tell()
    header = file.read(HEADER.size)
    if len(header) < HEADER.size:
        raise damage(file, start, "it ends within a record's header")
    length, check = HEADER.unpack(header)
    if check != checksum(header[:8]):
        raise damage(file, start, "a record's length does not have its checksum")
    data, footer = file.read(length), file.read(FOOTER.size)
    if len(data) < length or len(footer) < FOOTER.size:
        raise damage(file, start, f"it ends within a record of {length} bytes")
    if FOOTER.unpack(footer)[0] != checksum(data):
        raise damage(file, start, "a record does not have its checksum")
    return data


def damage(file: BinaryIO, offset: int, what: str) -> InputError:
    return InputError(f"{file.name}: damaged at byte {offset}: {what}. {remake(file.name)}")


def checksum(data: bytes) -> int:
    """CRC-32C, rotated and shifted, as the format wants it for data that may hold checksums."""
    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
