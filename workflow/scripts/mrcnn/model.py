"""Mask R-CNN as a Keras model."""

from pathlib import Path

import keras
import numpy as np
from keras import ops

from mrcnn import losses, targets, weight_files, weights
from mrcnn.anchors import pyramid_anchors
from mrcnn.backbones import backbone, normalise
from mrcnn.config import Config
from mrcnn.detections import detect
from mrcnn.distribution import replicas
from mrcnn.errors import ModelError
from mrcnn.folding import fold
from mrcnn.fpn import feature_pyramid
from mrcnn.generator import DataGenerator, load_image_gt
from mrcnn.heads import box_head, mask_head
from mrcnn.matterport import MatterportInterface
from mrcnn.molding import (
    compose_image_meta,
    compute_backbone_shapes,
    log,
    mold_image,
    parse_image_meta,
    unmold_image,
)
from mrcnn.recomputing import recomputing
from mrcnn.resnet import IMAGENET_FILE
from mrcnn.roi_align import roi_align
from mrcnn.rpn import propose, region_proposal_network
from mrcnn.training_step import TrainingStep

__all__ = [
    "DataGenerator",
    "MaskRCNN",
    "compose_image_meta",
    "compute_backbone_shapes",
    "load_image_gt",
    "log",
    "mold_image",
    "parse_image_meta",
    "unmold_image",
]

LOSSES = (
    "rpn_class_loss",
    "rpn_bbox_loss",
    "mrcnn_class_loss",
    "mrcnn_bbox_loss",
    "mrcnn_mask_loss",
)


