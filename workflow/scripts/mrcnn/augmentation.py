"""Augmentation by the libraries that scripts bring along."""

import numpy as np

from mrcnn.errors import ModelError

# imgaug's augmenters that move masks as they move images; all others leave masks alone.
_MOVES_MASKS = (
    *("Sequential", "SomeOf", "OneOf", "Sometimes"),
    *("Fliplr", "Flipud", "CropAndPad", "Affine", "PiecewiseAffine"),
)


def augment(augmentation, image, masks, rng):
    """An image and its masks, changed together.

    Args:
        augmentation: an albumentations transform, or an imgaug augmenter.
        image: uint8 `(H, W, C)`.
        masks: bool `(H, W, N)`.
        rng: `numpy.random.Generator`; seeds the augmentation.

    Returns:
        Image and masks of the same shapes.

    Raises:
        ModelError: when `augmentation` is of neither library, or changes the image's size.
    """
    library = _library(augmentation)
    if library == "albumentations":
        changed, changed_masks = _albumentations(augmentation, image, masks, rng)
    elif library == "imgaug":
        changed, changed_masks = _imgaug(augmentation, image, masks, rng)
    else:
        raise ModelError(
            f"`augmentation` is {type(augmentation).__name__}: expected an albumentations "
            "transform, such as albumentations.Compose([albumentations.HorizontalFlip()]), or an "
            "imgaug augmenter."
        )
    if changed.shape != image.shape:
        raise ModelError(
            f"`augmentation` turned an image of shape {image.shape} into {changed.shape}: leave "
            "out what changes the size, or crop and resize back to it."
        )
    return changed, changed_masks


def _library(augmentation):
    families = {kind.__module__.partition(".")[0] for kind in type(augmentation).__mro__}
    return next((name for name in ("albumentations", "imgaug") if name in families), None)


def _albumentations(augmentation, image, masks, rng):
    if hasattr(augmentation, "set_random_seed"):
        augmentation.set_random_seed(int(rng.integers(2**31)))
    layers = [np.ascontiguousarray(masks[:, :, i], np.uint8) for i in range(masks.shape[2])]
    if not layers:
        return augmentation(image=image)["image"], masks
    changed = augmentation(image=image, masks=layers)
    return changed["image"], np.stack(changed["masks"], axis=2).astype(bool)


def _imgaug(augmentation, image, masks, rng):
    import imgaug

    def moves_masks(_images, augmenter, _parents, default):
        return default if type(augmenter).__name__ in _MOVES_MASKS else False

    imgaug.seed(int(rng.integers(2**31)))
    fixed = augmentation.to_deterministic()
    hooks = imgaug.HooksImages(activator=moves_masks)
    changed = fixed.augment_image(image)
    return changed, fixed.augment_image(masks.astype(np.uint8), hooks=hooks).astype(bool)
