import numpy as np
import pytest

from coco import augmentation, instances, masks, windows
from coco.augmentation import PRESETS

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SHA = "ab" * 32


def recipe(**changes):
    return {"preset": "none", "copies": None, "augmentation": {}, **changes}


def picture(rng, shape=(80, 120)):
    """A bright blob on dark ground, and its mask."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    centre, radii = rng.uniform(30, 50, 2), rng.uniform(12, 25, 2)
    mask = ((rows - centre[0]) / radii[0]) ** 2 + ((columns - centre[1]) / radii[1]) ** 2 < 1
    image = np.where(mask[..., None], np.uint8(255), np.uint8(0)).repeat(3, axis=2)
    return image, mask


def test_presets_name_the_same_values():
    assert len({tuple(preset) for preset in PRESETS.values()}) == 1


def test_recipe_replaces_single_values_of_its_preset():
    values = augmentation.values_of(recipe(preset="small", augmentation={"rotate": 10}))
    assert values == PRESETS["small"] | {"rotate": 10}
    assert augmentation.values_of(recipe(preset="small", copies=2))["copies"] == 2
    assert augmentation.values_of(recipe(preset="small", copies=0))["copies"] == 0
    assert PRESETS["small"]["rotate"] == 180


def test_draws_depend_on_seed_image_window_and_copy():
    def draw(*origin):
        rng = augmentation.generator(*origin)
        return augmentation.draw(rng, PRESETS["small"])

    origins = [(0, SHA, 0, 1), (1, SHA, 0, 1), (0, SHA[::-1], 0, 1), (0, SHA, 1, 1), (0, SHA, 0, 2)]
    drawn = {draw(*origin).brightness for origin in origins}
    assert len(drawn) == len(origins)
    assert drawn == {draw(*origin).brightness for origin in reversed(origins)}


def test_draws_stay_within_their_limits_and_reach_them():
    values = PRESETS["small"]
    drawn = [
        augmentation.draw(augmentation.generator(0, SHA, 0, copy), values) for copy in range(400)
    ]
    scales = [abs(np.linalg.det(change.linear)) ** 0.5 for change in drawn]
    np.testing.assert_allclose(scales, [change.zoom for change in drawn])
    assert 0.8 <= min(scales) < 0.82 and 1.22 < max(scales) <= 1.25
    mirrored = np.mean([np.linalg.det(change.linear) < 0 for change in drawn])
    assert 0.4 < mirrored < 0.6
    for name, centre in (("brightness", 1), ("contrast", 1), ("hue", 0)):
        away = [abs(getattr(change, name) - centre) for change in drawn]
        assert 0.95 * values[name] < max(away) <= values[name]
    for name in ("noise", "blur"):
        most = max(getattr(change, name) for change in drawn)
        assert 0.95 * values[name] < most <= values[name]


def test_preset_none_changes_nothing():
    rng = np.random.default_rng(0)
    change = augmentation.draw(rng, PRESETS["none"])
    np.testing.assert_array_equal(change.linear, np.eye(2))
    image = rng.integers(0, 256, (30, 40, 3), np.uint8)
    np.testing.assert_array_equal(augmentation.recolour(image, change, rng), image)


def test_mask_moves_with_the_image():
    size = 96
    for copy in range(60):
        rng = augmentation.generator(0, SHA, 0, copy)
        image, mask = picture(np.random.default_rng(copy))
        change = augmentation.draw(rng, PRESETS["small"])
        centre = np.array([60, 40]) + change.shift * size
        matrix = windows.place(image.shape, centre, size, change.linear)
        shown = windows.warp(image, matrix, size, size)[..., 0] >= 128
        annotation = {"segmentation": masks.encode(mask), "category_id": 1, "iscrowd": 0}
        seen = instances.see(instances.instances_of([annotation]), matrix, size)
        expected = np.zeros((size, size), bool)
        for visible in seen:
            y1, x1, y2, x2 = visible.box
            expected[y1:y2, x1:x2] = visible.mask
        if seen:
            assert (shown & expected).sum() / (shown | expected).sum() > 0.97
        else:
            assert shown.sum() < 0.1 * mask.sum() * change.zoom**2 + 4


def change_of(**values):
    still = augmentation.draw(np.random.default_rng(0), PRESETS["none"])
    return still._replace(**values)


def test_brightness_and_contrast_are_relative_to_the_mean():
    rng = np.random.default_rng(0)
    dark = rng.integers(0, 40, (50, 50, 3), np.uint8)
    brighter = augmentation.recolour(dark, change_of(brightness=1.2), rng)
    assert brighter.mean() == pytest.approx(1.2 * dark.mean(), abs=0.5)
    flatter = augmentation.recolour(dark, change_of(contrast=0.5), rng)
    assert flatter.mean() == pytest.approx(dark.mean(), abs=0.5)
    assert flatter.std() == pytest.approx(0.5 * dark.std(), abs=0.5)


def test_hue_turns_colours_and_leaves_greys():
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 256, (20, 20, 1), np.uint8).repeat(3, axis=2)
    np.testing.assert_array_equal(augmentation.recolour(grey, change_of(hue=30), rng), grey)
    red = np.zeros((2, 2, 3), np.uint8) + np.uint8([200, 0, 0])
    green = augmentation.recolour(red, change_of(hue=60), rng)
    np.testing.assert_array_equal(green, red[..., [2, 0, 1]])


def test_noise_and_blur_have_the_strength_that_was_drawn():
    grey = np.full((200, 200, 3), 128, np.uint8)
    noisy = augmentation.recolour(grey, change_of(noise=0.02), np.random.default_rng(0))
    assert noisy.std() == pytest.approx(0.02 * 255, rel=0.05)
    edge = np.zeros((50, 50, 3), np.uint8)
    edge[:, 25:] = 255
    blurred = augmentation.recolour(edge, change_of(blur=2.0), np.random.default_rng(0))
    assert 40 < blurred[25, 23, 0] < 100  # a normal distribution's tail at 1.5 px


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_channels_that_are_no_colours_change_one_by_one(channels):
    """Each about its own mean, without a hue."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 60, (40, 50, channels), np.uint8) + 30 * np.arange(
        channels, dtype=np.uint8
    )
    change = change_of(brightness=1.2, contrast=0.8, hue=20.0, blur=0.8)
    found = augmentation.recolour(image, change, rng)
    assert found.shape == image.shape
    for channel in range(channels):
        alone = augmentation.recolour(image[..., channel : channel + 1], change, rng)
        np.testing.assert_array_equal(found[..., channel : channel + 1], alone)
    means = image.mean(axis=(0, 1))
    np.testing.assert_allclose(found.mean(axis=(0, 1)), 1.2 * means, atol=1)
    noisy = augmentation.recolour(image, change._replace(noise=0.05), rng)
    assert noisy.shape == image.shape
