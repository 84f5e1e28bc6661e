"""Detections that are perfect within each window: what is wrong afterwards, the merging did."""

from itertools import chain

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from coco import masks, runs, seams, windows

SIZE, WINDOW, OVERLAP = 200, 80, 20
CORNERS = windows.grid(SIZE, SIZE, WINDOW, OVERLAP)
WINDOWS = [(y, x, y + WINDOW, x + WINDOW) for y, x in CORNERS]


def drawn(inside):
    """A mask of the pixels whose centres lie inside, asked as inside(y, x)."""
    return inside(*(np.mgrid[:SIZE, :SIZE] + 0.5))


def disc(y, x, radius):
    return drawn(lambda rows, columns: np.hypot(rows - y, columns - x) < radius)


def rectangle(y1, x1, y2, x2):
    return drawn(lambda y, x: (y > y1) & (y < y2) & (x > x1) & (x < x2))


def result(mask, top=0, left=0, category=1, score=0.9):
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return {
        "image_id": 1,
        "category_id": category,
        "segmentation": runs.place(mask, top, left, SIZE, SIZE),
        "bbox": [
            float(left + columns[0]),
            float(top + rows[0]),
            float(columns[-1] + 1 - columns[0]),
            float(rows[-1] + 1 - rows[0]),
        ],
        "score": score,
    }


def detected(objects, categories=None):
    """What a perfect detector finds of objects in each window."""
    categories = categories or [1] * len(objects)
    return [
        [
            result(mask[y1:y2, x1:x2], y1, x1, category)
            for mask, category in zip(objects, categories, strict=True)
            if mask[y1:y2, x1:x2].any()
        ]
        for y1, x1, y2, x2 in WINDOWS
    ]


def merge(parts):
    return seams.merge(parts, WINDOWS, SIZE, SIZE, margin=1)


def same(found, objects):
    """Whether each object is found once, to the pixel, and nothing else is."""
    expected = sorted(masks.encode(mask)["counts"] for mask in objects)
    return sorted(one["segmentation"]["counts"] for one in found) == expected


SCENES = {
    "in one window": [disc(30, 30, 12)],
    "whole in one, cut in another": [disc(30, 62, 9)],
    "whole in several": [disc(70, 70, 6)],
    "across two windows": [disc(30, 70, 28)],
    "across four windows": [disc(70, 70, 30)],
    "across all windows": [rectangle(8, 5, 190, 195)],
    "long and thin": [rectangle(98, 2, 102, 198)],
    "a ring across four windows": [disc(70, 70, 34) & ~disc(70, 70, 24)],
    "touching at a seam": [rectangle(20, 40, 50, 70), rectangle(20, 70, 50, 100)],
    "touching along a seam": [rectangle(20, 40, 40, 100), rectangle(40, 40, 60, 100)],
    "touching where four windows meet": [
        rectangle(40, 40, 70, 70), rectangle(40, 70, 70, 100),
        rectangle(70, 40, 100, 70), rectangle(70, 70, 100, 100),
    ],
    "one in the hole of another": [disc(70, 70, 34) & ~disc(70, 70, 24), disc(70, 70, 20)],
    "diagonal neighbours whose boxes overlap": [
        drawn(lambda y, x: abs(y - x) < 6) & rectangle(20, 20, 110, 110),
        drawn(lambda y, x: abs(y - x - 14) < 6) & rectangle(30, 20, 120, 110),
    ],
}  # fmt: skip


@pytest.mark.parametrize("objects", SCENES.values(), ids=SCENES)
def test_one_object_stays_one_object(objects):
    found = merge(detected(objects))
    assert same(found, objects)
    for one in found:
        assert one["bbox"] == masks.box(one["segmentation"])