@keras.saving.register_keras_serializable("mrcnn")
class MaskRCNN(MatterportInterface, TrainingStep, keras.Model):
    """Mask R-CNN (He et al., 2017, arXiv:1703.06870) with a feature pyramid.

    Trained by `fit` on batches that are dicts: `images` uint8 or float `(B, H, W, C)`, 0 to 255,
    H and W multiples of 64; `boxes` `(B, M, 4)`, `[y1, x1, y2, x2]` in pixels; `class_ids`
    `(B, M)`, 0 for an empty slot, negative for a crowd; `masks`, bool or 0 to 255, either
    `(B, H, W, M)` like the images or `(B, M, h, w)`, each stretched over its box; and optionally
    `active_class_ids` `(B, NUM_CLASSES)`, 1 for the classes that the image's source labels. The
    losses are the model's own: `compile` needs an optimizer only. Without ground truth in the
    dict, or called with the images alone, the model returns detections.

    Args:
        mode: "training" or "inference", as in the original. Both build the same model.
        config: `Config`.
        model_dir: where `train` keeps its logs, as in the original.
        seed: of the draws of anchors and ROIs.
    """

    def __init__(self, mode="training", config=None, model_dir=None, seed=0, **kwargs):
        super().__init__(**kwargs)
        if mode not in ("training", "inference"):
            raise ModelError(f"`mode` must be 'training' or 'inference'. Received {mode!r}.")
        self.mode, self.config, self.model_dir = mode, config or Config(), model_dir
        self.seed, self.epoch, self.log_dir, self._resumed = seed, 0, None, None
        config = self.config
        images, rois = config.IMAGES_PER_GPU, config.TRAIN_ROIS_PER_IMAGE
        self.backbone = fold(backbone(config), images)
        self._maps = recomputing(self.backbone, config.RECOMPUTED_STAGES)
        self.fpn = feature_pyramid([c.shape[-1] for c in self.backbone.outputs], config)
        self.rpn = region_proposal_network(config)
        self.box_head = fold(box_head(config), images * rois)
        self.mask_head = fold(mask_head(config), images * rois)
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.loss_trackers = {name: keras.metrics.Mean(name=name) for name in LOSSES}
        self._predictors = {}
        self.build()

    def get_config(self):
        settings = self.config.to_dict()
        settings = {name: settings[name] for name in Config.names()}
        build = settings["BACKBONE"]
        if callable(build):
            if keras.saving.get_registered_object(keras.saving.get_registered_name(build)) is None:
                raise ModelError(
                    "A file cannot hold a backbone that is a function, only its registered name: "
                    f"put `@keras.saving.register_keras_serializable()` above {build.__name__}, "
                    "or keep the weights alone, `save_weights`."
                )
            settings["BACKBONE"] = keras.saving.serialize_keras_object(build)
        settings["BACKBONE_WEIGHTS"] = None  # the file has them
        return {
            **{"name": self.name, "mode": self.mode, "model_dir": self.model_dir},
            **{"seed": self.seed, "config": settings},
        }

    @classmethod
    def from_config(cls, config):
        settings = dict(config["config"])
        if isinstance(settings["BACKBONE"], dict):
            settings["BACKBONE"] = keras.saving.deserialize_keras_object(settings["BACKBONE"])
        return cls(**config | {"config": Config(**settings)})

    def build(self, *_):
        """Nothing to do: the parts are built from `config` alone."""
        self.built = True

    def call(self, inputs, training=False):
        inputs = dict(inputs) if isinstance(inputs, dict) else {"images": inputs}
        for name, dtype in (("boxes", "float32"), ("class_ids", "int32")):
            if name in inputs:
                inputs[name] = ops.cast(inputs[name], dtype)
        training_norm = bool(training) and self.config.TRAIN_BN
        shape = inputs["images"].shape[1:3]
        anchors = ops.convert_to_tensor(pyramid_anchors(shape, self.config))
        pyramid = self.features(inputs["images"], training_norm)
        rpn_logits, rpn_deltas = self.region_proposals(pyramid, training_norm)
        count = (
            self.config.POST_NMS_ROIS_TRAINING
            if "boxes" in inputs
            else self.config.POST_NMS_ROIS_INFERENCE
        )
        proposals = propose(
            ops.softmax(rpn_logits)[..., 1],
            rpn_deltas,
            anchors,
            self.window(shape),
            self.config,
            count,
        )
        if "boxes" not in inputs:
            return self.detections(pyramid, proposals, shape, inputs.get("windows"))
        rpn_match, rpn_target = targets.rpn_targets(
            anchors, inputs["boxes"], inputs["class_ids"], self.config, self.seed_generator
        )
        return {
            "rpn_match": rpn_match,
            "rpn_target": rpn_target,
            "rpn_logits": rpn_logits,
            "rpn_deltas": rpn_deltas,
            "active": self.active_classes(inputs),
            **self.head_outputs(pyramid, proposals, inputs, shape, training_norm),
        }

    def load_weights(self, filepath, by_name=False, exclude=None, scope=None, partial=False):
        """Load a weights file, and return the account of every tensor: see `weights.load`.

        The files that `get_imagenet_weights` fetches hold a backbone, and need no `scope`.
        `by_name` is the original's, and changes nothing: layers always go by name.
        """
        if Path(filepath).name == IMAGENET_FILE:
            scope, partial = "backbone", True
        account = weights.load(self, filepath, exclude or (), scope, partial)
        self.set_log_dir(filepath)
        self._resumed = None if exclude or scope else filepath
        return account

    def save_weights(self, filepath, **options):
        """Save `.weights.h5` as Keras does, any other `.h5` in the original's layout."""
        if str(filepath).endswith(".weights.h5"):
            super().save_weights(filepath, **options)
        else:
            weight_files.write(filepath, self)

    def window(self, shape):
        """What boxes are clipped to, `(4,)`: the whole padded input of `shape`."""
        edge = 1 if self.config.is_matterport else 0
        return [0, 0, shape[0] - edge, shape[1] - edge]

    def active_classes(self, inputs):
        """Which classes may be judged in each image, float32 `(B, NUM_CLASSES)`."""
        if "active_class_ids" in inputs:
            return ops.cast(inputs["active_class_ids"], "float32")
        return ops.ones((ops.shape(inputs["boxes"])[0], self.config.NUM_CLASSES))

    def features(self, images, training=False):
        """P2 to P6 of images with values 0 to 255."""
        maps = self._maps(normalise(images, self.config), training)
        return self.fpn(maps, training=training)

    def region_proposals(self, pyramid, training=False):
        """Class logits `(B, A, 2)` and deltas `(B, A, 4)` of all anchors, float32."""
        outputs = [self.rpn(level, training=training) for level in pyramid]
        return [
            ops.cast(ops.concatenate(parts, axis=1), "float32")
            for parts in zip(*outputs, strict=True)
        ]

    def classify(self, pyramid, rois, shape, training=False):
        """Class logits `(B, R, classes)` and deltas `(B, R, classes, 4)` of ROIs, float32."""
        pooled = roi_align(pyramid[:4], rois, shape, self.config.POOL_SIZE, self.config)
        logits, deltas = self.box_head(_merge(pooled), training=training)
        return [_split(ops.cast(x, "float32"), rois.shape[1]) for x in (logits, deltas)]

    def segment(self, pyramid, rois, shape, training=False):
        """Mask logits `(B, R, h, w, classes)` of ROIs, float32."""
        pooled = roi_align(pyramid[:4], rois, shape, self.config.MASK_POOL_SIZE, self.config)
        logits = self.mask_head(_merge(pooled), training=training)
        return _split(ops.cast(logits, "float32"), rois.shape[1])

    def head_outputs(self, pyramid, proposals, truth, shape, training):
        """The heads' targets and answers for the ROIs drawn for training."""
        drawn = targets.roi_targets(
            proposals, truth["boxes"], truth["class_ids"], self.config, self.seed_generator
        )
        drawn = {name: ops.stop_gradient(value) for name, value in drawn.items()}
        logits, deltas = self.classify(pyramid, drawn["rois"], shape, training)
        positives = int(self.config.TRAIN_ROIS_PER_IMAGE * self.config.ROI_POSITIVE_RATIO)
        rois, objects = drawn["rois"][:, :positives], drawn["objects"][:, :positives]
        mask_logits = self.segment(pyramid, rois, shape, training)
        masks, frames = truth["masks"], truth["boxes"]
        if tuple(masks.shape[1:]) == (*shape, frames.shape[1]):
            masks = ops.transpose(masks, (0, 3, 1, 2))
            frames = ops.zeros_like(frames) + ops.convert_to_tensor([0.0, 0.0, *shape])
        mask_target = targets.mask_targets(rois, objects, frames, masks, mask_logits.shape[2:4])
        return {
            "class_ids": drawn["class_ids"],
            "logits": logits,
            "delta_target": drawn["deltas"],
            "deltas": deltas,
            "mask_target": mask_target,
            "mask_logits": mask_logits,
        }

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        p, masked = y_pred, y_pred["class_ids"][:, : y_pred["mask_logits"].shape[1]]
        values = {
            "rpn_class_loss": losses.rpn_class_loss(p["rpn_match"], p["rpn_logits"]),
            "rpn_bbox_loss": losses.rpn_bbox_loss(p["rpn_match"], p["rpn_target"], p["rpn_deltas"]),
            "mrcnn_class_loss": losses.class_loss(p["class_ids"], p["logits"], p["active"]),
            "mrcnn_bbox_loss": losses.bbox_loss(p["class_ids"], p["delta_target"], p["deltas"]),
            "mrcnn_mask_loss": losses.mask_loss(masked, p["mask_target"], p["mask_logits"]),
        }
        for name, value in values.items():
            self.loss_trackers[name].update_state(value)
        total = sum(self.config.LOSS_WEIGHTS.get(name, 1.0) * values[name] for name in LOSSES)
        return (total + self.weight_decay() + sum(self.losses)) / replicas()

    def weight_decay(self):
        """The original's: `WEIGHT_DECAY` times the mean square of each weight and bias."""
        if not self.config.is_matterport or not self.config.WEIGHT_DECAY:
            return 0.0
        return self.config.WEIGHT_DECAY * sum(
            ops.mean(ops.square(ops.cast(variable, "float32")))
            for variable in self.trainable_variables
            if variable.name not in ("gamma", "beta")
        )

    def detections(self, pyramid, proposals, shape, windows=None):
        """Final detections: see `detect`, plus `masks`, float32 `(B, D, h, w)`, 0 to 1."""
        logits, deltas = self.classify(pyramid, proposals, shape)
        window = self.window(shape) if windows is None else windows
        found = detect(proposals, ops.softmax(logits), deltas, window, self.config)
        masks = self.segment(pyramid, found["boxes"], shape)
        own = ops.one_hot(found["class_ids"], masks.shape[-1], dtype=masks.dtype)
        found["masks"] = ops.sigmoid(ops.einsum("bdhwc,bdc->bdhw", masks, own))
        return found

    def find(self, images, windows=None, batch_size=None):
        """Detections of images of one shape, without padding.

        Args:
            images: a sequence of uint8 or float `(H, W, C)`, values 0 to 255.
            windows: for each the part `[y1, x1, y2, x2]` that is image; None: all of it.
            batch_size: images at a time; one graph is compiled per shape and batch size.

        Returns:
            For each image a dict of `boxes` float32 `(N, 4)` in pixels of the input,
            `class_ids` int32 `(N,)`, `scores` float32 `(N,)`, best first, and `masks` float32
            `(N, h, w)`, 0 to 1, each stretched over its box.
        """
        shape, edge = images[0].shape, self.window((0, 0))[2]
        if windows is None:
            windows = [[0, 0, *shape[:2]]] * len(images)
        batch_size = batch_size or len(images)
        found = []
        for start in range(0, len(images), batch_size):
            chosen = slice(start, start + batch_size)
            batch = {
                "images": np.stack(images[chosen]),
                "windows": np.asarray(windows[chosen], "float32") + [0, 0, edge, edge],
            }
            count = len(batch["images"])
            batch = {name: _fill(array, batch_size) for name, array in batch.items()}
            found += self._unpad(self._predict(batch), count)
        return found

    def _predict(self, batch):
        """One graph per shape: Keras would turn to unknown sizes at the second shape."""
        shape = batch["images"].shape
        if shape not in self._predictors:
            self.make_predict_function(force=True)
            self._predictors[shape] = self.predict_function
        self.predict_function = self._predictors[shape]
        return self.predict_on_batch(batch)

    def _unpad(self, found, count):
        edge = -self.window((0, 0))[2]
        found["boxes"] = found["boxes"] + np.array([0, 0, edge, edge], "float32")
        keep = found["class_ids"] > 0
        return [{name: found[name][i][keep[i]] for name in found} for i in range(count)]


def _merge(pooled):
    """`(B, R, ...)` to `(B * R, ...)`."""
    return ops.reshape(pooled, (-1, *pooled.shape[2:]))


def _split(values, rois):
    """`(B * R, ...)` to `(B, R, ...)`."""
    return ops.reshape(values, (-1, rois, *values.shape[1:]))


def _fill(array, size):
    """Repeat the first entry until there are `size`."""
    return np.concatenate([array, np.repeat(array[:1], size - len(array), axis=0)])
