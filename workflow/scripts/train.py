"""Trains a model on shards, and keeps the weights that segment the validation images best."""

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd

import backend
import console
import downloads
import environment
import network
import provenance
from backend import keras
from coco import json_files, shards
from coco.checksums import digest
from coco.errors import InputError
from coco_results import as_results
from evaluation import metrics
from mrcnn.callbacks import Memory, NonFiniteLoss, Validation, learning_rate
from mrcnn.data import Batches
from mrcnn.errors import ModelError

HISTORY = {  # column of history.tsv: name in Keras' logs
    "epoch": "epoch",
    "loss": "loss",
    "rpn_class_loss": "rpn_class_loss",
    "rpn_bbox_loss": "rpn_bbox_loss",
    "class_loss": "mrcnn_class_loss",
    "bbox_loss": "mrcnn_bbox_loss",
    "mask_loss": "mrcnn_mask_loss",
    "learning_rate": "learning_rate",
    "val_AP": "val_AP",
    "val_AP50": "val_AP50",
    "seconds": "seconds",
}


def train(
    name,
    train_index,
    val_index,
    reading,
    recipe,
    architecture,
    training,
    seed,
    checkpoints,
    **output,
):
    """Train one model.

    Args:
        name: for the progress line.
        train_index, val_index: paths of the shards' indexes.
        reading: how the data set's images were read, for the model to remember.
        recipe, architecture, training: sections of the configuration.
        seed: of weights, draws and order.
        checkpoints: folder of what a killed training needs to go on.
        output: paths `weights`, `model`, `history`.
    """
    samples, val_samples = shards.Reader(train_index), shards.Reader(val_index)
    refuse_what_does_not_fit(samples, val_samples, architecture)
    net = network.build(architecture, recipe["size"], samples.channels, samples.classes, seed)
    memory = Memory(
        checkpoints,
        fingerprint(samples, val_samples, recipe, architecture, training, seed),
        patience=training["patience"],
    )
    batches = Batches(samples, training["batch_size"], architecture["max_objects"], seed=seed)
    compile_network(net, training, steps_per_epoch=len(batches))
    batches.start(epoch=memory.restore(net))
    if memory.history:
        console.say(f"{name}: goes on after epoch {len(memory.history)}")
    advice = (
        f"Lower training.batch_size (now {training['batch_size']}), inputs.<name>.size "
        f"(now {samples.size}), or architecture.max_objects and train_rois."
    )
    if not memory.exhausted:
        with backend.memory_errors(advice):
            net.fit(
                batches,
                initial_epoch=len(memory.history),
                epochs=training["epochs"],
                shuffle=False,
                verbose=0,
                callbacks=[
                    NonFiniteLoss(batches),
                    Validation(
                        validation(val_samples), training["evaluate_every"], memory.validation
                    ),
                    Report(name, training["epochs"], len(batches)),
                    memory,
                    keras.callbacks.TensorBoard(
                        checkpoints.with_name("tensorboard"), write_graph=False
                    ),
                ],
            )
    about = {"classes": samples.classes, "images": reading, "input": recipe}
    about["architecture"] = architecture
    save(memory, **output, **about, training=training, seed=seed)


def refuse_what_does_not_fit(samples, val_samples, architecture):
    """Stop before hours of training, not within."""
    most = samples.most_instances
    if most > architecture["max_objects"]:
        raise InputError(
            f"A training input shows {most} objects, but the model takes "
            f"{architecture['max_objects']}. Raise architecture.max_objects to at least {most}, "
            "or make the input smaller (mode: crop)."
        )
    for split, inputs in (("train", samples), ("val", val_samples)):
        if not inputs.most_instances:
            raise InputError(
                f"None of the {len(inputs)} inputs of {split} shows an object, so there is nothing "
                "to learn from or to choose the best epoch by. See results/*/issues.tsv and "
                f"objects.tsv for what was left out, or raise split.{split}."
            )


def compile_network(model, training, steps_per_epoch):
    """Warm-up, then a cosine down to a hundredth (Loshchilov and Hutter, arXiv:1608.03983)."""
    warmup = round(training["warmup_epochs"] * steps_per_epoch)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=training["learning_rate"] / 100,
        warmup_target=training["learning_rate"],
        warmup_steps=warmup,
        decay_steps=max(1, training["epochs"] * steps_per_epoch - warmup),
        alpha=0.01,
    )
    common = {
        "learning_rate": schedule,
        "weight_decay": training["weight_decay"],
        "global_clipnorm": training["clip_norm"],
    }
    if training["optimizer"] == "sgd":
        optimizer = keras.optimizers.SGD(momentum=0.9, **common)
    else:
        optimizer = keras.optimizers.AdamW(**common)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    model.compile(optimizer=optimizer)


