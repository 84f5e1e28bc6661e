"""Images that belong together but were put into different splits by the user."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from coco.errors import InputError
from coco.grouping import NEAR_DUPLICATE, members
from coco.image_names import some

COLUMNS = ("file", "from", "to", "because", "of")


def mend(
    images: list[dict],
    given: dict[int, str],
    group_of: dict[int, str],
    tied: dict[str, dict[int, str]],
    policy: str,
    tested: set[str] | None = None,
) -> tuple[dict[int, str], list[dict]]:
    """The given splits without leaks, and a row of COLUMNS for each image that was moved.

    A group moves to where most of its images are; of equals, to the first split, train.

    Args:
        images: records of `dataset.json`.
        given: split of image ids; not all need to have one.
        group_of: key of the group of each image id.
        tied: what makes images a group, from `grouping.ties`.
        policy: the configuration's `split.leaks`, stop or move.
        tested: in a fold, the keys of the groups that it tests, and no others; elsewhere None.

    Raises:
        InputError: there is a leak, and the policy is stop.
    """
    name_of = {image["id"]: image["file_name"] for image in images}
    mended, rows = dict(given), []
    for key, numbers in members({number: group_of[number] for number in given}).items():
        sizes = Counter(given[number] for number in numbers)
        home = max(homes(key, tested), key=lambda name: sizes[name])
        if len(sizes) == 1:
            continue
        stay = [number for number in numbers if given[number] == home]
        first_of = {kind: first_with(value_of, stay) for kind, value_of in tied.items()}
        for number in numbers:
            if given[number] == home:
                continue
            because, other = next(
                (
                    (kind, first_of[kind][value_of[number]])
                    for kind, value_of in tied.items()
                    if value_of.get(number) in first_of[kind]
                ),
                ("a chain of images", stay[0]),
            )
            row = name_of[number], given[number], home, because, name_of[other]
            rows.append(dict(zip(COLUMNS, row, strict=True)))
            mended[number] = home
    if rows and policy == "stop":
        raise InputError("\n  ".join(refusal(rows)))
    return mended, rows


def homes(key: str, tested: set[str] | None) -> tuple[str, ...]:
    """The splits that a group may be in."""
    if tested is None:
        return "train", "val", "test"
    return ("test",) if key in tested else ("train", "val")


def first_with(value_of: dict[int, str], numbers: list[int]) -> dict[str, int]:
    """The first of the image ids that has each value."""
    return {value_of[number]: number for number in reversed(numbers) if number in value_of}


def refusal(rows: list[dict]) -> Iterator[str]:
    yield f"{len(rows)} images are in another split than images that they belong with:"
    kinds = defaultdict(list)
    for row in rows:
        pair = f"{row['file']} in {row['from']}, {row['of']} in {row['to']}"
        kinds[row["because"], row["from"], row["to"]].append(pair)
    for (because, old, new), pairs in kinds.items():
        yield f"{len(pairs)} in {old}, {because} in {new}: {some(pairs, 1)}"
    yield "Put each into one split, or let `split.leaks: move` do it."
    if any(because == NEAR_DUPLICATE for because, _, _ in kinds):
        yield "Images that only look alike: `split.near_duplicates: false`."
