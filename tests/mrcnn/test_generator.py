"""Batches of a data set in the original's interface: without its known defects."""

import numpy as np
import pytest

from mrcnn.config import Config
from mrcnn.errors import ModelError
from mrcnn.generator import DataGenerator, load_image_gt
from mrcnn.utils import Dataset

SIDE, COUNT = 64, 5


class Squares(Dataset):
    """Image `i` has the grey level `i` and one square; the first one has none. Two sources."""

    def load_image(self, image_id):
        return np.full((SIDE, SIDE, 3), image_id, np.uint8)

    def load_mask(self, image_id):
        mask = np.zeros((SIDE, SIDE, min(image_id, 1)), bool)
        mask[8:24, 10:40] = True
        return mask, np.full(mask.shape[2], 1 + image_id % 2, np.int32)


@pytest.fixture
def dataset():
    dataset = Squares()
    dataset.add_class("even", 1, "disc")
    dataset.add_class("odd", 1, "ring")
    for i in range(COUNT):
        dataset.add_image(("even", "odd")[i % 2], i, path=f"photo{i}.png")
    dataset.prepare()
    return dataset


def config(**settings):
    return Config(
        NUM_CLASSES=3, IMAGES_PER_GPU=2, IMAGE_MIN_DIM=SIDE, IMAGE_MAX_DIM=SIDE, **settings
    )


def shown(generator):
    """The images of an epoch, in order."""
    return [int(i) for b in range(len(generator)) for i in generator[b]["images"][:, 0, 0, 0]]


def test_every_image_comes_once_before_one_comes_again(dataset):
    generator = DataGenerator(dataset, config(), steps=COUNT)
    stream = shown(generator)
    for start in range(0, 2 * COUNT, COUNT):
        assert sorted(stream[start : start + COUNT]) == list(range(COUNT))
    generator.on_epoch_end()
    assert shown(generator) != stream


def test_a_batch_depends_on_its_place_alone(dataset):
    one, two = (DataGenerator(dataset, config(), steps=3) for _ in range(2))
    one.on_epoch_end()
    two.epoch = 1
    assert shown(one) == shown(two)
    np.testing.assert_array_equal(one[2]["images"], two[2]["images"])
    assert one.names(1) == [f"photo{i}.png" for i in one[1]["images"][:, 0, 0, 0]]


def test_without_shuffling_the_order_is_that_of_the_data_set(dataset):
    generator = DataGenerator(dataset, config(), steps=2, shuffle=False)
    for _ in range(2):
        assert shown(generator) == [0, 1, 2, 3]
        generator.on_epoch_end()


def test_each_image_has_the_classes_of_its_own_source(dataset):
    batch = DataGenerator(dataset, config(), steps=2, shuffle=False)[1]
    np.testing.assert_array_equal(batch["active_class_ids"], [[1, 1, 0], [1, 0, 1]])
    assert batch["class_ids"][:, 0].tolist() == [1, 2]
    np.testing.assert_array_equal(batch["boxes"][:, 0], [[8, 10, 24, 40]] * 2)


def test_an_image_without_objects_takes_part(dataset):
    batch = DataGenerator(dataset, config(), steps=1, shuffle=False)[0]
    assert not batch["class_ids"][0].any() and batch["class_ids"][1].any()


@pytest.mark.parametrize("mini", [True, False])
def test_load_image_gt(dataset, mini):
    settings = config(MINI_MASK_SHAPE=(28, 28))
    image, meta, class_ids, boxes, masks = load_image_gt(dataset, settings, 3, use_mini_mask=mini)
    assert image.shape == (SIDE, SIDE, 3) and len(meta) == settings.IMAGE_META_SIZE
    assert class_ids.tolist() == [2] and boxes.tolist() == [[8, 10, 24, 40]]
    assert masks.shape == ((28, 28, 1) if mini else (SIDE, SIDE, 1))


def test_load_image_gt_has_the_order_of_each_version(dataset):
    assert load_image_gt(dataset, config(), 3)[-1].shape == (SIDE, SIDE, 1)
    assert load_image_gt(dataset, config(), 3, False, None, True)[-1].shape == (56, 56, 1)
    flip = pytest.importorskip("albumentations").HorizontalFlip(p=1)
    for arguments in ((flip,), (False, flip)):
        assert load_image_gt(dataset, config(), 3, *arguments)[3].tolist() == [[8, 24, 24, 54]]


@pytest.mark.parametrize(
    "masks, class_ids, message",
    [
        ((SIDE, SIDE // 2, 1), [1], r"must return masks of shape \(64, 64, objects\)"),
        ((SIDE, SIDE), [1], r"Received \(64, 64\)"),
        ((SIDE, SIDE, 2), [1], "has 2 masks, but 1 class ids"),
        ((SIDE, SIDE, 1), [3], "object of class 3, but `add_class` made classes 1 to 2"),
    ],
)
def test_what_does_not_fit_is_refused(dataset, masks, class_ids, message):
    dataset.load_mask = lambda image_id: (np.ones(masks, bool), np.array(class_ids))
    with pytest.raises(ModelError, match=f"Image 3 .*photo3.*{message}"):
        load_image_gt(dataset, config(), 3)


def test_images_of_several_sizes_are_refused(dataset):
    shapes = [(SIDE, SIDE, 3), (2 * SIDE, SIDE, 3)]
    dataset.load_image = lambda image_id: np.zeros(shapes[image_id % 2], np.uint8)
    dataset.load_mask = lambda image_id: (np.ones((*shapes[image_id % 2][:2], 1), bool), [1])
    settings = config(IMAGE_RESIZE_MODE="none")
    with pytest.raises(ModelError, match=r"images of one size.*photo1\.png"):
        DataGenerator(dataset, settings, steps=1, shuffle=False)[0]
