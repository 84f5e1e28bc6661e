"""`mrcnn` as the workflow runs it, on the backend that `KERAS_BACKEND` names."""

import math

import numpy as np

import backend
from backend import keras
from mrcnn import data
from mrcnn.config import Config
from mrcnn.model import MaskRCNN

STRIDES = (4, 8, 16, 32)


class Ours:
    """Trains by `fit`, detects by `detect`."""

    recomputed_stages = 0

    def __init__(self, work, samples):
        backend.start(work.threads)
        if work.precision == "bfloat16":
            keras.config.set_dtype_policy("mixed_bfloat16")
        self.work = work
        config = Config(
            ARCHITECTURE="aligned",
            BACKBONE="resnet50",
            NUM_CLASSES=work.classes,
            IMAGES_PER_GPU=work.images,
            IMAGE_MIN_DIM=work.size,
            IMAGE_MAX_DIM=work.size,
            TOP_DOWN_PYRAMID_SIZE=work.channels,
            RPN_CHANNELS=work.channels,
            MASK_CHANNELS=work.channels,
            FPN_CLASSIF_FC_LAYERS_SIZE=work.box_head_channels,
            POST_NMS_ROIS_TRAINING=work.proposals_train,
            POST_NMS_ROIS_INFERENCE=work.proposals_detect,
            TRAIN_ROIS_PER_IMAGE=work.rois,
            ROI_POSITIVE_RATIO=work.positive_fraction,
            ROI_SAMPLING_RATIO=2,
            DETECTION_MAX_INSTANCES=work.detections,
            DETECTION_MIN_CONFIDENCE=0.0,
            DETECTION_NMS_THRESHOLD=work.nms_threshold,
            RECOMPUTED_STAGES=self.recomputed_stages,
        )
        self.model = MaskRCNN("training" if work.task == "train" else "inference", config)
        keep_boxes(self.model)
        if work.task == "detect":
            find_something(self.model)
        self.images = [sample["image"] for sample in samples]
        if work.task == "train":
            cropped = [crop(sample) for sample in samples]
            self.batch = data.collate(cropped, config.MAX_GT_INSTANCES, config.MINI_MASK_SHAPE)
            self.batches = Repeated(self.batch, work.steps)
            optimizer = keras.optimizers.SGD(
                work.learning_rate, momentum=work.momentum, global_clipnorm=work.clip_norm
            )
            self.model.compile(optimizer=optimizer)

    def train(self) -> float:
        """The steps; returns the loss."""
        return self.model.fit(self.batches, verbose=0).history["loss"][0]

    def detect(self) -> np.ndarray:
        """The masks of the last image, bool `(H, W, N)`."""
        for _ in range(self.work.steps):
            found = self.model.detect(self.images)
        return found[-1]["masks"]

    def account(self) -> dict:
        """`operations` of one step, a `note` of what it computed, and the GPU's `peak` memory."""
        peak = gpu_peak()
        memory = {"peak": peak} if peak else {}
        if self.work.task == "detect":
            images, proposals = self.work.images, self.work.proposals_detect
            note = f"{proposals} proposals, {self.detect().shape[-1]} detections"
            rois, mask_rois = images * proposals, images * self.work.detections
            return {"operations": self.forward(images, rois, mask_rois), "note": note} | memory
        answers = self.model.predict_on_batch(self.batch)
        images, slots = answers["mask_logits"].shape[:2]
        rois, mask_rois = images * answers["logits"].shape[1], images * slots
        filled = (answers["class_ids"][:, :slots] > 0).sum()
        return {
            "operations": 3 * self.forward(images, rois, mask_rois),
            "note": f"{rois} ROIs, {mask_rois} mask ROIs ({filled} of them positive)",
        } | memory

    def forward(self, images, rois, mask_rois) -> int:
        """Operations of the network's parts on `images` images, without gradients."""
        model, config, size = self.model, self.model.config, self.work.size
        maps = [
            (images, size // stride, size // stride, output.shape[-1])
            for stride, output in zip(STRIDES, model.backbone.outputs, strict=True)
        ]
        channels, pool, mask_pool = self.work.channels, config.POOL_SIZE, config.MASK_POOL_SIZE
        return (
            operations(model.backbone, (images, size, size, 3))
            + operations(model.fpn, *maps)
            + sum(
                operations(model.rpn, (images, size // stride, size // stride, channels))
                for stride in config.BACKBONE_STRIDES
            )
            + operations(model.box_head, (rois, pool, pool, channels))
            + operations(model.mask_head, (mask_rois, mask_pool, mask_pool, channels))
        )


class Recomputing(Ours):
    """Keeps less of the forward pass."""

    recomputed_stages = 3


class Repeated(keras.utils.PyDataset):
    """An epoch of the same batch again and again."""

    def __init__(self, batch, steps):
        super().__init__(workers=2)  # as `data.Batches` has it
        self.batch, self.steps = batch, steps

    def __len__(self):
        return self.steps

    def __getitem__(self, _):
        return self.batch


def gpu_peak() -> int:
    """Largest memory of the GPU in use so far, in bytes; 0 without a GPU. JAX alone tells."""
    if keras.backend.backend() != "jax":
        return 0
    import jax

    return (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use", 0)


def crop(sample) -> dict:
    """The sample with each mask as large as its box, as `mrcnn.data` takes it."""
    boxes = sample["boxes"].astype(int)
    cropped = [
        mask[top:bottom, left:right]
        for mask, (top, left, bottom, right) in zip(sample["masks"], boxes, strict=True)
    ]
    return sample | {"masks": cropped}


def keep_boxes(model):
    """Start with boxes as the anchors are: random deltas leave splinters of no natural size."""
    for part, layer in ((model.rpn, "rpn_bbox_pred"), (model.box_head, "mrcnn_bbox_fc")):
        kernel = part.get_layer(layer).kernel
        kernel.assign(np.zeros(kernel.shape))


def find_something(model):
    """Let background never win: random weights would find much less than the peer, or nothing."""
    bias = model.box_head.get_layer("mrcnn_class_logits").bias
    bias.assign([-100.0] + [0.0] * (bias.shape[0] - 1))


def operations(model, *shapes) -> int:
    """Multiplications and additions in the convolutions and dense layers of a functional model."""
    total = 0

    def call(layer, *inputs, **settings):
        nonlocal total
        outputs = layer(*inputs, **settings)
        # A convolution gathers one window per output position, a transposed one spreads its input.
        positions = inputs[0] if isinstance(layer, keras.layers.Conv2DTranspose) else outputs
        for kernel in (weight for weight in layer.weights if weight.name == "kernel"):
            total += 2 * math.prod(kernel.shape) * math.prod(positions.shape[:-1])
        return outputs

    inputs = [keras.Input(batch_shape=shape) for shape in shapes]
    keras.models.clone_model(
        model,
        inputs if len(inputs) > 1 else inputs[0],
        clone_function=lambda layer: layer,
        call_function=call,
    )
    return total
