"""Shares groups of images out so that each part gets its fraction of all that is counted.

Each group draws its part. Where the draws miss the fractions, the groups that drew most narrowly
change: a linear program finds the cheapest change. Since a draw depends on nothing but the group's
own key, and few have to change, another image moves few of the others.
"""

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

MISS = 50.0  # cost of missing a fraction by one group; to change a draw costs about 1
# By how much a label may miss, so that few groups change: by so much of its largest group; or by so
# many average ones for each label beyond two, since many wishes collide, up to MOST of them and to
# a fraction of it all. (One class has three labels: its instances, its images, and all images.)
LARGEST, AVERAGE, MOST, FRACTION = 0.25, 0.5, 3, 0.02
FEW = 0.015  # a fraction of the groups


@dataclass(frozen=True)
class Group:
    """Images that stay together.

    Attributes:
        key: what the draws depend on, the same in every run.
        counts: what is to be balanced: a number above 0 for each label.
    """

    key: str
    counts: dict[Hashable, int]


def stratify(
    groups: list[Group],
    shares: dict[str, float],
    seed: int | str,
    given: dict[str, str] | None = None,
) -> dict[str, str]:
    """The part of each group's key.

    A label that enough groups have reaches every part, if that is possible.

    Args:
        groups: what is shared out, in any order.
        shares: fraction of each part, all above 0; they sum to 1.
        seed: start of the draws.
        given: parts that are known, by key. They stay, and count.
    """
    if not groups:
        return {}
    groups = sorted(groups, key=lambda group: group.key)
    given = dominant(groups, shares) | (given or {})
    parts, fractions = list(shares), np.array(list(shares.values()))
    counts = count_matrix(groups)
    costs = draw_costs([group.key for group in groups], shares, seed)
    fixed = np.array([group.key in given for group in groups])
    chosen = np.array(
        [
            parts.index(given[group.key]) if group.key in given else cost.argmin()
            for group, cost in zip(groups, costs, strict=True)
        ]
    )
    wanted = np.outer(counts.sum(axis=0), fractions)
    free = np.flatnonzero(~fixed & (narrow(counts, costs) | bool(given)))
    if len(free):
        largest = np.maximum(counts[~fixed].max(axis=0).toarray(), 1)  # that can move
        chosen[free] = cheapest_change(counts, wanted, costs, chosen, free, largest)
    fill_gaps(counts, wanted, chosen, movable=~fixed)
    return {group.key: parts[part] for group, part in zip(groups, chosen, strict=True)}


def dominant(groups: list[Group], shares: dict[str, float]) -> dict[str, str]:
    """The part of a group that has more than half of everything, if there is one: the largest part.

    Drawn into a small part, it would leave next to nothing for the others.
    """
    sizes = {group.key: sum(group.counts.values()) for group in groups}
    half = sum(sizes.values()) / 2
    return {key: max(shares, key=shares.get) for key, size in sizes.items() if size > half}


def count_matrix(groups: list[Group]) -> sparse.csr_array:
    """A row per group and a column per label."""
    labels = {label: None for group in groups for label in group.counts}
    column = {label: number for number, label in enumerate(sorted(labels, key=str))}
    entries = [
        (row, column[label], number)
        for row, group in enumerate(groups)
        for label, number in group.counts.items()
    ]
    rows, columns, numbers = np.array(entries).T
    shape = len(groups), len(labels)
    return sparse.csr_array((numbers.astype(float), (rows, columns)), shape=shape)


def draw_costs(keys: list[str], shares: dict[str, float], seed: int | str) -> np.ndarray:
    """What each part costs each group: 0 for the one it drew, more for a part it would not have.

    The part with the least `-log(share) - Gumbel noise` is a draw by the shares (Gumbel,
    "Statistical theory of extreme values", 1954).
    """
    uniform = np.array([[draw(seed, key, part) for part in shares] for key in keys])
    costs = np.log(-np.log(uniform)) - np.log(list(shares.values()))
    return costs - costs.min(axis=1, keepdims=True)


def draw(*values) -> float:
    """A random number between 0 and 1 that the values alone determine."""
    digest = hashlib.sha256(":".join(map(str, values)).encode()).digest()
    return (int.from_bytes(digest[:6]) + 0.5) / 2**48


def narrow(counts: sparse.csr_array, costs: np.ndarray) -> np.ndarray:
    """Whether a group is among those of a label that may change: several times the deviation of
    random draws, and all of a rare label. Few, so that the program stays small."""
    second = np.sort(costs, axis=1)[:, 1] if costs.shape[1] > 1 else np.zeros(len(costs))
    order = np.argsort(second, kind="stable")
    ranked = counts[order].tocsc()
    chosen = np.zeros(len(costs), bool)
    for start, stop in zip(ranked.indptr[:-1], ranked.indptr[1:], strict=True):
        members = np.sort(ranked.indices[start:stop])
        chosen[order[members[: int(20 + 3 * np.sqrt(len(members)))]]] = True
    return chosen


