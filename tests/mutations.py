"""Ways to damage the files of annotations: bytes, numbers, and the records of JSON."""

import copy
import json
import random
import re
from pathlib import Path

ODD_VALUES = (
    None, True, "", "7", "\u0000", "\ud800", "nan", [], {}, [[]], [None], 0, -1, 0.5, 7.0, 1e300,
    -1e9, 10**30, 2**31, 2**63, float("nan"), float("inf"), "a" * 5000, [[[1, 2], [3, 4], [5, 6]]],
)  # fmt: skip
ODD_NUMBERS = ("0", "-1", "0.5", "NaN", "Infinity", "1e400", "-1e9", "9" * 20, "07", "")
NUMBER = re.compile(rb"-?\d+(\.\d+)?")
DEPTH = 100_000


def mutate(path: Path, rng: random.Random):
    """Damage a file in one to four ways, at random."""
    is_json = path.suffix == ".json"
    for _ in range(rng.choice((1, 1, 2, 4))):
        if is_json and rng.random() < 0.7:
            is_json = mutate_records(path, rng)
        else:
            data = path.read_bytes()
            path.write_bytes(rng.choice(BYTES)(data, rng) if data else b"{")


def mutate_records(path: Path, rng: random.Random) -> bool:
    """Damage a JSON file's records; False if it is no longer JSON."""
    try:
        content = json.loads(path.read_text())
    except (ValueError, RecursionError):
        return False
    rng.choice(RECORDS)(content, rng)
    text = json.dumps(content)
    if rng.random() < 0.02:
        text = text.replace(": 1", ": " + "[" * DEPTH + "]" * DEPTH, 1)
    path.write_text(text)
    return True


# Bytes


def flip_bits(data: bytes, rng: random.Random) -> bytes:
    flipped = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 30))):
        flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(flipped)


def cut_off(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def cut_out(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.randrange(1, 200) :]


def repeat(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + data[start : start + rng.randrange(1, 200)] + data[start:]


def change_numbers(data: bytes, rng: random.Random) -> bytes:
    found = list(NUMBER.finditer(data))
    for match in sorted(rng.sample(found, min(len(found), 3)), key=lambda m: -m.start()):
        odd = rng.choice(ODD_NUMBERS).encode()
        data = data[: match.start()] + odd + data[match.end() :]
    return data


BYTES = (flip_bits, cut_off, cut_out, repeat, change_numbers)


# Records


def places(content) -> list[tuple]:
    """Every container in a JSON value with every key or position in it."""
    found, waiting = [], [content]
    while waiting:
        value = waiting.pop()
        keys = value.keys() if isinstance(value, dict) else range(len(value))
        for key in keys:
            found.append((value, key))
            if isinstance(value[key], dict | list):
                waiting.append(value[key])
    return found


def drop(content, rng: random.Random):
    container, key = rng.choice(places(content))
    del container[key]


def change(content, rng: random.Random):
    container, key = rng.choice(places(content))
    container[key] = copy.deepcopy(rng.choice(ODD_VALUES))


def change_everywhere(content, rng: random.Random):
    """One field of all records, such as all ids made texts."""
    _, key = rng.choice([place for place in places(content) if isinstance(place[1], str)])
    turn = rng.choice((str, lambda value: [value], lambda value: None, lambda value: 1))
    for container, other in places(content):
        if other == key and isinstance(container, dict):
            container[key] = turn(container[key])


def duplicate(content, rng: random.Random):
    lists = [place for place in places(content) if isinstance(place[0], list)]
    if lists:
        container, position = rng.choice(lists)
        container.insert(position, copy.deepcopy(container[position]))


def exchange(content, rng: random.Random):
    """Two values anywhere change places."""
    (one, key), (other, place) = rng.choice(places(content)), rng.choice(places(content))
    value = copy.deepcopy(one[key])
    one[key] = copy.deepcopy(other[place])
    if place in other if isinstance(other, dict) else place < len(other):
        other[place] = value


def scale_coordinates(content, rng: random.Random):
    factor = rng.choice((0.001, -1, 10, 1e5))
    for container, key in places(content):
        if isinstance(container, list) and isinstance(container[key], int | float):
            container[key] *= factor


RECORDS = (drop, change, change, change, change_everywhere, duplicate, exchange, scale_coordinates)
