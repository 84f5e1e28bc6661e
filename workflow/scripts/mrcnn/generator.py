"""Training batches from a `mrcnn.utils.Dataset`."""

import logging

import keras
import numpy as np

from mrcnn import utils
from mrcnn.augmentation import augment
from mrcnn.data import collate
from mrcnn.errors import ModelError
from mrcnn.molding import compose_image_meta

_log = logging.getLogger("mrcnn")


def load_image_gt(dataset, config, image_id, augment=False, augmentation=None, use_mini_mask=False):
    """An image of a data set and its objects, resized as `config` says.

    In the place of `augment` the original's last version has `augmentation`: an augmenter is taken
    for that.

    Args:
        dataset: a prepared `mrcnn.utils.Dataset`.
        config: `Config`.
        image_id: index into the data set.
        augment: flip left to right at random, the original's first way to augment.
        augmentation: see `mrcnn.augmentation.augment`.
        use_mini_mask: whether masks are cropped to their boxes and shrunk to `MINI_MASK_SHAPE`.

    Returns:
        image: uint8 `(H, W, C)`, padded.
        image_meta: see `compose_image_meta`.
        class_ids: int32 `(N,)`.
        boxes: int32 `(N, 4)`, `[y1, x1, y2, x2]`, half-open.
        masks: bool `(H, W, N)`, or `(h, w, N)` of mini-masks.

    Raises:
        ModelError: when masks, class ids and image do not fit together.
    """
    rng = np.random.default_rng()
    if not isinstance(augment, bool):
        augment, augmentation = False, augment
    image, meta, class_ids, boxes, masks = _load(dataset, config, image_id, augmentation, rng)
    if augment and rng.integers(2):
        image, masks = np.fliplr(image), np.fliplr(masks)
        boxes = utils.extract_bboxes(masks)
    if use_mini_mask:
        masks = utils.minimize_mask(boxes, masks, config.MINI_MASK_SHAPE)
    return image, meta, class_ids, boxes, masks


def _load(dataset, config, image_id, augmentation, rng):
    image = dataset.load_image(image_id)
    masks, class_ids = dataset.load_mask(image_id)
    _refuse_what_does_not_fit(dataset, image_id, image.shape, np.shape(masks), class_ids)
    original_shape = image.shape
    image, window, scale, padding, crop = utils.resize_image(
        image,
        min_dim=config.IMAGE_MIN_DIM,
        min_scale=config.IMAGE_MIN_SCALE,
        max_dim=config.IMAGE_MAX_DIM,
        mode=config.IMAGE_RESIZE_MODE,
    )
    masks = utils.resize_mask(masks, scale, padding, crop)
    if augmentation is not None:
        image, masks = augment(augmentation, image, masks, rng)
    visible = np.flatnonzero(masks.any(axis=(0, 1)))
    masks, class_ids = masks[:, :, visible], np.asarray(class_ids, np.int32)[visible]

    active = np.zeros(dataset.num_classes, np.int32)
    active[dataset.source_class_ids[dataset.image_info[image_id]["source"]]] = 1
    meta = compose_image_meta(image_id, original_shape, image.shape, window, scale, active)
    return image, meta, class_ids, utils.extract_bboxes(masks), masks


def _refuse_what_does_not_fit(dataset, image_id, shape, mask_shape, class_ids):
    info = dataset.image_info[image_id]
    where = f"Image {image_id} ({info['path'] or info['id']})"
    if len(mask_shape) != 3 or (mask_shape[2] and mask_shape[:2] != shape[:2]):
        raise ModelError(
            f"{where} is {shape[0]} px high and {shape[1]} wide, so `load_mask` must return masks "
            f"of shape ({shape[0]}, {shape[1]}, objects). Received {mask_shape}."
        )
    if len(class_ids) != mask_shape[2]:
        raise ModelError(f"{where} has {mask_shape[2]} masks, but {len(class_ids)} class ids.")
    wrong = [each for each in np.asarray(class_ids).tolist() if not 0 < each < dataset.num_classes]
    if wrong:
        raise ModelError(
            f"{where} has an object of class {wrong[0]}, but `add_class` made classes 1 to "
            f"{dataset.num_classes - 1}."
        )


