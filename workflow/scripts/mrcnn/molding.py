"""Images and their metadata on the way into the model and back, by the original's names."""

import numpy as np


def log(text, array=None):
    """Print `text` and, of an array, shape, range and dtype: what old notebooks look at."""
    if array is not None:
        array = np.asarray(array)
        limits = f"min {array.min():.5f}  max {array.max():.5f}" if array.size else "empty"
        text = f"{text:25} shape {array.shape!s:20} {limits}  {array.dtype}"
    print(text)


def mold_image(images, config):
    """RGB images of values 0 to 255, float32, minus `config.MEAN_PIXEL`."""
    return np.asarray(images, np.float32) - np.asarray(config.MEAN_PIXEL, np.float32)


def unmold_image(normalized_images, config):
    """What `mold_image` was given, uint8."""
    images = np.asarray(normalized_images) + np.asarray(config.MEAN_PIXEL)
    return np.clip(np.rint(images), 0, 255).astype(np.uint8)


def compose_image_meta(
    image_id, original_image_shape, image_shape, window, scale, active_class_ids
) -> np.ndarray:
    """All that is known of an image in one float vector, `Config.IMAGE_META_SIZE` long.

    Args:
        image_id: an integer.
        original_image_shape, image_shape: `[H, W, C]` before and after resizing.
        window: `(y1, x1, y2, x2)` in pixels, the part of the resized image that is no padding.
        scale: of the resizing.
        active_class_ids: a 1 for each class that the image's source labels, else 0.
    """
    parts = [image_id], original_image_shape, image_shape, window, [scale], active_class_ids
    return np.concatenate([np.asarray(part, float) for part in parts])


def parse_image_meta(meta) -> dict[str, np.ndarray]:
    """The parts of metadata `(B, IMAGE_META_SIZE)`, by name."""
    meta = np.asarray(meta)
    return {
        "image_id": meta[:, 0].astype(np.int32),
        "original_image_shape": meta[:, 1:4].astype(np.int32),
        "image_shape": meta[:, 4:7].astype(np.int32),
        "window": meta[:, 7:11].astype(np.int32),
        "scale": meta[:, 11].astype(np.float32),
        "active_class_ids": meta[:, 12:].astype(np.int32),
    }


def compute_backbone_shapes(config, image_shape) -> np.ndarray:
    """`(levels, 2)`: height and width of the pyramid's maps of an image."""
    if callable(config.BACKBONE) and config.COMPUTE_BACKBONE_SHAPE:
        return config.COMPUTE_BACKBONE_SHAPE(image_shape)
    strides = np.asarray(config.BACKBONE_STRIDES)[:, None]
    return np.ceil(np.asarray(image_shape[:2])[None] / strides).astype(int)
