"""Whether each model fits itself, the inputs and what Keras has weights for."""

from collections.abc import Iterator
from pathlib import Path

from configuration.paths import missing
from configuration.wording import listed, show

IMAGENET_ALPHAS = {  # widths for which Keras has weights; the other backbones have one width
    "mobilenet_v2": (0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
    "mobilenet_v3_small": (0.75, 1.0),
    "mobilenet_v3_large": (0.75, 1.0),
}
WEIGHTS_FILES = (".h5", ".keras")


def check_inputs_of_models(config: dict) -> Iterator[str]:
    for name, model in config["models"].items():
        if model["input"] not in config["inputs"]:
            yield (
                f"models.{name}.input: received {show(model['input'])}, "
                f"expected one of the inputs: {listed(config['inputs'])}"
            )


def check_patience(config: dict) -> Iterator[str]:
    for name, model in config["models"].items():
        patience, every = (model["training"][key] for key in ("patience", "evaluate_every"))
        if patience < every:
            yield (
                f"models.{name}.training.patience: received {patience}, "
                f"expected at least evaluate_every, {every}: else training stops unmeasured"
            )


def check_warmup(config: dict) -> Iterator[str]:
    for name, model in config["models"].items():
        warmup, epochs = (model["training"][key] for key in ("warmup_epochs", "epochs"))
        if 0 < epochs < warmup:
            yield (
                f"models.{name}.training.warmup_epochs: received {warmup}, "
                f"expected at most epochs, {epochs}: else training ends before it is warm"
            )


def check_anchors(config: dict) -> Iterator[str]:
    for name, model in config["models"].items():
        scales = model["architecture"]["anchor_scales"]
        if scales != sorted(scales):
            yield (
                f"models.{name}.architecture.anchor_scales: received {show(scales)}, "
                "expected the smallest first: P2 sees the small objects, P6 the large ones"
            )


def check_regions(config: dict) -> Iterator[str]:
    for name, model in config["models"].items():
        keys = "train_rois", "proposals", "max_objects"
        drawn, *origins = (model["architecture"][key] for key in keys)
        if drawn > sum(origins):
            yield (
                f"models.{name}.architecture.train_rois: received {drawn}, expected at most "
                f"{sum(origins)}: they are drawn from the proposals and the objects, "
                f"{origins[0]} + {origins[1]}"
            )


def check_weights(config: dict) -> Iterator[str]:
    for name, model in config["models"].items():
        key, net = f"models.{name}.architecture", model["architecture"]
        weights, alpha = net["weights"], net["alpha"]
        alphas = IMAGENET_ALPHAS.get(net["backbone"])
        if weights not in (None, "imagenet"):
            kind = f"null, imagenet or a file of Keras, {listed(WEIGHTS_FILES)}"
            if weights.endswith(WEIGHTS_FILES) or Path(weights).is_dir():
                yield from missing(f"{key}.weights", weights, Path.is_file, kind)
            else:
                yield f"{key}.weights: received {show(weights)}, expected {kind}"
        if alphas is None and alpha != 1:
            yield (
                f"{key}.alpha: received {show(alpha)}, expected 1.0: "
                f"{net['backbone']} has one width, {listed(IMAGENET_ALPHAS)} have others"
            )
        elif weights == "imagenet" and alphas and alpha not in alphas:
            yield (
                f"{key}.alpha: received {show(alpha)}, expected {listed(alphas)}, "
                f"for which {net['backbone']} has imagenet weights"
            )


CHECKS = (
    check_inputs_of_models,
    check_patience,
    check_warmup,
    check_anchors,
    check_regions,
    check_weights,
)
