"""Detections from the model's input back to the image's own pixels."""

import numpy as np

from mrcnn import utils
from mrcnn.masks import paste


def unmold(found, image_shape, input_shape, window, config) -> dict:
    """Detections of one input as the original's `detect` gives them.

    Args:
        found: an entry of `MaskRCNN.find`.
        image_shape: `(height, width)` of the image.
        input_shape: `(height, width)` of the resized, padded input.
        window: `(y1, x1, y2, x2)` of the input, the part that shows the image.
        config: `Config`. `matterport`: boxes rounded as the original does, masks resized
            with its fading edges. `aligned`: masks are pasted at the unrounded boxes.

    Returns:
        `rois` int32 `(N, 4)`, `class_ids` int32 `(N,)`, `scores` float32 `(N,)`, `masks` bool
        `(H, W, N)`; without detections that shrink to nothing.
    """
    if config.is_matterport:
        boxes = _through_normalised(found["boxes"], image_shape, input_shape, window)
        rois = boxes
    else:
        boxes = _scaled(found["boxes"], image_shape, window)
        rois = np.rint(boxes).astype(np.int32)
    kept = np.flatnonzero((rois[:, 2] > rois[:, 0]) & (rois[:, 3] > rois[:, 1]))
    masks = np.zeros((len(kept), *image_shape), bool)  # each mask in one piece: faster to fill
    for slot, i in enumerate(kept):
        if config.is_matterport:
            masks[slot] = utils.unmold_mask(found["masks"][i], rois[i], image_shape)
        else:
            (y1, x1, y2, x2), crop = paste(found["masks"][i], boxes[i], image_shape)
            masks[slot, y1:y2, x1:x2] = crop
    return {
        "rois": rois[kept],
        "class_ids": found["class_ids"][kept],
        "scores": found["scores"][kept],
        "masks": masks.transpose(1, 2, 0),
    }


def _scaled(boxes, image_shape, window):
    y1, x1, y2, x2 = window
    scale = np.array([image_shape[0] / (y2 - y1), image_shape[1] / (x2 - x1)] * 2)
    boxes = (boxes - [y1, x1, y1, x1]) * scale
    return np.clip(boxes, 0, [*image_shape, *image_shape])


def _through_normalised(boxes, image_shape, input_shape, window):
    boxes = utils.norm_boxes(boxes, input_shape)
    wy1, wx1, wy2, wx2 = utils.norm_boxes(np.array([window]), input_shape)[0]
    shift = np.array([wy1, wx1, wy1, wx1])
    scale = np.array([wy2 - wy1, wx2 - wx1] * 2)
    return utils.denorm_boxes((boxes - shift) / scale, image_shape)
