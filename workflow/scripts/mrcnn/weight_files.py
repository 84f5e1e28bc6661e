"""Weights files: which tensor of a model each dataset in a file is.

Layouts are told apart by what is in the file, whatever its name: HDF5 of Keras 1 and 2 (tensors
by layer name), HDF5 of Keras 3 (`.weights.h5`, by attribute path), and `.keras` archives, of
which the weights alone are read. Nothing in a file is unpickled or run.
"""

import re
import shutil
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import h5py
import keras
from keras.src.saving import saving_lib
from keras.src.utils.naming import to_snake_case

from mrcnn.errors import ModelError

# What Keras 1 and 2 called variables that have another name now. `running_std` holds the
# variance, in spite of its name.
_FORMER_NAMES = {
    "W": "kernel",
    "b": "bias",
    "running_mean": "moving_mean",
    "running_std": "moving_variance",
    "depthwise_kernel": "kernel",
}


class Stored(NamedTuple):
    """What a file holds.

    Attributes:
        tensors: dict of datasets by tensor, `layer/variable`; of those that the model lacks, the
            name is as near to that as the file allows.
        layers: the layers that the file names, also those without weights.
        optimizer: dict of datasets by number.
    """

    tensors: dict
    layers: set
    optimizer: dict


def named_variables(model) -> dict:
    """The variables of all layers by name, `layer/variable`.

    Raises:
        ModelError: when two layers have the same name.
    """
    variables = {}
    for layer in weighted_layers(model):
        for variable in layer._trainable_variables + layer._non_trainable_variables:
            name = f"{layer.name}/{variable.name}"
            if name in variables:
                raise ModelError(
                    f"The model has two tensors {name}, so that a file cannot tell them apart. "
                    "Give every layer a name of its own."
                )
            variables[name] = variable
    return variables


def weighted_layers(model) -> list[keras.Layer]:
    """All layers with weights of their own, in the model's order, nested models opened up."""
    return [
        layer
        for layer in dict.fromkeys(_layers_in(model))
        if layer._trainable_variables or layer._non_trainable_variables
    ]


def _layers_in(layer):
    yield layer
    for inner in layer._flatten_layers(include_self=False, recursive=False):
        yield from _layers_in(inner)


def layer_of(tensor) -> str:
    """The layer in a tensor's name."""
    return tensor.rpartition("/")[0]


