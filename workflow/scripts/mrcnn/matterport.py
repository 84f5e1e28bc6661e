"""The methods of Matterport's `MaskRCNN`: what its scripts call."""

import datetime
import numbers
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np

from mrcnn import unmolding, utils, weights
from mrcnn.anchors import pyramid_anchors
from mrcnn.backbones import stage_of
from mrcnn.callbacks import NonFiniteLoss
from mrcnn.config import LARGEST_STRIDE
from mrcnn.errors import ModelError
from mrcnn.generator import DataGenerator
from mrcnn.molding import compose_image_meta, log, mold_image, parse_image_meta, unmold_image
from mrcnn.resnet import imagenet_weights

_HEADS = r"(mrcnn_.*)|(rpn_.*)|(fpn_.*)"


class MatterportInterface:
    """Mixed into `MaskRCNN`; expects `config`, `mode` and `model_dir`."""

    @property
    def keras_model(self):
        """The model itself: the original kept a Keras model inside."""
        return self

    def __dir__(self):
        """Without `keras_model`: Keras would follow it in a circle when it loads a file."""
        return [name for name in super().__dir__() if name != "keras_model"]

    # Training

    def compile(self, optimizer="rmsprop", *arguments, **settings):
        """`keras.Model.compile`, or the original's `compile(learning_rate, momentum)`."""
        if "learning_rate" in settings or isinstance(optimizer, numbers.Real):
            rate = settings.pop("learning_rate", optimizer)
            momentum = settings.pop("momentum", arguments[0] if arguments else 0.0)
            optimizer, arguments = self._sgd(rate, momentum), ()
        super().compile(optimizer, *arguments, **settings)
        # A TensorFlow graph that has to make the optimizer's variables itself is built twice.
        self.optimizer.build(self.trainable_variables)

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))

    def _sgd(self, learning_rate, momentum):
        """The original's; its weight decay is a loss of the model, ours is the optimizer's."""
        config = self.config
        decay = None if config.is_matterport else config.WEIGHT_DECAY
        rate = float(learning_rate) if isinstance(learning_rate, numbers.Real) else learning_rate
        optimizer = keras.optimizers.SGD(
            rate, momentum, weight_decay=decay, clipnorm=config.GRADIENT_CLIP_NORM
        )
        if decay:
            optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        return optimizer

    def get_trainable_layers(self) -> list:
        """The layers that have weights."""
        return weights.weighted_layers(self)

    def get_layer(self, name=None, index=None):
        """As in Keras; by name also a layer inside one of the model's parts."""
        inside = {layer.name: layer for layer in self._flatten_layers(include_self=False)}
        return inside[name] if name in inside else super().get_layer(name, index)

    def set_trainable(self, layer_regex, keras_model=None, indent=0, verbose=1):
        """Train the layers whose whole name matches `layer_regex`, and no others.

        Compile afterwards: Keras decides there what is trained.
        """
        for layer in weights.weighted_layers(keras_model or self):
            layer.trainable = bool(re.fullmatch(layer_regex, layer.name))
            if verbose and layer.trainable:
                log(f"trains {layer.name} ({type(layer).__name__})")

    def train(
        self,
        train_dataset=True,
        val_dataset=None,
        learning_rate=None,
        epochs=None,
        layers="all",
        augmentation=None,
        custom_callbacks=None,
        no_augmentation_sources=None,
    ):
        """Train on prepared data sets, and keep a checkpoint per epoch in `log_dir`.

        Args:
            train_dataset, val_dataset: `mrcnn.utils.Dataset`.
            learning_rate: of SGD with `LEARNING_MOMENTUM` and `GRADIENT_CLIP_NORM`.
            epochs: in all, those of earlier calls and of a loaded checkpoint included.
            layers: "heads", "3+", "4+", "5+" (the stages of the backbone from there on, and
                the heads), "all", or a regular expression of whole layer names.
            augmentation: see `mrcnn.augmentation.augment`.
            custom_callbacks: further Keras callbacks.
            no_augmentation_sources: sources of the data set whose images stay as they are.

        Raises:
            ModelError: when the model is no training model, when no layer fits `layers`, or when
                classes and data do not fit.
        """
        if isinstance(train_dataset, bool):  # torch's own `train`, which Keras calls
            return super().train(train_dataset)
        if self.mode != "training":
            raise ModelError("`train` needs a model built with mode='training'.")
        config = self.config
        for dataset in (train_dataset, val_dataset):
            _refuse_what_does_not_fit(dataset, config)
        generator = DataGenerator(
            train_dataset,
            config,
            config.STEPS_PER_EPOCH,
            augmentation=augmentation,
            no_augmentation_sources=no_augmentation_sources,
        )
        generator.epoch = self.epoch
        validation = DataGenerator(val_dataset, config, config.VALIDATION_STEPS, shuffle=False)

        if self.log_dir is None:
            self.set_log_dir()
        self.set_trainable(self._layer_regex(layers), verbose=0)
        if not self.trainable_variables:
            raise ModelError(
                f'No layer is called {layers!r}. `layers` takes "heads", "3+", "4+", "5+", "all", '
                "or a regular expression of whole names."
            )
        self.compile(learning_rate, config.LEARNING_MOMENTUM)
        if self._resumed:
            weights.restore_optimizer(self, self._resumed)
        log(f"from epoch {self.epoch + 1} to {epochs}, checkpoints: {self.checkpoint_path}")
        self.fit(
            generator,
            initial_epoch=self.epoch,
            epochs=epochs,
            validation_data=validation,
            shuffle=False,
            callbacks=[NonFiniteLoss(generator), *self._callbacks(), *(custom_callbacks or [])],
        )
        self.epoch, self._resumed = max(self.epoch, epochs), None

    def _layer_regex(self, layers):
        if layers == "all":
            return ".*"
        if layers == "heads":
            return _HEADS
        if re.fullmatch(r"[345]\+", layers):
            first, stages = int(layers[0]), stage_of(self.backbone)
            chosen = [re.escape(name) for name, stage in stages.items() if stage >= first]
            return "|".join([_HEADS, *chosen])
        return layers

    def _callbacks(self):
        folder = Path(self.log_dir)
        folder.mkdir(parents=True, exist_ok=True)
        callbacks = [
            keras.callbacks.LambdaCallback(
                on_epoch_end=lambda epoch, logs: self.save_weights(
                    self.checkpoint_path.format(epoch=epoch + 1)
                )
            ),
            keras.callbacks.CSVLogger(folder / "history.csv", append=True),
        ]
        if keras.backend.backend() == "tensorflow":
            callbacks.append(keras.callbacks.TensorBoard(folder, write_graph=False))
        return callbacks

    # Files

    def set_log_dir(self, model_path=None):
        """Settle `log_dir`, `checkpoint_path` and `epoch`: new, or those of a checkpoint."""
        self.epoch, now = 0, datetime.datetime.now()
        name = self._name()
        folder = Path(self.model_dir or "logs") / f"{name}{now:%Y%m%dT%H%M}"
        if model_path:
            path = Path(model_path)
            number = re.search(r"_(\d{4})\.h5$", path.name)
            if number and re.fullmatch(rf"{re.escape(name)}\d{{8}}T\d{{4}}", path.parent.name):
                self.epoch, folder = int(number[1]), path.parent
        self.log_dir = str(folder)
        self.checkpoint_path = str(folder / f"mask_rcnn_{name}_{{epoch:04d}}.h5")

    def _name(self):
        return (self.config.NAME or "model").lower()

    def find_last(self) -> str:
        """Path of the last checkpoint of the last training in `model_dir`.

        Raises:
            FileNotFoundError: when there is none.
        """
        folder, name = Path(self.model_dir or "logs"), self._name()
        runs = [path for path in folder.glob("*") if path.is_dir() and path.name.startswith(name)]
        for run in sorted(runs, reverse=True):
            checkpoints = sorted(run.glob("mask_rcnn*.h5"))
            if checkpoints:
                return str(checkpoints[-1])
        raise FileNotFoundError(
            f"No checkpoint mask_rcnn*.h5 in a folder {name}* of {folder}: train first, or give "
            "`load_weights` the path of a file."
        )

    def get_imagenet_weights(self) -> str:
        """Path of ResNet-50's ImageNet weights, fetched once: the original's choice."""
        return imagenet_weights()

    # Detection

    def detect(self, images, verbose=0) -> list[dict]:
        """The objects of images of any sizes.

        Args:
            images: uint8 RGB images `(H, W, C)`.
            verbose: 1 prints the images and the model's inputs, as `log` does.

        Returns:
            For each image a dict: `rois` int32 `(N, 4)`, `[y1, x1, y2, x2]` in pixels of the
            image, half-open; `class_ids` int32 `(N,)`; `scores` float32 `(N,)`, best first;
            `masks` bool `(H, W, N)`.

        Raises:
            ModelError: for what is no such image, and where `IMAGE_RESIZE_MODE` leaves sides that
                are no multiples of 64.
        """
        molded, windows = [], []
        for image in images:
            resized, window, *_ = self._resize(image)
            molded.append(resized)
            windows.append(window)
            if verbose:
                log("image", image)
                log("input", resized)
        found = [None] * len(images)
        for shape in {image.shape for image in molded}:
            chosen = [i for i, image in enumerate(molded) if image.shape == shape]
            objects = self.find(
                [molded[i] for i in chosen],
                [windows[i] for i in chosen],
                min(len(chosen), self.config.BATCH_SIZE),
            )
            for i, each in zip(chosen, objects, strict=True):
                found[i] = each
        with ThreadPoolExecutor() as pool:  # masks in the images' pixels are much to fill
            return list(pool.map(self._unmold, found, images, molded, windows))

    def _unmold(self, found, image, molded, window):
        return unmolding.unmold(found, image.shape[:2], molded.shape[:2], window, self.config)

    def detect_molded(self, molded_images, image_metas, verbose=0) -> list[dict]:
        """Like `detect`, of images that `mold_inputs` made, and in their pixels."""
        images = [unmold_image(image, self.config) for image in molded_images]
        windows = [tuple(window) for window in parse_image_meta(image_metas)["window"]]
        return [
            self._unmold(found, image, image, (0, 0, *image.shape[:2]))
            for found, image in zip(self.find(images, windows), images, strict=True)
        ]

    def mold_inputs(self, images):
        """Images as the original fed them: molded `(B, H, W, C)`, metas, windows."""
        molded, metas, windows = [], [], []
        nothing = np.zeros(self.config.NUM_CLASSES, np.int32)
        for image in images:
            resized, window, scale, *_ = self._resize(image)
            molded.append(mold_image(resized, self.config))
            metas.append(compose_image_meta(0, image.shape, resized.shape, window, scale, nothing))
            windows.append(window)
        return np.stack(molded), np.stack(metas), np.stack(windows)

    def _resize(self, image):
        channels = self.config.IMAGE_CHANNEL_COUNT
        if np.ndim(image) != 3 or image.shape[2] != channels:
            raise ModelError(
                f"Images must come in a list, each of shape (height, width, {channels}); of RGBA "
                f"take image[..., :3]. Received {np.shape(image) if np.ndim(image) else image}."
            )
        resized = utils.resize_image(
            image,
            min_dim=self.config.IMAGE_MIN_DIM,
            min_scale=self.config.IMAGE_MIN_SCALE,
            max_dim=self.config.IMAGE_MAX_DIM,
            mode=self.config.IMAGE_RESIZE_MODE,
        )
        height, width = resized[0].shape[:2]
        if height % LARGEST_STRIDE or width % LARGEST_STRIDE:
            raise ModelError(
                f"An input of {height} x {width} px: both must be multiples of {LARGEST_STRIDE}. "
                'Set `IMAGE_RESIZE_MODE` to "pad64", or to "square".'
            )
        return resized

    def get_anchors(self, image_shape) -> np.ndarray:
        """Anchors of an input, float32 `(A, 4)`, normalised."""
        inclusive = [0, 0, 1, 1] if self.config.is_matterport else [0, 0, 0, 0]
        self.anchors = pyramid_anchors(image_shape, self.config) + inclusive
        return utils.norm_boxes(self.anchors, image_shape)


def _refuse_what_does_not_fit(dataset, config):
    if not getattr(dataset, "num_images", 0):
        raise ModelError("The data set has no images: add some, and call its `prepare()`.")
    if dataset.num_classes != config.NUM_CLASSES:
        raise ModelError(
            f"The data set has {dataset.num_classes} classes, background included "
            f"({', '.join(map(str, dataset.class_names))}), the model NUM_CLASSES = "
            f"{config.NUM_CLASSES}: set it to {dataset.num_classes}."
        )
