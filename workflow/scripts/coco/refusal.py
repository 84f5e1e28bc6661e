"""When a data set is not good enough to go on, and how the user is told."""

from collections import Counter

from coco.errors import InputError
from coco.validation import Result

MOST_BOXES = 0.5  # of the annotations, whatever the configuration allows
BOXES_ONLY = (
    "{share:.1%} of the annotations are boxes without masks. Mask R-CNN learns outlines: draw "
    "them, or let a segmentation tool make masks from the boxes and look them over. If boxes are "
    "all that you need, take a detector of boxes."
)


def refuse_unusable(result: Result, limit: float, full_list: str):
    """Stop if too little of the data can be used, or at what the configuration wants to stop at.

    Args:
        limit: largest fraction of the images, and of the annotations, in quarantine. Records that
            were merged or dropped do not count.
        full_list: the file that lists all issues, for the message.

    Raises:
        InputError: with the numbers, the most frequent reasons and what to do.
    """
    lines = [*too_little(result, limit), *stops(result)]
    if lines:
        lines += [summary(kind, total) for kind, total in result.totals.items()]
        lines += top_reasons(result.issues)
        lines.append(f"{full_list} lists all issues. Mend or remove what it names and run again.")
        raise InputError("\n  ".join(lines))


def too_little(result: Result, limit: float) -> list[str]:
    lines = []
    shares = {kind: quarantined_share(total) for kind, total in result.totals.items()}
    if any(share > limit for share in shares.values()):
        lines.append(
            f"Too much of the data cannot be used: {shares['image']:.1%} of the images and "
            f"{shares['annotation']:.1%} of the annotations, "
            f"validation.max_quarantined allows {limit:.1%}."
        )
    boxes = sum(issue["check"] == "box_without_mask" for issue in result.issues)
    share = boxes / max(result.totals["annotation"]["in"], 1)
    if share > min(limit, MOST_BOXES):
        lines.append(BOXES_ONLY.format(share=share))
    if not result.dataset["images"]:
        lines.append("No image is left that can be used.")
    elif all(annotation["iscrowd"] for annotation in result.dataset["annotations"]):
        lines.append("No annotation is left to learn from (a crowd does not count).")
    return lines


def stops(result: Result) -> list[str]:
    return [
        f"validation.policies.{name} is stop, and it was found {number} times."
        for name, number in result.stops.items()
    ]


def quarantined_share(total: dict[str, int]) -> float:
    return total["quarantined"] / max(total["used"] + total["quarantined"], 1)


def summary(kind: str, total: dict[str, int]) -> str:
    """`images: 97 in, 95 used, 2 quarantined`"""
    shown = [
        f"{number} {name}" for name, number in total.items() if number or name in ("in", "used")
    ]
    return f"{kind}s: {', '.join(shown)}"


def top_reasons(issues: list[dict], most: int = 5) -> list[str]:
    """The most frequent reasons for not using a record, each with its first example."""
    examples, counts = {}, Counter()
    for issue in issues:
        consequence = issue["check"] == "image_quarantined"
        if issue["action"] in ("quarantined", "dropped", "stopped") and not consequence:
            reason = issue["record"], issue["check"], issue["action"]
            counts[reason] += 1
            examples.setdefault(reason, f"{issue['file']}: {issue['found']}")
    return [
        f"{number} {kind}s {action}: {check}, for example {examples[kind, check, action]}"
        for (kind, check, action), number in counts.most_common(most)
    ]
