"""Image and masks move together, by either library; colours leave the masks alone."""

import numpy as np
import pytest

from mrcnn.augmentation import augment
from mrcnn.errors import ModelError


@pytest.fixture
def pair():
    """An image that is bright where its two objects are, and their masks."""
    masks = np.zeros((64, 48, 2), bool)
    masks[5:20, 4:30, 0] = True
    masks[30:60, 20:40, 1] = True
    image = np.where(masks.any(axis=2), 200, 20).astype(np.uint8)
    return np.repeat(image[:, :, None], 3, axis=2), masks


def assert_together(image, masks):
    """The objects are where the image is bright, up to pixels at their edges."""
    bright = image[:, :, 0] > 110
    assert (bright != masks.any(axis=2)).mean() < 0.02
    assert masks.dtype == bool and masks.shape[2] == 2


def test_albumentations(pair):
    albumentations = pytest.importorskip("albumentations")
    transform = albumentations.Compose(
        [
            albumentations.HorizontalFlip(p=1),
            albumentations.Affine(rotate=(20, 20), p=1),
            albumentations.RandomBrightnessContrast(0.05, 0.05, p=1),
        ]
    )
    image, masks = augment(transform, *pair, np.random.default_rng(0))
    assert_together(image, masks)
    assert (masks != pair[1]).any()
    again, _ = augment(transform, *pair, np.random.default_rng(0))
    np.testing.assert_array_equal(again, image)


def test_imgaug(pair):
    try:
        import imgaug
        from imgaug import augmenters
    except Exception:  # 0.4 fails with an AttributeError under NumPy 2
        pytest.skip("imgaug does not import here")
    transform = augmenters.Sequential(
        [
            augmenters.Fliplr(1.0),
            augmenters.Affine(rotate=20),
            augmenters.Multiply((0.9, 1.1)),
            augmenters.GaussianBlur(0.5),
        ]
    )
    image, masks = augment(transform, *pair, np.random.default_rng(0))
    assert_together(image, masks)
    assert (masks != pair[1]).any()
    again, _ = augment(transform, *pair, np.random.default_rng(0))
    np.testing.assert_array_equal(again, image)
    assert imgaug.__version__


def test_without_objects(pair):
    albumentations = pytest.importorskip("albumentations")
    image, masks = pair[0], pair[1][:, :, :0]
    flipped, none = augment(
        albumentations.VerticalFlip(p=1), image, masks, np.random.default_rng(0)
    )
    np.testing.assert_array_equal(flipped, image[::-1])
    assert none.shape == masks.shape


def test_another_library_and_another_size_are_refused(pair):
    with pytest.raises(ModelError, match="expected an albumentations transform"):
        augment("flip", *pair, np.random.default_rng(0))
    albumentations = pytest.importorskip("albumentations")
    with pytest.raises(ModelError, match="leave out what changes the size"):
        augment(albumentations.Resize(32, 32), *pair, np.random.default_rng(0))
