"""Resizing of images and masks to the original's numbers, without scikit-image."""

import random

import numpy as np
from scipy.ndimage import gaussian_filter

from mrcnn.errors import ModelError


def resize(
    image,
    output_shape,
    order=1,
    mode="constant",
    cval=0,
    clip=True,
    preserve_range=False,
    anti_aliasing=False,
    anti_aliasing_sigma=None,
):
    """An image in another size, bilinear, as `skimage.transform.resize` makes it.

    Pixels are sampled at their centres, and beyond the image everything is `cval`: towards its
    edges an enlarged image fades.

    Args:
        image: `(H, W)` or `(H, W, C)`.
        output_shape: `(height, width)`, or `(height, width, C)`.
        order, mode, anti_aliasing_sigma: there for the original's signature; no other values.
        cval: value beyond the image.
        clip: whether the result stays between the image's lowest and highest value.
        preserve_range: False divides integers by the largest of their type.
        anti_aliasing: whether a Gaussian smooths what shrinks. It keeps the image's type, so
            that integers are cut off, as scikit-image 0.15 to 0.18 did.

    Returns:
        float64, of float32 images float32, of shape `output_shape`.

    Raises:
        ModelError: for what is not supported.
    """
    image = np.asarray(image)
    if (order, mode, anti_aliasing_sigma) != (1, "constant", None):
        raise ModelError(
            "`resize` knows order=1, mode='constant', anti_aliasing_sigma=None alone. Received "
            f"{order}, {mode!r}, {anti_aliasing_sigma}: call skimage.transform.resize for others."
        )
    if image.ndim not in (2, 3) or tuple(output_shape[2:]) not in ((), image.shape[2:]):
        raise ModelError(
            "`resize` turns (H, W) or (H, W, C) into (height, width) with the same channels. "
            f"Received an image {image.shape} and `output_shape` {tuple(output_shape)}."
        )
    if image.dtype.kind not in "iuf":
        image = image.astype(float)
    shape = tuple(output_shape[:2])
    if anti_aliasing:
        image = _smooth(image, shape, cval)

    values = image.astype(float)
    if image.dtype.kind in "iu" and not preserve_range:
        values = np.maximum(values / np.iinfo(image.dtype).max, -1)
    resized = _interpolate(_interpolate(values, 0, shape[0], cval), 1, shape[1], cval)
    if clip:
        np.clip(resized, values.min(), values.max(), out=resized)
    return resized.astype(image.dtype if image.dtype.kind == "f" else float, copy=False)


def _smooth(image, shape, cval):
    factors = np.divide(image.shape[:2], np.maximum(shape, 1))
    sigma = np.maximum(factors - 1, 0) / 2
    if not sigma.any():
        return image
    return gaussian_filter(image, sigma, mode="constant", cval=cval, axes=(0, 1))


def _interpolate(image, axis, count, cval):
    size = image.shape[axis]
    position = (np.arange(count) + 0.5) * (size / max(count, 1)) - 0.5
    before = np.floor(position).astype(int)
    weight = (position - before).reshape(-1, *[1] * (image.ndim - axis - 1))
    border = [(1, 1) if i == axis else (0, 0) for i in range(image.ndim)]
    padded = np.pad(image, border, constant_values=cval)
    first, change = np.take(padded, before + 1, axis), np.take(padded, before + 2, axis)
    change -= first
    change *= weight
    change += first
    return change


def resize_image(image, min_dim=None, max_dim=None, min_scale=None, mode="square"):
    """An image resized, its aspect ratio kept, and padded with zeros or cropped.

    What shrinks is smoothed first, as with the scikit-image 0.15 to 0.18 that the original ran on.

    Args:
        image: `(H, W, C)`.
        min_dim: enlarge until the shorter side has so many pixels.
        max_dim: "square": the side of the result, which the image is shrunk to if need be.
        min_scale: enlarge at least by this factor, whatever `min_dim` asks for.
        mode: "none" changes nothing; "square" pads to `(max_dim, max_dim)`; "pad64" pads both
            sides to multiples of 64; "crop" cuts out `(min_dim, min_dim)`, at a place that Python's
            `random` draws: for training.

    Returns:
        image: of the dtype given; integers are cut off, not rounded.
        window: `(y1, x1, y2, x2)`, the part of the result that is image, half-open.
        scale: of the resizing.
        padding: `[(top, bottom), (left, right), (0, 0)]`.
        crop: `(y, x, height, width)` in pixels of the resized image, or None.

    Raises:
        ModelError: for an unknown mode, or one that lacks its size.
    """
    needed = {"none": 1, "square": max_dim, "pad64": 1, "crop": min_dim}
    if not needed.get(mode):
        raise ModelError(
            "`mode` must be 'none', 'square' with `max_dim`, 'pad64', or 'crop' with `min_dim`. "
            f"Received mode={mode!r}, min_dim={min_dim}, max_dim={max_dim}."
        )
    height, width = image.shape[:2]
    padding, crop = [(0, 0)] * 3, None
    if mode == "none":
        return image, (0, 0, height, width), 1, padding, crop

    scale = max(1, min_dim / min(height, width)) if min_dim else 1
    scale = max(scale, min_scale or 0)
    if mode == "square" and round(max(height, width) * scale) > max_dim:
        scale = max_dim / max(height, width)
    resized = image
    if scale != 1:
        height, width = _scaled(height, scale), _scaled(width, scale)
        resized = resize(image, (height, width), preserve_range=True, anti_aliasing=True)

    if mode == "crop":
        top, left = random.randint(0, height - min_dim), random.randint(0, width - min_dim)
        crop = (top, left, min_dim, min_dim)
        resized = resized[top : top + min_dim, left : left + min_dim]
        window = (0, 0, min_dim, min_dim)
    else:
        sides = [max_dim if mode == "square" else -(-side // 64) * 64 for side in (height, width)]
        top, left = (sides[0] - height) // 2, (sides[1] - width) // 2
        padding = [(top, sides[0] - height - top), (left, sides[1] - width - left), (0, 0)]
        resized = np.pad(resized, padding[: image.ndim])
        window = (top, left, top + height, left + width)
    return resized.astype(image.dtype), window, scale, padding, crop


def resize_mask(mask, scale, padding, crop=None):
    """Masks resized as `resize_image` resized their image.

    Each pixel takes the nearest, with the corners aligned as by `scipy.ndimage.zoom`.

    Args:
        mask: `(H, W, N)`.
        scale, padding, crop: what `resize_image` returned.

    Returns:
        Masks of the same dtype, as large as the resized image.
    """
    rows, columns = (_nearest(side, scale) for side in mask.shape[:2])
    mask = mask[rows][:, columns]
    if crop is not None:
        y, x, height, width = crop
        return mask[y : y + height, x : x + width]
    return np.pad(mask, padding[: mask.ndim])


def _nearest(side, scale):
    count = _scaled(side, scale)
    step = (side - 1) / max(count - 1, 1)
    return np.floor(np.arange(count) * step + 0.5).astype(int)


def _scaled(side, scale):
    return max(round(side * scale), min(side, 1))
