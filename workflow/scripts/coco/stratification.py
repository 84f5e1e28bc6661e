"""Shares images out so that each part gets its fraction of the images, and of each class's.

The method is iterative stratification: Sechidis, Tsoumakas, Vlahavas, "On the stratification of
multi-label data", 2011. Here the parts have exact sizes, images can be bound together, and the
draws depend on what is drawn for, not on its place in the list.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """Images that stay together.

    Attributes:
        key: what the draws depend on, the same in every run.
        weight: number of images.
        labels: what is to be balanced.
    """

    key: str
    weight: int
    labels: frozenset


def stratify(groups: list[Group], shares: dict[str, float], seed: int) -> dict[str, str]:
    """The part of each group's key.

    Args:
        groups: what is shared out, at least one group per part.
        shares: fraction of each part, all above 0; they sum to 1.
        seed: start of the draws.
    """
    waiting = sorted(groups, key=lambda group: (-group.weight, draw(seed, group.key)))
    left = label_counts(groups)
    room = sizes(sum(group.weight for group in groups), shares)
    wanted = {
        label: {part: share * number for part, share in shares.items()}
        for label, number in left.items()
    }
    part_of = {}
    while waiting:
        rarest = min(+left, key=lambda label: (left[label], label))
        for group in [group for group in waiting if rarest in group.labels]:
            part = neediest(group, wanted[rarest], room, seed)
            part_of[group.key] = part
            room[part] -= group.weight
            for label in group.labels:
                left[label] -= group.weight
                wanted[label][part] -= group.weight
        waiting = [group for group in waiting if group.key not in part_of]
    return part_of


def label_counts(groups: list[Group]) -> Counter:
    """Number of images with each label."""
    counts = Counter()
    for group in groups:
        counts.update(dict.fromkeys(group.labels, group.weight))
    return counts


def neediest(group: Group, wanted: dict[str, float], room: dict[str, int], seed: int) -> str:
    """The part that lacks most of a label; of equals the emptiest, then by draw."""
    roomy = [part for part in room if room[part] >= group.weight]
    candidates = roomy or [part for part in room if room[part] == max(room.values())]
    return max(candidates, key=lambda part: (wanted[part], room[part], draw(seed, group.key, part)))


def sizes(total: int, shares: dict[str, float]) -> dict[str, int]:
    """Whole numbers of images near the fractions, at least 1 each, that sum to the total."""
    numbers = {part: max(1, int(share * total)) for part, share in shares.items()}
    while sum(numbers.values()) != total:
        step = 1 if sum(numbers.values()) < total else -1
        lacks = {part: shares[part] * total - number for part, number in numbers.items()}
        allowed = [part for part in numbers if numbers[part] + step >= 1]
        numbers[max(allowed, key=lambda part: step * lacks[part])] += step
    return numbers


def draw(*values) -> str:
    """A random text that the values alone determine."""
    return hashlib.sha256(":".join(map(str, values)).encode()).hexdigest()
