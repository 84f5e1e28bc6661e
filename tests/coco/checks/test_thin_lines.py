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


def test_void_pixels_around_objects_are_named():
    """As PASCAL VOC draws them: five pixels wide, of one value for all objects."""
    objects = discs((20, 20), (95, 25), (40, 75), (90, 78))
    around = cv2.dilate(objects, np.ones((3, 3))) - cv2.erode(objects, np.ones((3, 3)))
    assert found(around == 1) == "lines of at most 6 px, in a box of 108x91 px"


def test_objects_are_no_lines():
    far = (20, 20), (90, 78)
    assert found(discs(*far) == 1) is None  # much empty box, but thick
    assert (
        found(discs((20, 20)) - cv2.erode(discs((20, 20)), np.ones((3, 3))) == 1) is None
    )  # small
