"""The work that is measured, the same for every contender."""

from typing import NamedTuple


class Work(NamedTuple):
    """A Mask R-CNN of ResNet-50 and a feature pyramid, and what it is asked to do.

    Attributes:
        task: "train", steps of the optimizer on a batch, or "detect", the objects of images with
            their masks in the images' pixels.
        size: side of the square images, in pixels.
        threads: that the contender may use.
        precision: "float32", or "bfloat16" wherever the framework's own mixed precision has it.
        images: at a time.
        steps: that are timed together.
        objects: on each image.
        classes: background included.
        proposals_train, proposals_detect: per image, after suppression.
        rois: per image, sampled for training.
        positive_fraction: of the ROIs, at most; each positive one trains the mask head.
        detections: per image.
        nms_threshold: of the detections, an IoU.
        channels: of the pyramid, of the region proposal network and of the mask head.
        box_head_channels: of its two dense layers.
        clip_norm: largest norm of all gradients together.
    """

    task: str
    size: int = 512
    threads: int = 2
    precision: str = "float32"
    images: int = 2
    steps: int = 1
    objects: int = 8
    classes: int = 1 + 3
    proposals_train: int = 2000
    proposals_detect: int = 1000
    rois: int = 200
    positive_fraction: float = 0.33
    detections: int = 100
    nms_threshold: float = 0.5
    channels: int = 256
    box_head_channels: int = 1024
    learning_rate: float = 0.001
    momentum: float = 0.9
    clip_norm: float = 5.0

    @property
    def mask_rois(self) -> int:
        """ROIs per image that train the mask head, at most."""
        return int(self.rois * self.positive_fraction)
