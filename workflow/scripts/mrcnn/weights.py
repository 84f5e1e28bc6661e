"""Reading weights files, with an account of every tensor."""

import re
from dataclasses import dataclass, field

import h5py
import keras

from mrcnn.errors import ModelError


@dataclass
class Account:
    """Where each tensor went, by name: `layer/kernel`, `layer/gamma`, ..."""

    loaded: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    shape_differs: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    def __str__(self):
        return "\n".join(
            f"{kind.replace('_', ' ')}: {len(names)}" for kind, names in vars(self).items()
        )


def load_matterport(model, path, exclude=()) -> Account:
    """Load a file that the original's `save_weights` wrote (legacy Keras 2 layout).

    Args:
        model: a `MaskRCNN` of the `matterport` architecture.
        path: the `.h5` file.
        exclude: regular expressions of layer names that keep their present weights.

    Returns:
        The account of every tensor of model and file.

    Raises:
        ModelError: when the file is no such file, or when a tensor that is not excluded is missing
            in the file or has another shape. The model is left unchanged then.
    """
    stored = _read_legacy(path)
    account, assignments = Account(), []
    for layer in weighted_layers(model):
        skip = any(re.fullmatch(pattern, layer.name) for pattern in exclude)
        for variable in layer.weights:
            name = f"{layer.name}/{variable.name}"
            value = stored.pop(name, None)
            if skip:
                account.excluded.append(name)
            elif value is None:
                account.missing.append(name)
            elif value.shape != tuple(variable.shape):
                account.shape_differs.append(
                    f"{name} (file {value.shape}, model {tuple(variable.shape)})"
                )
            else:
                account.loaded.append(name)
                assignments.append((variable, value))
    account.unused.extend(stored)
    wrong = account.missing + account.shape_differs
    if wrong:
        layers = sorted({name.split("/")[0] for name in wrong})
        raise ModelError(
            f"{path}: {len(wrong)} tensors of the model are missing in the file or have another "
            f"shape: {', '.join(wrong[:8])}{', ...' if len(wrong) > 8 else ''}. Nothing was "
            f"loaded. If these layers shall start anew, pass exclude={layers}."
        )
    for variable, value in assignments:
        variable.assign(value)
    return account


def weighted_layers(model) -> list[keras.Layer]:
    """All layers with weights of their own, nested models opened up."""
    return [
        layer
        for layer in model._flatten_layers()
        if layer._trainable_variables or layer._non_trainable_variables
    ]


def _read_legacy(path):
    try:
        with h5py.File(path) as file:
            if "layer_names" not in file.attrs:
                raise ModelError(f"{path} is not in the original's layout: no `layer_names`.")
            return {
                _name(weight): file[_text(layer)][weight][()]
                for layer in file.attrs["layer_names"]
                for weight in file[_text(layer)].attrs["weight_names"]
            }
    except OSError as error:
        raise ModelError(f"{path} is not a readable HDF5 file: {error}") from error


def _name(weight):
    return "/".join(_text(weight).split("/")[-2:]).removesuffix(":0")


def _text(value):
    return value.decode() if isinstance(value, bytes) else value
