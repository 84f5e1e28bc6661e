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
        cells = [-(-side // stride) for side in image_shape]
        offset = 0 if matterport else 0.5
        levels.append(level_anchors(scale, ratios, cells, stride, anchor_stride, offset))
    anchors = np.concatenate(levels)
    if matterport:
        anchors -= [0, 0, 1, 1]
    return anchors.astype(np.float32)


def level_anchors(scales, ratios, cells, stride, anchor_stride, offset) -> np.ndarray:
    """The anchors of one level: row by row, then by ratio, then by scale.

    Args:
        scales, ratios: square roots of areas in pixels, and widths over heights.
        cells: `(height, width)` of the feature map.
        stride: pixels from one cell to the next.
        anchor_stride: 2 puts anchors on every other cell.
        offset: of their centres in the cell, 0 to 1.

    Returns:
        float64 `(anchors, 4)`, in pixels.
    """
    half = _sides(scales, ratios) / 2
    rows, columns = ((np.arange(0, side, anchor_stride) + offset) * stride for side in cells)
    centres = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1)[:, :, None]
    return np.concatenate([centres - half, centres + half], axis=-1).reshape(-1, 4)


def _sides(scales, ratios):
    """Heights and widths, `(ratios * scales, 2)`."""
    scales, roots = np.atleast_1d(scales).astype(float), np.sqrt(np.asarray(ratios, float))
    roots = roots.reshape(-1, 1)
    return np.stack([scales / roots, scales * roots], axis=-1).reshape(-1, 2)


def suggest_anchors(boxes, config) -> dict:
    """Anchor scales and ratios for the boxes of a data set.

    Scales are quantiles of the boxes' sizes, one per pyramid level, so that every level has its
    share of objects; ratios are quantiles of their widths over heights.

    Args:
        boxes: `(N, 4)`, `[y1, x1, y2, x2]`, in pixels of the model's input.
        config: `Config`; as many scales as `BACKBONE_STRIDES`, as many ratios as it has now.

    Returns:
        A dict: `RPN_ANCHOR_SCALES`, `RPN_ANCHOR_RATIOS` to put into a `Config`; and `now` and
        `then`, the mean over the boxes of the IoU with the best anchor, both centred alike
        (Redmon and Farhadi, 2017, arXiv:1612.08242, section 2), with the config's and with the
        suggested anchors.

    Raises:
        ValueError: without boxes, or for a box without area.
    """
    boxes = np.asarray(boxes, float)
    sides = boxes[:, 2:] - boxes[:, :2]
    if not len(boxes) or (sides <= 0).any():
        raise ValueError("`suggest_anchors` needs boxes, each with y2 > y1 and x2 > x1.")
    sizes, shapes = np.sqrt(sides.prod(axis=1)), sides[:, 1] / sides[:, 0]
    scales = _quantiles(sizes, len(config.BACKBONE_STRIDES)).round().astype(int)
    ratios = _quantiles(shapes, len(config.RPN_ANCHOR_RATIOS)).round(2)
    return {
        "RPN_ANCHOR_SCALES": tuple(np.maximum(scales, 1).tolist()),
        "RPN_ANCHOR_RATIOS": tuple(ratios.tolist()),
        "now": _mean_best_iou(sides, config.RPN_ANCHOR_SCALES, config.RPN_ANCHOR_RATIOS),
        "then": _mean_best_iou(sides, scales, ratios),
    }


def _quantiles(values, count):
    """The middles of `count` parts of equal mass."""
    return np.exp(np.quantile(np.log(values), (np.arange(count) + 0.5) / count))


def _mean_best_iou(sides, scales, ratios):
    """Of boxes and anchors that share their centre: only heights and widths count."""
    anchors = _sides(scales, ratios)[None]
    intersection = np.minimum(sides[:, None], anchors).prod(axis=-1)
    union = sides.prod(axis=1)[:, None] + anchors.prod(axis=-1) - intersection
    return float((intersection / union).max(axis=1).mean())
