"""Anchors: the boxes that the region proposal network corrects."""

import functools

import numpy as np


def pyramid_anchors(image_shape, config) -> np.ndarray:
    """All anchors of an image, finest level first, then row by row, then by ratio.

    Args:
        image_shape: `(height, width, ...)` of the padded input in pixels.
        config: `Config`: scales, ratios, strides.

    Returns:
        float32 `(anchors, 4)`, `[y1, x1, y2, x2]` in pixels. `aligned`: centred on the cells.
        `matterport`: centred on the cells' corners and inclusive, as the original's
        normalisation by `(side - 1)` makes them (its `utils.norm_boxes`).
    """
    return _pyramid_anchors(
        tuple(int(side) for side in image_shape[:2]),
        tuple(config.RPN_ANCHOR_SCALES),
        tuple(config.RPN_ANCHOR_RATIOS),
        tuple(config.BACKBONE_STRIDES),
        int(config.RPN_ANCHOR_STRIDE),
        config.is_matterport,
    )


@functools.lru_cache(maxsize=16)
def _pyramid_anchors(image_shape, scales, ratios, strides, anchor_stride, matterport):
    levels = []
    for scale, stride in zip(scales, strides, strict=True):
        rows, columns = (
            (np.arange(0, -(-side // stride), anchor_stride) + (0 if matterport else 0.5)) * stride
            for side in image_shape
        )
        roots = np.sqrt(np.asarray(ratios, float))
        half = np.stack([scale / roots, scale * roots], axis=-1) / 2
        centres = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1)[:, :, None]
        levels.append(np.concatenate([centres - half, centres + half], axis=-1).reshape(-1, 4))
    anchors = np.concatenate(levels)
    if matterport:
        anchors -= [0, 0, 1, 1]
    return anchors.astype(np.float32)
