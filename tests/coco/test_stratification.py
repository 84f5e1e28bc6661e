import numpy as np
import pytest

from coco.stratification import Group, draw, sizes, stratify

SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}


def random_groups(number, seed=0, heavy=0.0):
    """Images with up to five classes of very different frequency; some come in several copies."""
    rng = np.random.default_rng(seed)
    frequencies = [0.5, 0.3, 0.1, 0.05, 0.02]
    groups = []
    for index in range(number):
        labels = {label for label, f in enumerate(frequencies, 1) if rng.random() < f} or {0}
        weight = 1 + int(rng.random() < heavy) * int(rng.integers(1, 4))
        groups.append(Group(f"image {index}", weight, frozenset(labels)))
    return groups


def images_in(groups, part_of, part, label=None):
    return sum(
        group.weight
        for group in groups
        if part_of[group.key] == part and (label is None or label in group.labels)
    )


@pytest.mark.parametrize("seed", range(5))
def test_every_class_gets_its_share(seed):
    groups = random_groups(400, seed)
    part_of = stratify(groups, SHARES, seed)
    for label in range(6):
        total = sum(group.weight for group in groups if label in group.labels)
        for part, share in SHARES.items():
            assert abs(images_in(groups, part_of, part, label) - share * total) <= 3


@pytest.mark.parametrize("number", [3, 4, 5, 7, 10, 20, 97, 400])
def test_parts_have_exact_sizes_and_none_is_empty(number):
    groups = random_groups(number)
    part_of = stratify(groups, SHARES, seed=0)
    found = {part: images_in(groups, part_of, part) for part in SHARES}
    assert found == sizes(number, SHARES)
    assert min(found.values()) >= 1


def test_groups_of_many_images_are_shared_out_too():
    groups = random_groups(300, heavy=0.2)
    part_of = stratify(groups, SHARES, seed=0)
    total = sum(group.weight for group in groups)
    for part, share in SHARES.items():
        assert abs(images_in(groups, part_of, part) - share * total) <= 2


def test_order_does_not_matter_but_the_seed_does():
    groups = random_groups(100)
    shuffled = [groups[i] for i in np.random.default_rng(1).permutation(100)]
    assert stratify(groups, SHARES, 0) == stratify(shuffled, SHARES, 0)
    assert stratify(groups, SHARES, 0) != stratify(groups, SHARES, 1)


@pytest.mark.parametrize(
    ("total", "expected"),
    [(3, (1, 1, 1)), (4, (2, 1, 1)), (10, (7, 2, 1)), (20, (14, 3, 3)), (100, (70, 15, 15))],
)
def test_sizes(total, expected):
    assert tuple(sizes(total, SHARES).values()) == expected


def test_draws_are_the_same_on_every_machine():
    assert draw(0, "a") == "9df3c5fab8ef8fe78a408912e52e76477b5bd838eec3cbf48191a848ec8563d3"
    assert draw(0, "a") != draw(1, "a")
