"""A net of thin lines is named, as label maps have it where pixels belong to no object."""

import cv2
import numpy as np

from coco import masks
from coco.checks.doubtful_masks import thin_lines

IMAGE = {"width": 120, "height": 100}


def found(pixels):
    return thin_lines.find({"segmentation": masks.encode(pixels)}, IMAGE, None)


def discs(*centres):
    pixels = np.zeros((100, 120), np.uint8)
    for centre in centres:
        cv2.circle(pixels, centre, 15, 1, -1)
    return pixels


def outlines(pixels):
    """Two pixels wide."""
    return cv2.dilate(pixels, np.ones((3, 3))) - cv2.erode(pixels, np.ones((3, 3)))


def test_void_pixels_around_objects_are_named():
    """As PASCAL VOC has them, of one value for all objects."""
    around = outlines(discs((20, 20), (95, 25), (40, 75), (90, 78)))
    assert found(around == 1) == "lines of at most 6 px, in a box of 108x91 px"


def test_objects_are_no_lines():
    thick, small = discs((20, 20), (90, 78)), outlines(discs((20, 20)))
    assert found(thick == 1) is None
    assert found(small == 1) is None
