"""What the machine can do at best: 3x3 convolutions of 256 channels, and nothing else."""

import numpy as np

import backend
from backend import keras

IMAGES, SIDE, CHANNELS, LAYERS = 4, 64, 256, 4


class Convolution:
    """A stack of convolutions, forward and backward ("train"), or forward alone ("detect")."""

    def __init__(self, work, samples):
        backend.start(work.threads)
        self.work = work
        features = x = keras.Input((SIDE, SIDE, CHANNELS))
        for _ in range(LAYERS):
            x = keras.layers.Conv2D(CHANNELS, 3, padding="same")(x)
        means = keras.layers.GlobalAveragePooling2D()(x)  # so that little is copied out
        self.model = keras.Model(features, means)
        self.model.compile(optimizer=keras.optimizers.SGD(1e-6), loss="mse")
        rng = np.random.default_rng(0)
        self.features = rng.normal(size=(IMAGES, SIDE, SIDE, CHANNELS)).astype(np.float32)
        self.target = np.zeros((IMAGES, CHANNELS), np.float32)

    def train(self) -> float:
        for _ in range(self.work.steps):
            loss = self.model.train_on_batch(self.features, self.target)
        return loss

    def detect(self) -> np.ndarray:
        for _ in range(self.work.steps):
            means = self.model.predict_on_batch(self.features)
        return means

    def account(self) -> dict:
        """`operations` of one step; the input of the first layer needs no gradient."""
        each = 2 * 9 * CHANNELS**2 * IMAGES * SIDE**2
        passes = 3 * LAYERS - 1 if self.work.task == "train" else LAYERS
        return {"operations": passes * each, "note": f"{LAYERS} layers"}