@contextmanager
def opened(path):
    """The HDF5 file at `path`, or inside the archive there.

    Raises:
        ModelError: when there is no such file, or when it is damaged, also while it is read.
    """
    if not Path(path).is_file():
        raise ModelError(f"There is no weights file {path}.")
    try:
        if zipfile.is_zipfile(path):
            with tempfile.TemporaryFile() as extracted:
                _extract(path, extracted)
                with h5py.File(extracted, "r") as file:
                    yield file
        else:
            with h5py.File(path, "r") as file:
                yield file
    except (OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        with Path(path).open("rb") as file:
            start = file.read(24)
        raise ModelError(
            f"{path} cannot be read: it is cut off, damaged, or no weights file of Keras (HDF5 or "
            f"`.keras`). It has {Path(path).stat().st_size:,} bytes and begins with {start}. "
            f"Fetch it again. ({error})"
        ) from error


def _extract(path, target):
    with zipfile.ZipFile(path) as archive:
        if "model.weights.h5" not in archive.namelist():
            raise ModelError(
                f"{path} is an archive, but not one of Keras: it has no model.weights.h5."
            )
        with archive.open("model.weights.h5") as member:
            shutil.copyfileobj(member, target)


def read(file, path, model, variables) -> Stored:
    """What is in an open file, by the names of `named_variables(model)`.

    Raises:
        ModelError: when the file has no layout of Keras.
    """
    datasets = {}

    def note(name, item):  # is not called for links to elsewhere
        if isinstance(item, h5py.Dataset):
            datasets[name] = item

    file.visititems(note)
    saved_model = {
        name.removeprefix("model_weights/"): dataset
        for name, dataset in datasets.items()
        if name.startswith("model_weights/")
    }
    attributes = (file["model_weights"] if saved_model else file).attrs
    lists = [attributes[name] for name in attributes if re.fullmatch(r"layer_names\d*", name)]
    if lists:
        layers = {_text(name) for names in lists for name in names}
        optimizer = {_number(path): datasets.pop(path) for path in _optimizer_paths(datasets)}
        return Stored(_by_name(saved_model or datasets, variables), layers, optimizer)
    if any("/vars/" in f"/{name}" for name in datasets):
        return _by_path(datasets, model, variables)
    names = ", ".join([*list(datasets)[:4], *["..."] * (len(datasets) > 4)]) or "nothing"
    raise ModelError(
        f"{path} is an HDF5 file, but none with weights of Keras: it has neither `layer_names` "
        f"nor groups `vars`. It holds {names}."
    )


def _optimizer_paths(datasets):
    return [path for path in datasets if path.startswith("optimizer/vars/")]


def write(path, model):
    """Save all weights in the original's layout, and the optimizer's state beside them.

    The layout is that of Keras 2: tensors by layer name, the layers of the region proposal
    network in the group `rpn_model`. A file of this name is replaced in one step.
    """
    inside_rpn = {layer.name for layer in weighted_layers(model.rpn)}
    groups = {}
    for name, variable in named_variables(model).items():
        group = "rpn_model" if layer_of(name) in inside_rpn else layer_of(name)
        groups.setdefault(group, {})[f"{name}:0"] = variable
    new = Path(f"{path}.new")
    with h5py.File(new, "w") as file:
        file.attrs["layer_names"] = [group.encode() for group in groups]
        for group, variables in groups.items():
            file.create_group(group).attrs["weight_names"] = [name.encode() for name in variables]
            for name, variable in variables.items():
                file[group][name] = keras.ops.convert_to_numpy(variable)
        for number, variable in enumerate(getattr(model.optimizer, "variables", ())):
            file[f"optimizer/vars/{number}"] = keras.ops.convert_to_numpy(variable)
    new.replace(path)


def value(dataset):
    """The numbers of a dataset as an array.

    Raises:
        ModelError: when they are no numbers, or lie in another file.
    """
    if dataset.external or dataset.is_virtual or dataset.dtype.kind not in "fiu":
        raise ModelError(
            f"{dataset.name} in the weights file does not hold plain numbers (dtype "
            f"{dataset.dtype}), or refers to another file. Such weights are not read."
        )
    return dataset[()]


def _by_name(datasets, variables):
    """Keras 1 and 2: `layer/layer/kernel:0`, `rpn_model/layer/kernel:0`, `layer/layer_W:0`.

    The outermost group with the name of a layer counts: inside may be the name of a wrapped
    layer, or `layer_1` for the second model made in one session.
    """
    stored = {}
    for path, dataset in datasets.items():
        *layers, variable = path.removesuffix(":0").split("/")
        readable = "/".join(name for name, _ in groupby([*layers, variable]))
        if layers[:1] == ["rpn_model"]:
            layers.append(re.sub(r"_\d+$", "", layers[-1]))
        candidates = [f"{layer}/{name}" for layer in layers for name in _names(layer, variable)]
        known = [name for name in candidates if name in variables and name not in stored]
        stored[known[0] if known else readable] = dataset
    return stored


def _names(layer, variable):
    """What the file calls a variable, and what Keras 3 calls it."""
    short = re.sub(r"_\d+$", "", variable.removeprefix(f"{layer}_"))
    return variable, _FORMER_NAMES.get(short, short)


def _by_path(datasets, model, variables):
    """Keras 3: `backbone/layers/conv2d_7/vars/0`, with the layer's name as an attribute.

    Layers are found by name, so that a file outlives a change of attributes; but by path where
    Keras made the name up, as it counts the layers of a process, and in older files, which have
    no names.
    """
    numbered = {
        layer.name
        for layer in weighted_layers(model)
        if re.fullmatch(rf"{to_snake_case(type(layer).__name__)}(_\d+)?", layer.name)
    }
    names = {id(variable): name for name, variable in variables.items()}
    by_path = {path: names[key] for path, key in _places(model).items() if key in names}
    by_name = {f"{layer_of(name)}/{_number(path)}": name for path, name in by_path.items()}
    prefix = "" if by_path.keys() & datasets.keys() else "backbone/"  # a file of just this
    stored = Stored({}, set(), {})
    for path, dataset in datasets.items():
        group = path.rpartition("/vars/")[0]
        label = _text(dataset.parent.attrs.get("name"))
        if group == "optimizer":
            stored.optimizer[_number(path)] = dataset
            continue
        name = by_path.get(prefix + path)
        if label is not None:
            stored.layers.add(label)
            if name is None or layer_of(name) not in numbered:
                name = by_name.get(f"{label}/{_number(path)}")
        stored.tensors[name or f"{label or group}/{_number(path)}"] = dataset
    return stored


def _places(model):
    """Where Keras saves the variables of a model: dict from path to `id`."""
    places = _Places()
    optimizer = getattr(model, "optimizer", None)
    saving_lib._save_state(model, places, None, "", visited_saveables={id(optimizer)})
    return places.found


class _Places(saving_lib.H5IOStore):
    """Stands in for the file that a model is saved to."""

    def __init__(self):
        self.group, self.found = "", {}

    def __bool__(self):
        return True

    def make(self, path, metadata=None):
        self.group = path
        return self

    def __setitem__(self, number, variable):
        self.found[f"{self.group}/vars/{number}"] = id(variable)


def _number(path):
    return path.rpartition("/")[2]


def _text(value):
    return value.decode() if isinstance(value, bytes) else value
