"""Which detection found which object, by COCO's rules, at every IoU threshold and object size.

Done once per set of overlaps. Everything that counts hits and misses reads it from here.
"""

from dataclasses import dataclass

import numpy as np

from evaluation.overlaps import Overlaps
from evaluation.sizes import ANY, COCO_SIZES, Size

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
IOU_50, IOU_75 = 0, 5
ALL, SMALL, MEDIUM, LARGE = range(4)  # positions of the first sizes


@dataclass(frozen=True)
class Matching:
    """Who found whom.

    Attributes:
        overlaps: of the objects and detections that were matched.
        sizes: ranges of object area; objects of another area are excluded.
        excluded: bool [objects, sizes], crowds and objects of another size: no one need find them.
        found: int32 [detections, sizes, IoU thresholds], the object that was found, or -1.
        ignored: bool, same shape: neither right nor wrong, because the object that was found is
            excluded, or because none was found and the detection itself is of another size.
    """

    overlaps: Overlaps
    sizes: tuple[Size, ...]
    excluded: np.ndarray
    found: np.ndarray
    ignored: np.ndarray

    def right(self, size: int = ALL) -> np.ndarray:
        """bool [detections, IoU thresholds]: those that found an object that counts."""
        return (self.found[:, size] >= 0) & ~self.ignored[:, size]

    def wrong(self, size: int = ALL) -> np.ndarray:
        """bool [detections, IoU thresholds]: false positives."""
        return (self.found[:, size] < 0) & ~self.ignored[:, size]

    def pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Detection, object and IoU of each object, of any size, found at an IoU of 0.5."""
        overlaps = self.overlaps
        found = np.where(self.right()[:, IOU_50], self.found[:, ALL, IOU_50], -1)
        pair = found[overlaps.detection] == overlaps.object
        return overlaps.detection[pair], overlaps.object[pair], overlaps.iou[pair]

    def at(self, threshold: float) -> tuple[set[int], set[int], list[int]]:
        """What a user sees who keeps the detections of at least `threshold`, at an IoU of 0.5.

        Returns:
            missed: positions in the truth's annotations, without crowds.
            wrong: positions in the predictions.
            kept: positions in the predictions, right or wrong, in ascending order.
        """
        objects, detections = self.overlaps.objects, self.overlaps.detections
        kept = detections.score >= threshold
        free = ~self.excluded[:, ALL]
        free[self.found[kept & self.right()[:, IOU_50], ALL, IOU_50]] = False
        wrong = kept & self.wrong()[:, IOU_50]
        return (
            set(objects.number[free].tolist()),
            set(detections.number[wrong].tolist()),
            sorted(detections.number[kept].tolist()),
        )

    def ranked(self, label: int) -> np.ndarray:
        """The detections of a class in all images, best first; of equals, in image order."""
        chosen = np.flatnonzero(self.overlaps.detections.label == label)
        return chosen[np.argsort(-self.overlaps.detections.score[chosen], kind="stable")]

    def counted(self, label: int, size: int = ALL) -> np.ndarray:
        """The objects of a class that are to be found."""
        return np.flatnonzero((self.overlaps.objects.label == label) & ~self.excluded[:, size])


def match(overlaps: Overlaps, sizes: tuple[Size, ...] = (ANY, *COCO_SIZES)) -> Matching:
    """Match within each image and class, best score first.

    A detection takes the object that it overlaps most, of those that reach the IoU threshold and
    were not found before; one that counts is preferred to an excluded one, and crowds can be
    found again and again. Of equal overlaps the object that comes last is taken, as in
    pycocotools.
    """
    objects, detections = overlaps.objects, overlaps.detections
    least = np.array([size.least for size in sizes])
    most = np.array([size.most for size in sizes])

    def outside(area: np.ndarray) -> np.ndarray:
        return (area[:, None] < least) | (area[:, None] > most)

    excluded = outside(objects.area) | objects.crowd[:, None]
    found = _assign(overlaps, excluded)
    ignored = np.where(
        found >= 0,
        excluded[found, np.arange(len(sizes))[:, None]] if len(excluded) else False,
        outside(detections.area)[:, :, None],
    )
    return Matching(overlaps, tuple(sizes), excluded, found, ignored)


def _assign(overlaps: Overlaps, excluded: np.ndarray) -> np.ndarray:
    """`Matching.found`."""
    objects, detections = overlaps.objects, overlaps.detections
    same = objects.label[overlaps.object] == detections.label[overlaps.detection]
    candidates = np.flatnonzero(same & (overlaps.iou >= IOU_THRESHOLDS[0]))
    # pycocotools' own tolerance, so that an IoU of 1 would pass a threshold of 1
    reached = overlaps.iou[candidates, None] >= np.minimum(IOU_THRESHOLDS, 1 - 1e-10)
    lanes = excluded.shape[1], len(IOU_THRESHOLDS)  # each is matched for itself
    found = np.full((len(detections.score), *lanes), -1, np.int32)
    free = np.ones((len(objects.area), *lanes), bool)
    crowd = objects.crowd.tolist()

    searchers, starts = np.unique(overlaps.detection[candidates], return_index=True)
    ends = np.append(starts[1:], len(candidates))
    target = overlaps.object[candidates].tolist()
    for searcher, start, end in zip(searchers, starts.tolist(), ends.tolist(), strict=False):
        searching = np.ones(lanes, bool)
        mine = found[searcher]
        for second_choice in (False, True):
            for position in range(end - 1, start - 1, -1):  # largest overlap first
                number = target[position]
                choice = excluded[number] if second_choice else ~excluded[number]
                hit = searching & free[number] & reached[position] & choice[:, None]
                mine[hit] = number
                searching &= ~hit
                if not crowd[number]:
                    free[number] &= ~hit
    return found
