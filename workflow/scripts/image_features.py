"""A vector for each image: what the deepest layer of a trained backbone sees in it, on average."""

from collections import defaultdict

import numpy as np

import predict
from mrcnn.backbones import normalise

WINDOWS = 4  # looks at a large image


def describe(net, plans: list) -> dict[int, np.ndarray]:
    """The vectors of images, float `(channels,)`, by their ids.

    Args:
        net: a trained `MaskRCNN`.
        plans: how each image is looked at, as `predict.plan` makes them.
    """
    seen = defaultdict(list)
    for inputs, filled, looks, count in predict.batches([few_windows(one) for one in plans]):
        batch = np.stack(inputs + inputs[:1] * (count - len(inputs)))
        maps = net.backbone.predict_on_batch(normalise(batch, net.config))[-1]
        stride = batch.shape[1] // maps.shape[1]
        for (one, _), cells, (*_, bottom, right) in zip(looks, maps, filled, strict=False):
            part = cells[: -(-bottom // stride), : -(-right // stride)]
            seen[one.image["id"]].append(part.mean(axis=(0, 1), dtype=np.float64))
    return {key: np.mean(vectors, axis=0) for key, vectors in seen.items()}


def few_windows(one):
    """The plan with at most WINDOWS of its windows, evenly spread."""
    if len(one.corners) <= WINDOWS:
        return one
    chosen = np.linspace(0, len(one.corners) - 1, WINDOWS).round().astype(int)
    return one._replace(corners=[one.corners[number] for number in chosen])
