"""The network that a configuration describes."""

from mrcnn.config import Config
from mrcnn.model import MaskRCNN


def build(
    architecture: dict, size: int, channels: int, classes: list[str], seed: int = 0
) -> MaskRCNN:
    """A Mask R-CNN with new weights, but for those of a pretrained backbone.

    Args:
        architecture: the section `models.<name>.architecture` of the configuration.
        size: side of the training input in pixels.
        channels: of the images.
        classes: names, without background.
        seed: of the draws of anchors and regions in training.
    """
    proposals = architecture["proposals"]
    config = Config(
        ARCHITECTURE="aligned",
        NUM_CLASSES=1 + len(classes),
        IMAGE_MIN_DIM=size,
        IMAGE_MAX_DIM=size,
        IMAGE_CHANNEL_COUNT=channels,
        BACKBONE=architecture["backbone"],
        BACKBONE_ALPHA=architecture["alpha"],
        BACKBONE_WEIGHTS=architecture["weights"],
        TRAIN_BN=architecture["train_batch_norm"],
        TOP_DOWN_PYRAMID_SIZE=architecture["pyramid_channels"],
        RPN_CHANNELS=architecture["pyramid_channels"],
        RPN_ANCHOR_SCALES=tuple(architecture["anchor_scales"]),
        RPN_ANCHOR_RATIOS=tuple(architecture["anchor_ratios"]),
        PRE_NMS_LIMIT=3 * proposals,
        POST_NMS_ROIS_TRAINING=proposals,
        POST_NMS_ROIS_INFERENCE=proposals,
        MAX_GT_INSTANCES=architecture["max_objects"],
        TRAIN_ROIS_PER_IMAGE=architecture["train_rois"],
        ROI_POSITIVE_RATIO=0.25,
        ROI_SAMPLING_RATIO=1,  # four times as fast as 2
        FPN_CLASSIF_FC_LAYERS_SIZE=architecture["box_head_channels"],
        MASK_CHANNELS=architecture["mask_head_channels"],
        MASK_CONVOLUTIONS=architecture["mask_head_convolutions"],
        DETECTION_MAX_INSTANCES=max(100, architecture["max_objects"]),
        DETECTION_MIN_CONFIDENCE=0.05,
        DETECTION_NMS_THRESHOLD=0.5,
    )
    return MaskRCNN("training", config, seed=seed)