def test_many_objects_at_random():
    rng = np.random.default_rng(0)
    taken, objects = np.zeros((SIZE, SIZE), bool), []
    for _ in range(120):
        mask = disc(*rng.uniform(0, SIZE, 2), rng.uniform(3, 30)) & ~taken
        parts, count = masks.encode(mask), mask.sum()
        if count > 20 and masks.area(parts) == count:
            objects.append(mask)
            taken |= mask
    assert same(merge(detected(objects)), objects)


def test_classes_are_never_joined():
    objects = [disc(70, 70, 30), disc(70, 70, 29)]
    found = merge(detected(objects, categories=[1, 2]))
    assert same(found, objects)
    assert {one["category_id"] for one in found} == {1, 2}


def test_the_best_of_those_that_no_edge_cuts_is_kept():
    parts = [[] for _ in WINDOWS]
    parts[0] = [result(disc(70, 70, 6), score=0.6)]
    parts[1] = [result(disc(70.4, 70, 6), score=0.8)]
    (found,) = merge(parts)
    assert found == parts[1][0]


def test_what_is_seen_whole_elsewhere_does_not_count_where_it_is_cut():
    """Even if the window that sees it whole finds nothing: it knows better."""
    mask = disc(30, 62, 9)
    parts = [[] for _ in WINDOWS]
    y1, x1, y2, x2 = WINDOWS[1]
    parts[1] = [result(mask[y1:y2, x1:x2], y1, x1)]
    assert merge(parts) == []


def test_a_single_window_is_left_alone():
    part = [result(disc(30, 30, 5), score=score) for score in (0.9, 0.8)]
    assert seams.merge([part], [(0, 0, SIZE, SIZE)], SIZE, SIZE) == part
    assert seams.merge([[], []], [(0, 0, 9, 9), (0, 5, 9, 14)], 9, 14) == []


# What others do. Each fails on some of the scenes, which is why it is not done here.


def boxes_iou(parts):
    """Suppression over all, as if they were detections of one image."""
    kept = []
    for one in sorted(chain(*parts), key=lambda one: -masks.area(one["segmentation"])):
        others = [other["bbox"] for other in kept]
        if not others or coco_mask.iou([one["bbox"]], others, [0] * len(others)).max() <= 0.5:
            kept.append(one)
    return kept


def over_the_smaller(kind):
    """Union of what overlaps by half of the smaller (SAHI, `NMM` with `IOS`)."""

    def merged(parts):
        groups = []
        for one in chain(*parts):
            near = [group for group in groups if any(ios(one, other) > 0.5 for other in group)]
            groups = [group for group in groups if group not in near]
            groups.append([one, *chain(*near)])
        joined = (coco_mask.merge([one["segmentation"] for one in group]) for group in groups)
        return [{"segmentation": masks.as_text(rle)} for rle in joined]

    def ios(one, other):
        a, b = one[kind], other[kind]
        return max(coco_mask.iou([a], [b], [1])[0, 0], coco_mask.iou([b], [a], [1])[0, 0])

    return merged


def centre_in_core(parts):
    """Each window counts for what has its centre where no other window's centre is nearer."""
    centres = np.array([[(y1 + y2) / 2, (x1 + x2) / 2] for y1, x1, y2, x2 in WINDOWS])
    kept = []
    for number, part in enumerate(parts):
        for one in part:
            x, y, width, height = one["bbox"]
            away = np.abs(centres - [y + height / 2, x + width / 2]).max(axis=1)
            if away.argmin() == number:
                kept.append(one)
    return kept


@pytest.mark.parametrize(
    ("method", "failures"),
    [
        (boxes_iou, 10),
        (centre_in_core, 8),
        (over_the_smaller("bbox"), 7),
        (over_the_smaller("segmentation"), 5),
        (merge, 0),
    ],
    ids=["suppression", "centre in core", "boxes over smaller", "masks over smaller", "seams"],
)
def test_scenes_that_a_method_gets_wrong(method, failures):
    right = [same(method(detected(objects)), objects) for objects in SCENES.values()]
    assert right.count(False) == failures