def cheapest_change(
    counts: sparse.csr_array,
    wanted: np.ndarray,
    costs: np.ndarray,
    chosen: np.ndarray,
    free: np.ndarray,
    largest: np.ndarray,
) -> np.ndarray:
    """New parts of the free groups, so that each label has what is wanted of it in each part.

    A label that enough groups have is in every part.
    """
    number, parts = len(free), wanted.shape[1]
    settled = np.ones(len(chosen), bool)
    settled[free] = False
    present = totals(counts[settled], chosen[settled], parts)
    groups, labels = counts.shape
    share = min(AVERAGE * (labels - 2) / groups, MOST / groups, FRACTION)
    tolerance = np.maximum(LARGEST * largest, share * counts.sum(axis=0))[:, None]
    due = reaches_all(counts, parts)[:, None]
    least = np.maximum(wanted - tolerance, due) - present
    most = np.maximum(wanted + tolerance - present, least)
    sums = sparse.kron(counts[free].T, sparse.eye_array(parts), format="csr")
    miss = sparse.eye_array(sums.shape[0])
    once = sparse.kron(sparse.eye_array(number), np.ones((1, parts)))
    solution = linprog(
        np.r_[costs[free].ravel(), np.repeat(MISS / largest, parts)],
        A_ub=sparse.block_array([[sums, -miss], [-sums, -miss]], format="csr"),
        b_ub=np.r_[most.ravel(), -least.ravel()],
        A_eq=sparse.hstack([once, sparse.csr_array((number, sums.shape[0]))], format="csr"),
        b_eq=np.ones(number),
        method="highs-ds",
    )
    shares = solution.x[: number * parts].reshape(number, parts)
    return rounded(shares, counts, chosen, wanted, free)


def rounded(
    shares: np.ndarray,
    counts: sparse.csr_array,
    chosen: np.ndarray,
    wanted: np.ndarray,
    free: np.ndarray,
) -> np.ndarray:
    """A part for each free group, also where the program divides a group.

    A divided group goes where most of it is; if they are few among all groups, then, the largest
    first, where it fits best: that is nearer to the target, but one of them may change them all.
    """
    picked = shares.argmax(axis=1)
    divided = np.flatnonzero(shares.max(axis=1) < 1 - 1e-6)
    if len(divided) > FEW * len(chosen):
        return picked
    total = counts.sum(axis=0)
    whole = np.eye(wanted.shape[1])[chosen]
    whole[free] = shares
    excess = (counts.T @ whole - wanted) / total[:, None]
    for row in divided[np.argsort(-counts[free[divided]].sum(axis=1), kind="stable")]:
        own = counts[[free[row]]].toarray()[0] / total
        changes = np.eye(wanted.shape[1]) - shares[row]
        picked[row] = deviations(excess, own, changes).argmin()
        excess += np.outer(own, changes[picked[row]])
    return picked


def deviations(excess: np.ndarray, own: np.ndarray, changes: np.ndarray) -> np.ndarray:
    """By how much the sum of squares of `excess + own * change` grows, for each change."""
    return 2 * changes @ (own @ excess) + (own @ own) * (changes**2).sum(axis=1)


def fill_gaps(
    counts: sparse.csr_array, wanted: np.ndarray, chosen: np.ndarray, movable: np.ndarray
):
    """Move groups to parts that lack a label, in place, where a label is due in every part.

    A move may open another gap, which is filled next; a group moves once. What counts is the state
    with the fewest gaps.
    """
    parts, columns, total = wanted.shape[1], counts.tocsc(), counts.sum(axis=0)
    due = reaches_all(counts, parts)
    present = totals(counts.astype(bool).astype(int), chosen, parts)
    movable, best, fewest = movable.copy(), chosen.copy(), np.inf
    while True:
        gaps = np.argwhere((present == 0) & due[:, None])
        if len(gaps) < fewest:
            best, fewest = chosen.copy(), len(gaps)
        moves = []
        for label, part in gaps:
            members = np.sort(columns.indices[columns.indptr[label] : columns.indptr[label + 1]])
            moves += [(row, part) for row in members[movable[members]]]
        if not moves:
            break
        excess = (totals(counts, chosen, parts) - wanted) / total[:, None]

        def cost(move: tuple[int, int], excess: np.ndarray = excess) -> tuple[int, float]:
            row, part = move
            labels, old = counts[[row]].indices, chosen[row]
            opened = (present[labels, old] == 1) & due[labels]
            filled = (present[labels, part] == 0) & due[labels]
            change = np.eye(parts)[[part]] - np.eye(parts)[old]
            own = counts[[row]].toarray()[0] / total
            return opened.sum() - filled.sum(), deviations(excess, own, change)[0]

        row, part = min(moves, key=cost)
        labels = counts[[row]].indices
        present[labels, chosen[row]] -= 1
        present[labels, part] += 1
        chosen[row], movable[row] = part, False
    chosen[:] = best


def reaches_all(counts: sparse.csr_array, parts: int) -> np.ndarray:
    """Whether enough groups have a label for each part to get one."""
    return np.diff(counts.tocsc().indptr) >= parts


def totals(counts: sparse.csr_array, chosen: np.ndarray, parts: int) -> np.ndarray:
    """What each part has of each label."""
    return counts.T @ np.eye(parts)[chosen]
