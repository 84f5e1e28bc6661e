"""Callbacks for `fit`: validation, memory across interruptions, a stop when the loss breaks."""

import json
import math
import shutil
from pathlib import Path

import keras
import numpy as np
from keras import ops

from mrcnn.errors import ModelError


class NonFiniteLoss(keras.callbacks.Callback):
    """Stops training as soon as a loss is NaN or infinite.

    Args:
        batches: what `fit` is fed with; its `names(index)` name the images of the broken batch.

    Raises:
        ModelError: naming the losses, the step, the images and what helps.
    """

    async_safe = True

    def __init__(self, batches=None):
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        broken = [name for name, value in (logs or {}).items() if not math.isfinite(value)]
        if broken:
            images = f" (images {', '.join(self.batches.names(batch))})" if self.batches else ""
            raise ModelError(
                f"Training stopped in epoch {self.epoch + 1}, step {batch + 1}{images}: "
                f"{', '.join(broken)} is not a finite number. Lower the learning rate (now "
                f"{learning_rate(self.model):.2g}), lengthen the warm-up, or clip gradients more."
            )


class Validation(keras.callbacks.Callback):
    """Adds the values of `evaluate(model)`, a dict, to each epoch's logs.

    Place it before callbacks that watch these values. Between evaluations the last values
    are repeated.

    Args:
        evaluate: function of the model that returns a dict of floats.
        every: epochs from one evaluation to the next; the last epoch is always evaluated.
        values: of the last evaluation, if a training goes on.
    """

    def __init__(self, evaluate, every=1, values=None):
        super().__init__()
        self.evaluate, self.every, self.values = evaluate, every, values or {}

    def on_epoch_end(self, epoch, logs=None):
        last = epoch + 1 == self.params.get("epochs")
        if (epoch + 1) % self.every == 0 or last or not self.values:
            self.values = self.evaluate(self.model)
        logs.update(self.values)


class Memory(keras.callbacks.Callback):
    """Keeps the best weights, the history, and all it takes to go on after a kill.

    The folder holds `best.weights.h5`; `state.json` with the epochs done, the history, and the
    best value; and the weights and optimizer of the last epoch. `state.json` is replaced last,
    in one step, so a kill at any moment leaves a state that fits together.

    Args:
        folder: where to keep it all.
        fingerprint: of all that decides the weights. A state with another fingerprint is
            moved aside to `<folder>.old`, not used.
        monitor: the value in the logs of which the largest is best.
        patience: epochs without a better value after which training stops.
    """

    def __init__(self, folder, fingerprint, monitor="val_AP", patience=math.inf):
        super().__init__()
        self.folder, self.fingerprint = Path(folder), fingerprint
        self.monitor, self.patience = monitor, patience
        self.history, self.best, self.best_epoch = [], -math.inf, 0

    def restore(self, model) -> int:
        """Put `model`, compiled, into the state of the last epoch; returns the epochs done."""
        state = self._read()
        if state is None:
            return 0
        model.optimizer.build(model.trainable_variables)
        model.load_weights(self.folder / state["weights"])
        with np.load(self.folder / state["draws"]) as stored:
            for i, variable in enumerate(_draws(model)):
                variable.assign(stored[f"arr_{i}"])
        self.history = state["history"]
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        return len(self.history)

    def _read(self):
        path = self.folder / "state.json"
        if not path.exists():
            return None
        state = json.loads(path.read_text())
        if state["fingerprint"] == self.fingerprint:
            return state
        aside = self.folder.with_name(self.folder.name + ".old")
        shutil.rmtree(aside, ignore_errors=True)
        self.folder.rename(aside)
        return None

    @property
    def best_weights(self) -> Path:
        """The weights of the best epoch so far."""
        return self.folder / f"best-{self.best_epoch}.weights.h5"

    @property
    def validation(self) -> dict[str, float]:
        """The values of the last validation, for `Validation` to go on from."""
        last = self.history[-1] if self.history else {}
        return {name: value for name, value in last.items() if name.startswith("val_")}

    @property
    def exhausted(self) -> bool:
        """Whether the last `patience` epochs brought nothing better."""
        return len(self.history) - self.best_epoch >= self.patience

    def on_epoch_end(self, epoch, logs=None):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.history.append({"epoch": epoch + 1, **{k: float(v) for k, v in logs.items()}})
        if logs[self.monitor] > self.best:
            self.best, self.best_epoch = float(logs[self.monitor]), epoch + 1
            self.model.save_weights(self.best_weights)
        self._write(epoch + 1)
        self.model.stop_training = self.model.stop_training or self.exhausted

    def _write(self, epoch):
        weights, draws = f"epoch-{epoch}.weights.h5", f"epoch-{epoch}.npz"
        self.model.save_weights(self.folder / weights)
        np.savez(self.folder / draws, *map(ops.convert_to_numpy, _draws(self.model)))
        state = {
            "fingerprint": self.fingerprint,
            "weights": weights,
            "draws": draws,
            "best": self.best,
            "best_epoch": self.best_epoch,
            "history": self.history,
        }
        new = self.folder / "state.json.new"
        new.write_text(json.dumps(state, indent=1))
        new.replace(self.folder / "state.json")
        keep = {weights, draws, "state.json", self.best_weights.name}
        for path in self.folder.iterdir():
            if path.name not in keep:
                path.unlink()


def learning_rate(model) -> float:
    """The optimizer's present learning rate."""
    if keras.backend.backend() == "jax":  # there the variables are elsewhere during an epoch
        model.jax_state_sync()
    return float(ops.convert_to_numpy(model.optimizer.learning_rate))


def _draws(model):
    """The state of the random draws, which weights files leave out."""
    return [v for v in model.non_trainable_variables if "seed" in v.path]
