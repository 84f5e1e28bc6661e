import numpy as np
import pytest

from coco.stratification import Group, draw, stratify

SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}


def random_groups(number, seed=0):
    """Groups of one to four images with up to five labels of very different frequency."""
    rng = np.random.default_rng(seed)
    groups = []
    for index in range(number):
        counts = {"images": int(rng.choice([1, 2, 4], p=[0.8, 0.15, 0.05]))}
        for label, frequency in enumerate((0.5, 0.3, 0.1, 0.05, 0.02)):
            if rng.random() < frequency:
                counts[f"label {label}"] = int(rng.integers(1, 5))
        groups.append(Group(f"group {index}", counts))
    return groups


def share(groups, part_of, part, label):
    counts = [(group.counts.get(label, 0), part_of[group.key] == part) for group in groups]
    return sum(count for count, here in counts if here) / sum(count for count, _ in counts)


@pytest.mark.parametrize("seed", range(5))
def test_every_label_gets_its_share(seed):
    groups = random_groups(500, seed)
    part_of = stratify(groups, SHARES, seed)
    for part, fraction in SHARES.items():
        assert share(groups, part_of, part, "images") == pytest.approx(fraction, abs=0.015)
        for label in range(3):
            found = share(groups, part_of, part, f"label {label}")
            assert found == pytest.approx(fraction, abs=0.04)


@pytest.mark.parametrize("number", [3, 4, 5, 7, 10, 20, 97])
def test_no_part_is_empty(number):
    assert set(stratify(random_groups(number), SHARES, 0).values()) == set(SHARES)


@pytest.mark.parametrize("seed", range(3))
def test_labels_of_enough_groups_reach_every_part(seed):
    rng = np.random.default_rng(seed)
    counts = [{"images": 1} for _ in range(80)]
    for label in range(15):
        for place in rng.choice(80, 4, replace=False):
            counts[place][label] = 1
    groups = [Group(str(number), count) for number, count in enumerate(counts)]
    part_of = stratify(groups, SHARES, 0)
    for label in range(15):
        assert {part_of[g.key] for g in groups if label in g.counts} == set(SHARES)


@pytest.mark.parametrize("seed", range(20))
def test_a_group_of_most_images_is_in_the_largest_part(seed):
    groups = [Group("film", {"images": 240}), *(Group(f"{n}", {"images": 1}) for n in range(60))]
    part_of = stratify(groups, SHARES, seed)
    assert part_of["film"] == "train"
    assert share(groups, part_of, "val", "images") >= 0.05
    assert share(groups, part_of, "test", "images") >= 0.05
    assert stratify(groups, SHARES, seed, {"film": "test"})["film"] == "test"


def test_given_parts_stay_and_count():
    groups = random_groups(200)
    given = {group.key: "test" for group in groups[:20]}
    part_of = stratify(groups, SHARES, 0, given)
    assert given.items() <= part_of.items()
    assert share(groups, part_of, "test", "images") == pytest.approx(0.15, abs=0.03)


def test_order_does_not_matter_but_the_seed_does():
    groups = random_groups(100)
    shuffled = [groups[i] for i in np.random.default_rng(1).permutation(100)]
    assert stratify(groups, SHARES, 0) == stratify(shuffled, SHARES, 0)
    assert stratify(groups, SHARES, 0) != stratify(groups, SHARES, 1)


def test_draws_are_the_same_on_every_machine():
    # sha256 of "0:a" starts with 9df3c5fab8ef
    assert draw(0, "a") == (0x9DF3C5FAB8EF + 0.5) / 2**48
    assert draw(0, "a") != draw(1, "a")
