"""Small scenes and a small model that learns them in seconds."""

import keras
import numpy as np
from keras import layers

from mrcnn.config import Config

SIDE = 64


def scene(rng):
    """A bright disc (class 1) and a bright square (class 2) on grey noise."""
    image = rng.integers(60, 100, (SIDE, SIDE, 3), dtype=np.uint8)
    rows, columns = np.indices((SIDE, SIDE))
    boxes, masks = [], []
    for class_id, left in ((1, 0), (2, 32)):
        radius = int(rng.integers(8, 12))
        y, x = rng.integers(radius, SIDE - radius), left + rng.integers(radius, 32 - radius)
        distance = np.hypot if class_id == 1 else lambda a, b: np.maximum(abs(a), abs(b))
        mask = distance(rows - y, columns - x) <= radius
        image[mask] = (220, 200, 40)
        top, bottom = np.flatnonzero(mask.any(1))[[0, -1]]
        first, last = np.flatnonzero(mask.any(0))[[0, -1]]
        boxes.append([top, first, bottom + 1, last + 1])
        masks.append(mask[top : bottom + 1, first : last + 1])
    return {"image": image, "boxes": np.array(boxes), "classes": np.array([1, 2]), "masks": masks}


def whole_mask(sample, i):
    """Mask `i` of a scene, as large as its image."""
    mask = np.zeros((SIDE, SIDE), bool)
    y1, x1, y2, x2 = sample["boxes"][i]
    mask[y1:y2, x1:x2] = sample["masks"][i]
    return mask


@keras.saving.register_keras_serializable()
def small_backbone(config):
    """Five convolutions, traced in a moment."""
    images = x = keras.Input((None, None, config.IMAGE_CHANNEL_COUNT))
    maps = []
    for stride, channels in ((2, 16), (4, 24), (8, 32), (16, 48), (32, 64)):
        x = layers.Conv2D(channels, 3, 2, padding="same", name=f"conv{stride}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"norm{stride}")(x)
        x = layers.ReLU(name=f"relu{stride}")(x)
        maps.append(x)
    return keras.Model(images, maps[1:], name="backbone")


class SmallConfig(Config):
    """Settings that suit the scenes."""

    ARCHITECTURE = "aligned"
    NUM_CLASSES = 3
    BACKBONE = staticmethod(small_backbone)
    BACKBONE_ALPHA = 0.35
    MEAN_PIXEL = (127.5, 127.5, 127.5)
    TRAIN_BN = True
    IMAGE_MIN_DIM = SIDE
    IMAGE_MAX_DIM = SIDE
    TOP_DOWN_PYRAMID_SIZE = 32
    RPN_CHANNELS = 32
    MASK_CHANNELS = 32
    MASK_CONVOLUTIONS = 1
    FPN_CLASSIF_FC_LAYERS_SIZE = 64
    RPN_ANCHOR_SCALES = (16, 24, 32, 48, 64)
    MAX_GT_INSTANCES = 4
    PRE_NMS_LIMIT = 100
    POST_NMS_ROIS_TRAINING = 40
    POST_NMS_ROIS_INFERENCE = 40
    TRAIN_ROIS_PER_IMAGE = 16
    DETECTION_MIN_CONFIDENCE = 0.3
    DETECTION_MAX_INSTANCES = 10
