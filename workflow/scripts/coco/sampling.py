"""How often the images of a training set are shown."""

import math
from collections import Counter, defaultdict


def copies_of_images(dataset: dict, copies: int, threshold: float) -> dict[int, int]:
    """How many copies to make of each image, by id: `copies`, or more for rare classes.

    A class found in the fraction f of the images asks for `max(1, sqrt(threshold / f))` times as
    many, and an image gets what its rarest class asks for, rounded up: the repeat factor sampling
    of Gupta, Dollár and Girshick (LVIS, https://arxiv.org/abs/1908.03195).
    """
    classes = defaultdict(set)
    for annotation in dataset["annotations"]:
        classes[annotation["image_id"]].add(annotation["category_id"])
    found = Counter(category for present in classes.values() for category in present)
    total = len(dataset["images"])
    factors = {
        category: max(1.0, math.sqrt(threshold * total / count))
        for category, count in found.items()
    }
    return {
        image["id"]: math.ceil(
            copies * max((factors[category] for category in classes[image["id"]]), default=1.0)
        )
        for image in dataset["images"]
    }
