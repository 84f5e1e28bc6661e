"""The settings of a model, by the names that Matterport's Mask_RCNN gave them."""

import numpy as np

LARGEST_STRIDE = 64  # of the pyramid: both sides of an input are multiples of it


class Config:
    """Settings of a Mask R-CNN: subclass it, or pass the differences as arguments.

    Names and meaning follow Matterport's `mrcnn/config.py`; the group marked "new" is ours.

    Raises:
        ValueError: for a name that is no setting, and for values that do not fit together.
    """

    NAME = None

    # Training set-up
    GPU_COUNT = 1
    IMAGES_PER_GPU = 2
    STEPS_PER_EPOCH = 1000
    VALIDATION_STEPS = 50
    LEARNING_RATE = 0.001
    LEARNING_MOMENTUM = 0.9
    WEIGHT_DECAY = 0.0001
    GRADIENT_CLIP_NORM = 5.0
    TRAIN_BN = False
    USE_RPN_ROIS = True
    LOSS_WEIGHTS = {  # noqa: RUF012  (the interface of the original)
        "rpn_class_loss": 1.0,
        "rpn_bbox_loss": 1.0,
        "mrcnn_class_loss": 1.0,
        "mrcnn_bbox_loss": 1.0,
        "mrcnn_mask_loss": 1.0,
    }

    # Classes, background included
    NUM_CLASSES = 1

    # Input
    IMAGE_RESIZE_MODE = "square"
    IMAGE_MIN_DIM = 800
    IMAGE_MAX_DIM = 1024
    IMAGE_MIN_SCALE = 0
    IMAGE_CHANNEL_COUNT = 3
    MEAN_PIXEL = (123.7, 116.8, 103.9)
    MAX_GT_INSTANCES = 100
    USE_MINI_MASK = True
    MINI_MASK_SHAPE = (56, 56)

    # Backbone and pyramid
    BACKBONE = "resnet101"
    COMPUTE_BACKBONE_SHAPE = None
    BACKBONE_STRIDES = (4, 8, 16, 32, 64)
    TOP_DOWN_PYRAMID_SIZE = 256

    # Region proposals
    RPN_ANCHOR_SCALES = (32, 64, 128, 256, 512)
    RPN_ANCHOR_RATIOS = (0.5, 1, 2)
    RPN_ANCHOR_STRIDE = 1
    RPN_NMS_THRESHOLD = 0.7
    RPN_TRAIN_ANCHORS_PER_IMAGE = 256
    RPN_BBOX_STD_DEV = (0.1, 0.1, 0.2, 0.2)
    PRE_NMS_LIMIT = 6000
    POST_NMS_ROIS_TRAINING = 2000
    POST_NMS_ROIS_INFERENCE = 1000

    # Heads
    TRAIN_ROIS_PER_IMAGE = 200
    ROI_POSITIVE_RATIO = 0.33
    POOL_SIZE = 7
    MASK_POOL_SIZE = 14
    MASK_SHAPE = (28, 28)
    FPN_CLASSIF_FC_LAYERS_SIZE = 1024
    BBOX_STD_DEV = (0.1, 0.1, 0.2, 0.2)

    # Detection
    DETECTION_MAX_INSTANCES = 100
    DETECTION_MIN_CONFIDENCE = 0.7
    DETECTION_NMS_THRESHOLD = 0.3

    # New. `ARCHITECTURE` decides details of geometry. "matterport" is the original, number by
    # number, so that its scripts and weights work as ever. "aligned" is what the workflow
    # trains: anchors on cell centres, ROIs sampled without the half-pixel shift
    # (ROIAlign as in Detectron2). `RECOMPUTED_STAGES`, 0 to 3, saves memory in training: so many
    # stages of the backbone are computed again for the backward pass, in place of being kept.
    ARCHITECTURE = "matterport"
    BACKBONE_ALPHA = 1.0
    BACKBONE_WEIGHTS = None
    RPN_CHANNELS = 512
    MASK_CHANNELS = 256
    MASK_CONVOLUTIONS = 4
    ROI_SAMPLING_RATIO = 2
    RECOMPUTED_STAGES = 0

    def __init__(self, **settings):
        unknown = sorted(name for name in settings if name not in self.names())
        if unknown:
            raise ValueError(f"`Config` has no setting {', '.join(unknown)}.")
        for name, value in settings.items():
            setattr(self, name, value)
        for name in ("MEAN_PIXEL", "RPN_BBOX_STD_DEV", "BBOX_STD_DEV"):  # scripts reckon with them
            setattr(self, name, np.array(getattr(self, name)))
        self.BATCH_SIZE = self.IMAGES_PER_GPU * self.GPU_COUNT
        key = "IMAGE_MIN_DIM" if self.IMAGE_RESIZE_MODE == "crop" else "IMAGE_MAX_DIM"
        side = getattr(self, key)
        if self.IMAGE_RESIZE_MODE in ("square", "crop") and side % LARGEST_STRIDE:
            raise ValueError(
                f"`{key}` must be a multiple of {LARGEST_STRIDE}, as 256, 320, 384, 448, 512: the "
                f"pyramid halves the image six times. Received {side}."
            )
        self.IMAGE_SHAPE = np.array([side, side, self.IMAGE_CHANNEL_COUNT])
        self.IMAGE_META_SIZE = 1 + 3 + 3 + 4 + 1 + self.NUM_CLASSES
        if len(self.RPN_ANCHOR_SCALES) != len(self.BACKBONE_STRIDES):
            raise ValueError(
                "`RPN_ANCHOR_SCALES` needs one scale per pyramid level, "
                f"{len(self.BACKBONE_STRIDES)} in all. Received {self.RPN_ANCHOR_SCALES}."
            )
        if self.ARCHITECTURE not in ("aligned", "matterport"):
            raise ValueError(
                f"`ARCHITECTURE` must be 'aligned' or 'matterport'. Received {self.ARCHITECTURE!r}."
            )
        if self.RECOMPUTED_STAGES not in range(4):
            raise ValueError(
                f"`RECOMPUTED_STAGES` must be 0, 1, 2 or 3. Received {self.RECOMPUTED_STAGES!r}."
            )
        if self.RECOMPUTED_STAGES and self.TRAIN_BN:
            raise ValueError(
                "`RECOMPUTED_STAGES` would count the statistics of batch normalisation twice: set "
                "`TRAIN_BN` to False, or it to 0."
            )

    @classmethod
    def names(cls) -> list[str]:
        """The names of all settings that can be given."""
        return [name for name in dir(cls) if name.isupper()]

    @property
    def is_matterport(self) -> bool:
        """Whether geometry follows the original number by number."""
        return self.ARCHITECTURE == "matterport"

    @property
    def roi_canonical_size(self) -> float:
        """Side in pixels of a box that is pooled from P4.

        224 with anchors from 32 px (Lin et al., 2017, arXiv:1612.03144, eq. 1); smaller anchors
        ask for finer levels in proportion.
        """
        return 224.0 if self.is_matterport else 7.0 * self.RPN_ANCHOR_SCALES[0]

    def to_dict(self) -> dict:
        """All settings as plain values, for JSON."""
        return {name: _plain(getattr(self, name)) for name in self.names()}

    def display(self):
        """Print all settings."""
        print("\nConfigurations:")
        for name in sorted(n for n in dir(self) if n.isupper()):
            print(f"{name:30} {getattr(self, name)}")
        print("\n")


def _plain(value):
    if isinstance(value, tuple | np.ndarray):
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value
