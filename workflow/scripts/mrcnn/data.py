"""Batches of images with their objects, padded to fixed shapes, for `fit`."""

import math

import cv2
import keras
import numpy as np

from mrcnn.errors import ModelError


class Batches(keras.utils.PyDataset):
    """Feeds `fit` with dicts of arrays.

    The order of each epoch depends on `seed` and the epoch alone, so a resumed training sees
    what an uninterrupted one would have seen. Pass `shuffle=False` to `fit`.

    Args:
        samples: a sequence of dicts: `image` uint8 `(H, W, C)`, `boxes` `(N, 4)` in pixels,
            `classes` `(N,)` from 1, `masks` N bool arrays, each as large as its box, and
            optionally `crowd` bool `(N,)` and, for messages, `file_name`.
        batch_size: images per batch; the last, smaller batch of an epoch is left out.
        max_objects: M, slots per image.
        mask_shape: `(h, w)` that each mask is stretched to.
        seed: of the order. None keeps the order of `samples`.

    Raises:
        ModelError: when an image has more than `max_objects` objects, or there are fewer
            samples than one batch takes.
    """

    def __init__(self, samples, batch_size, max_objects, mask_shape=(56, 56), seed=0):
        # With one thread TensorFlow tunes the reading, and `fit` may wait a minute for it to end.
        super().__init__(workers=2, use_multiprocessing=False, max_queue_size=8)
        if len(samples) < batch_size:
            raise ModelError(
                f"{len(samples)} training images are fewer than one batch of {batch_size}: "
                "lower the batch size, or add augmented copies."
            )
        self.samples, self.batch_size = samples, batch_size
        self.max_objects, self.mask_shape = max_objects, mask_shape
        self.seed = seed
        self.start(epoch=0)

    def __len__(self):
        return len(self.samples) // self.batch_size

    def __getitem__(self, index):
        return collate(self._samples(index), self.max_objects, self.mask_shape)

    def names(self, index) -> list[str]:
        """What the images of batch `index` of the present epoch are called, for messages."""
        return [str(sample.get("file_name", "?")) for sample in self._samples(index)]

    def _samples(self, index):
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return [self.samples[int(i)] for i in chosen]

    def on_epoch_end(self):
        self.start(self.epoch + 1)

    def start(self, epoch):
        """Take the order of this epoch, counted from 0: for a training that is resumed."""
        self.epoch, self.order = epoch, np.arange(len(self.samples))
        if self.seed is not None:
            np.random.default_rng((self.seed, epoch)).shuffle(self.order)


def collate(samples, max_objects, mask_shape) -> dict:
    """One batch, `images`, `boxes`, `class_ids`, `masks`, as `MaskRCNN` takes it."""
    images = np.stack([sample["image"] for sample in samples])
    boxes = np.zeros((len(samples), max_objects, 4), np.float32)
    class_ids = np.zeros((len(samples), max_objects), np.int32)
    masks = np.zeros((len(samples), max_objects, *mask_shape), np.uint8)
    for i, sample in enumerate(samples):
        count = len(sample["boxes"])
        if count > max_objects:
            raise ModelError(
                f"An image has {count} objects, the model takes {max_objects}: "
                f"raise `max_objects` to {64 * math.ceil(count / 64)}."
            )
        boxes[i, :count] = sample["boxes"]
        class_ids[i, :count] = sample["classes"]
        if "crowd" in sample:
            class_ids[i, :count] *= np.where(sample["crowd"], -1, 1)
        for j, mask in enumerate(sample["masks"]):
            masks[i, j] = stretch(mask, mask_shape)
    return {"images": images, "boxes": boxes, "class_ids": class_ids, "masks": masks}


def stretch(mask, shape) -> np.ndarray:
    """A bool mask, resized to `shape` as coverage 0 to 255, so that edges keep their place."""
    height, width = shape
    shrinks = mask.shape[0] > height or mask.shape[1] > width
    return cv2.resize(
        np.where(mask, np.uint8(255), np.uint8(0)),
        (width, height),
        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
    )