class DataGenerator(keras.utils.PyDataset):
    """Batches for `fit` from a data set.

    An epoch is `steps` batches of a stream that shows every image once before it shows one
    again; what a batch holds depends on `seed`, the epoch and its place alone, so a resumed
    training goes on as an uninterrupted one would have. Images without objects take part.

    Args:
        dataset: a prepared `mrcnn.utils.Dataset`.
        config: `Config`.
        steps: batches per epoch.
        shuffle: False keeps the data set's order and starts each epoch at its first image.
        augmentation: see `mrcnn.augmentation.augment`.
        no_augmentation_sources: names of sources whose images stay as they are.
        seed: of order and augmentation.
    """

    def __init__(
        self,
        dataset,
        config,
        steps,
        shuffle=True,
        augmentation=None,
        no_augmentation_sources=(),
        seed=0,
    ):
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=8)
        self.dataset, self.config, self.steps, self.shuffle = dataset, config, steps, shuffle
        self.augmentation, self.seed = augmentation, seed
        self.no_augmentation_sources = no_augmentation_sources or ()
        self.epoch, self.shape = 0, None

    def __len__(self):
        return self.steps

    def on_epoch_end(self):
        self.epoch += 1

    def __getitem__(self, index):
        samples = [self._sample(*place) for place in self._places(index)]
        self.shape = self.shape or samples[0]["image"].shape
        for name, sample in zip(self.names(index), samples, strict=True):
            if sample["image"].shape != self.shape:
                raise ModelError(
                    f"Training needs images of one size, but after resizing {name} has "
                    f"{sample['image'].shape}, another one {self.shape}: set `IMAGE_RESIZE_MODE` "
                    'to "square" or "crop".'
                )
        batch = collate(samples, self.config.MAX_GT_INSTANCES, _mask_shape(self.config))
        batch["active_class_ids"] = np.stack([sample["active_class_ids"] for sample in samples])
        return batch

    def names(self, index) -> list[str]:
        """What the images of batch `index` of the present epoch are called, for messages."""
        info = self.dataset.image_info
        return [str(info[i]["path"] or info[i]["id"]) for _, i in self._places(index)]

    def _places(self, index):
        """Place in the stream, and image id, of each sample of a batch."""
        start = (self.epoch if self.shuffle else 0) * self.steps + index
        count, size = self.dataset.num_images, self.config.BATCH_SIZE
        for place in range(start * size, (start + 1) * size):
            turn, rank = divmod(place, count)
            yield place, int(self._order(turn)[rank])

    def _order(self, turn):
        ids = self.dataset.image_ids
        return np.random.default_rng((self.seed, turn)).permutation(ids) if self.shuffle else ids

    def _sample(self, place, image_id):
        rng = np.random.default_rng((self.seed, place, image_id))
        spared = self.dataset.image_info[image_id]["source"] in self.no_augmentation_sources
        augmentation = None if spared else self.augmentation
        image, meta, class_ids, boxes, masks = _load(
            self.dataset, self.config, image_id, augmentation, rng
        )
        chosen = np.arange(len(class_ids))
        if len(chosen) > self.config.MAX_GT_INSTANCES:
            _log.warning(
                "Image %s has %d objects, MAX_GT_INSTANCES is %d: a random part is shown.",
                image_id,
                len(chosen),
                self.config.MAX_GT_INSTANCES,
            )
            chosen = np.sort(rng.permutation(chosen)[: self.config.MAX_GT_INSTANCES])
        return {
            "image": image,
            "boxes": boxes[chosen],
            "classes": class_ids[chosen],
            "masks": [masks[y1:y2, x1:x2, i] for i in chosen for y1, x1, y2, x2 in boxes[[i]]],
            "active_class_ids": meta[12:].astype(np.int32),
        }


def _mask_shape(config):
    """Without mini-masks, several pixels for each cell of the mask head's targets."""
    if config.USE_MINI_MASK:
        return tuple(config.MINI_MASK_SHAPE)
    return tuple(4 * side for side in config.MASK_SHAPE)
