import numpy as np
from scipy import ndimage

from coco import masks
from coco.exports.outlines import outline

RING = np.zeros((30, 30), bool)
RING[5:25, 5:25] = True
RING[10:20, 10:20] = False


def drawn(mask):
    """The mask that pycocotools makes of the outline."""
    return masks.decode(masks.from_polygons([outline(mask).ravel().tolist()], *mask.shape))


def test_an_outline_gives_every_pixel_back():
    rng = np.random.default_rng(0)
    for _ in range(100):
        height, width = rng.integers(1, 60, 2)
        noise = rng.random((height, width))
        for smooth in (0, 1, 2.5):  # from single pixels to lakes and islands
            values = ndimage.gaussian_filter(noise, smooth) if smooth else noise
            mask = values > np.quantile(values, rng.uniform(0, 0.95))
            if mask.any():
                np.testing.assert_array_equal(drawn(mask), mask)


def test_islands_in_lakes():
    mask = RING.copy()
    mask[13:17, 13:17] = True
    np.testing.assert_array_equal(drawn(mask), mask)


def test_an_outline_stays_inside_the_image():
    points = outline(np.ones((7, 11), bool))
    assert points.min() == 0.25
    assert points.max(axis=0).tolist() == [10.75, 6.75]