def fingerprint(samples, val_samples, recipe, architecture, training, seed) -> str:
    """Of all that decides the weights; longer training and more patience go on from a state."""
    free = {"epochs", "patience"}
    decisive = {
        "shards": samples.digests + val_samples.digests,
        "input": recipe,
        "architecture": architecture,
        "training": {key: value for key, value in training.items() if key not in free},
        "seed": seed,
    }
    return provenance.of_values(decisive)


def validation(samples):
    """A function of a model: its segm AP on the validation inputs."""
    truth = as_truth(samples)

    def evaluate(model):
        predictions = []
        for start in range(0, len(samples), 8):
            chosen = [samples[i] for i in range(start, min(start + 8, len(samples)))]
            found = model.find([sample["image"] for sample in chosen], batch_size=8)
            for i, objects in enumerate(found, start):
                predictions += as_results(objects, i, samples.size, samples.size)
        limit = model.config.DETECTION_MAX_INSTANCES
        row = metrics.summary(metrics.evaluate(truth, predictions, "segm", limit))
        return {f"val_{key}": np.nan_to_num(row[key]) for key in ("AP", "AP50")}

    return evaluate


def as_truth(samples) -> dict:
    """The validation inputs as a COCO data set: what the shards show, at the input's scale."""
    images, annotations = [], []
    for i in range(len(samples)):
        sample = samples[i]
        images.append({"id": i, "height": samples.size, "width": samples.size})
        truth = {
            "boxes": sample["boxes"],
            "class_ids": sample["classes"],
            "scores": np.ones(len(sample["boxes"])),
            "masks": sample["masks"],
        }
        results = as_results(truth, i, samples.size, samples.size)
        for result, crowd, mask in zip(results, sample["crowd"], sample["masks"], strict=True):
            annotations.append({**result, "iscrowd": int(crowd), "area": int(mask.sum())})
    categories = [{"id": i, "name": name} for i, name in enumerate(samples.classes, 1)]
    return {"images": images, "annotations": annotations, "categories": categories}


class Report(keras.callbacks.Callback):
    """Progress in the terminal; learning rate and seconds in the logs."""

    async_safe = True

    def __init__(self, name, epochs, steps):
        super().__init__()
        self.name, self.epochs, self.steps, self.validated = name, epochs, steps, ""

    def on_train_begin(self, logs=None):
        console.say(f"{self.name}: the first step compiles the model, which takes a moment")
        self.progress = None

    def on_epoch_begin(self, epoch, logs=None):
        self.done, self.start = epoch * self.steps, time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        if self.progress is None:  # so that the compilation is not taken for a step's time
            total = self.epochs * self.steps
            self.progress = console.Progress(self.name, total, start=self.done + batch)
        note = f"epoch {self.done // self.steps + 1}/{self.epochs}, loss {logs['loss']:.3f}"
        self.progress.update(self.done + batch + 1, note + self.validated)

    def on_epoch_end(self, epoch, logs=None):
        logs["learning_rate"] = learning_rate(self.model)
        logs["seconds"] = time.monotonic() - self.start
        self.validated = f", val AP {logs['val_AP']:.3f}"
        line = " ".join(f"{key} {value:.4g}" for key, value in sorted(logs.items()))
        print(f"epoch {epoch + 1}: {line}", flush=True)


def save(memory, weights, model, history, **about):
    """The best epoch's weights, what they are, and the history of the training."""
    shutil.copyfile(memory.best_weights, weights)
    about |= {
        "best_epoch": memory.best_epoch,
        "epochs": len(memory.history),
        "val_AP": memory.best,
        "weights_sha256": digest(weights),
        "fingerprint": memory.fingerprint,
        "backend": keras.backend.backend(),
        "device": backend.device(),
        **environment.describe(),
    }
    model.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n")
    rows = [[row[name] for name in HISTORY.values()] for row in memory.history]
    table = pd.DataFrame(rows, columns=list(HISTORY))
    table.to_csv(history, sep="\t", index=False, float_format="%.6g")


if __name__ == "__main__":
    with console.logged(snakemake.log[0], mistakes=(InputError, ModelError)):
        backend.start(
            snakemake.threads, snakemake.params.seed, gpu=snakemake.resources.get("gpu", 0)
        )
        downloads.announce(console.say)
        train(
            name=f"train {snakemake.wildcards.model} {snakemake.wildcards.run}",
            train_index=snakemake.input.train,
            val_index=snakemake.input.val,
            reading=json_files.read(Path(snakemake.input.truth))["info"]["images"],
            recipe=snakemake.params.input,
            architecture=snakemake.params.architecture,
            training=snakemake.params.training,
            seed=snakemake.params.seed,
            checkpoints=Path(snakemake.params.checkpoints),
            weights=Path(snakemake.output.weights),
            model=Path(snakemake.output.model),
            history=Path(snakemake.output.history),
        )
