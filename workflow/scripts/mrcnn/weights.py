"""Loading weights, with an account of every tensor.

account = load(model, "mask_rcnn_coco.h5", exclude="classes")
print(account)
"""

import difflib
import logging
import math
import re
from dataclasses import dataclass, field

import keras

from mrcnn.errors import ModelError
from mrcnn.weight_files import layer_of, named_variables, opened, read, value, weighted_layers

logger = logging.getLogger("mrcnn")

CLASS_LAYERS = ("mrcnn_class_logits", "mrcnn_bbox_fc", "mrcnn_mask")
# Layers of the original without weights that this model does without: scripts exclude them, too.
_NO_LAYERS = ("mrcnn_class", "mrcnn_detection", "ROI", "proposal_targets", "anchors")


@dataclass(repr=False)
class Account:
    """Where each tensor went: dicts from its name, `layer/variable`, to its shape.

    `str` of it is a table of the numbers of tensors and parameters.

    Attributes:
        loaded: tensors of the model that now have the values of the file.
        excluded: left as they were, because `exclude` asks for it.
        shape_differs: `(shape in the file, shape in the model)`; such a file is refused.
        missing: tensors of the model that the file lacks, left as they were.
        unused: tensors of the file that the model lacks.
        outside: tensors of the model outside `scope`, left as they were.
        optimizer: "restored", "left in the file", or "" where the file has none.
    """

    loaded: dict = field(default_factory=dict)
    excluded: dict = field(default_factory=dict)
    shape_differs: dict = field(default_factory=dict)
    missing: dict = field(default_factory=dict)
    unused: dict = field(default_factory=dict)
    outside: dict = field(default_factory=dict)
    optimizer: str = ""

    def parameters(self, kind) -> int:
        """The count of numbers in all tensors of one kind, such as "loaded"."""
        shapes = getattr(self, kind).values()
        if kind == "shape_differs":
            shapes = [in_model for _, in_model in shapes]
        return sum(math.prod(shape) for shape in shapes)

    def __str__(self):
        titles = {
            "loaded": "loaded",
            "excluded": "excluded on purpose",
            "shape_differs": "shape differs",
            "missing": "missing in the file",
            "unused": "unused in the file",
        }
        if self.outside:
            titles["outside"] = "outside the scope"
        lines = [f"{'':20} {'tensors':>8} {'parameters':>12}  layers"]
        for kind, title in titles.items():
            tensors = getattr(self, kind)
            numbers = f"{len(tensors):8,} {self.parameters(kind):12,}"
            lines.append(f"{title:20} {numbers}  {_few(_layers(tensors), 'layers')}".rstrip())
        if self.optimizer:
            lines.append(f"{'optimizer state':20} {self.optimizer}")
        return "\n".join(lines)

    __repr__ = __str__  # notebooks show what a cell returns


def load(model, path, exclude=(), scope=None, partial=False) -> Account:
    """Load a weights file: all that is expected, or nothing.

    A whole file of Keras 3 also restores the state of the model's optimizer, if that is built
    and has the same variables.

    Args:
        model: `MaskRCNN`, or another model of Keras, built.
        path: the file: `.h5` of the original or of `keras.applications`, `.weights.h5`, `.keras`.
        exclude: names or regular expressions of layers, or of groups of them such as "rpn_model",
            that are left as they are. "classes" stands for `CLASS_LAYERS`, those whose shape
            depends on the number of classes.
        scope: "backbone" for a file that holds just this: nothing else is expected then. Any
            attribute of the model that is a layer will do.
        partial: accept a file that lacks tensors, or that is of a deeper network. The account
            names them.

    Returns:
        The account of every tensor of model and file, also logged by the logger "mrcnn".

    Raises:
        ModelError: when the file cannot be read, when a tensor that is expected is missing in it
            or has another shape, when the file is of a deeper network, or when an entry of
            `exclude` fits no layer. The model is unchanged then.
    """
    tensors = named_variables(model)
    expected = tensors if scope is None else named_variables(_part(model, scope))
    with opened(path) as file:
        stored = read(file, path, model, tensors)
        excluded = _excluded(exclude, model, stored.layers)
        account = _compare(tensors, expected, stored.tensors, excluded)
        _check(account, path, model, scope, partial)
        values = [(tensors[name], value(stored.tensors[name])) for name in account.loaded]
        if stored.optimizer:
            whole = not (account.excluded or account.outside or account.missing)
            state = _optimizer_state(model, stored.optimizer) if whole else []
            account.optimizer = "restored" if state else "left in the file"
            values += state
    _assign(values)
    logger.info("Weights of %s\n%s", path, account)
    return account


def restore_optimizer(model, path) -> bool:
    """Load the state of the optimizer of a compiled model, and nothing else.

    The learning rate stays as the model was compiled.

    Args:
        model: `MaskRCNN`, compiled, with the same layers trainable as when the file was made.
        path: `.weights.h5` or `.keras`.

    Returns:
        Whether the file has a state for just these variables; the optimizer starts anew if not.
    """
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    with opened(path) as file:
        stored = read(file, path, model, named_variables(model))
        state = _optimizer_state(model, stored.optimizer)
    restored = bool(state)
    state = [(variable, number) for variable, number in state if variable.name != "learning_rate"]
    _assign(state)
    logger.info("Optimizer state of %s: %s", path, "restored" if restored else "does not fit")
    return restored


def _assign(values):
    while values:  # each array is freed at once
        variable, array = values.pop()
        variable.assign(array)


def _part(model, scope):
    part = getattr(model, scope, None)
    if not isinstance(part, keras.Layer):
        raise ModelError(f'`scope` must be a part of the model, as "backbone". Received {scope!r}.')
    return part


def _excluded(exclude, model, stored_layers):
    """Names of all layers, of model and file, that `exclude` stands for."""
    if exclude == "classes":
        exclude = CLASS_LAYERS
    layers = model._flatten_layers(include_self=False)
    excluded = set()
    for pattern in [exclude] if isinstance(exclude, str) else exclude or ():
        found = {name for name in stored_layers if re.fullmatch(pattern, name)}
        for layer in layers:
            if re.fullmatch(pattern, layer.name):
                found.update(inner.name for inner in layer._flatten_layers())
        if not found and pattern not in _NO_LAYERS:
            names = [layer.name for layer in layers]
            close = difflib.get_close_matches(pattern, names) or _layers(named_variables(model))
            raise ModelError(
                f"`exclude` has {pattern!r}, but neither model nor file has a layer of this name. "
                f"There is {_few(close, 'layers')}."
            )
        excluded |= found
    return excluded


def _compare(tensors, expected, stored, excluded):
    account = Account()
    for name, variable in tensors.items():
        shape = tuple(variable.shape)
        if name not in expected:
            account.outside[name] = shape
        elif layer_of(name) in excluded:
            account.excluded[name] = shape
        elif name not in stored:
            account.missing[name] = shape
        elif stored[name].shape != shape:
            account.shape_differs[name] = (stored[name].shape, shape)
        else:
            account.loaded[name] = shape
    for name in [name for name in stored if name not in tensors]:
        kind = account.excluded if layer_of(name) in excluded else account.unused
        kind[name] = stored[name].shape
    return account


def _check(account, path, model, scope, partial):
    """Refuse what does not fit, and name what helps."""
    if not account.loaded and not account.shape_differs:
        if not account.missing:
            raise ModelError("`exclude` leaves nothing to load: name fewer layers.")
        raise ModelError(
            f"{path} holds none of the tensors that are expected: it is of another network. Its "
            f"layers: {_few(_layers(account.unused), 'layers')}. Expected: "
            f"{_few(_layers(account.missing), 'layers')}."
        )
    problems = []
    if account.shape_differs:
        problems += _explain_shapes(account)
    if account.missing and not partial:
        problems += _explain_missing(account, model, scope)
    kinds = {_kind(layer.name) for layer in weighted_layers(model)}
    deeper = [layer for layer in _layers(account.unused) if _kind(layer) in kinds]
    if deeper and not partial:
        problems.append(
            f"The file is of a deeper network, with {_few(deeper, 'layers')}: set `BACKBONE` and "
            "the other settings as they were when it was made, or pass partial=True."
        )
    if problems:
        raise ModelError("\n".join([f"{path} does not fit; nothing was loaded.", *problems]))


def _explain_shapes(account):
    differences = [
        f"{name} (file {in_file}, model {in_model})"
        for name, (in_file, in_model) in account.shape_differs.items()
    ]
    yield f"Other shapes: {_few(differences, 'tensors')}."
    layers = _layers(account.shape_differs)
    if set(layers) <= set(CLASS_LAYERS) and "mrcnn_class_logits/bias" in account.shape_differs:
        (in_file,), (in_model,) = account.shape_differs["mrcnn_class_logits/bias"]
        yield (
            f"{in_file} classes in the file, {in_model} in the model: pass "
            'exclude=["mrcnn_class_logits", "mrcnn_bbox_fc", "mrcnn_bbox", "mrcnn_mask"], in short '
            f'exclude="classes", to learn these layers anew, or set NUM_CLASSES = {in_file}.'
        )
    else:
        yield "The file was made with other settings: set them alike" + _or_exclude(layers)


def _explain_missing(account, model, scope):
    yield f"Missing in the file: {_few(list(account.missing), 'tensors')}."
    backbone = getattr(model, "backbone", None)
    inside = named_variables(backbone) if isinstance(backbone, keras.Layer) else {}
    if scope is None and account.loaded.keys() <= inside.keys():
        part = "" if account.missing.keys().isdisjoint(inside) else ", partial=True"
        yield f'The file holds a backbone only: pass scope="backbone"{part}.'
        return
    if account.unused:
        yield (
            f"Unused in the file: {_few(list(account.unused), 'tensors')}. Is it of another "
            "`BACKBONE` or `ARCHITECTURE`?"
        )
    yield "Pass partial=True to leave them as they are" + _or_exclude(_layers(account.missing))


def _or_exclude(layers):
    return f", or pass exclude={layers} to learn these layers anew." if len(layers) <= 8 else "."


def _kind(layer):
    """The name without stages and blocks, the same for `res4f_branch2a` and `res4g_branch2a`."""
    return re.sub(r"\d+[a-z]?", "#", layer)


def _optimizer_state(model, stored):
    """Pairs of variable and value, if the optimizer is built and has just the stored variables."""
    variables = getattr(getattr(model, "optimizer", None), "variables", [])
    shapes = {str(i): tuple(variable.shape) for i, variable in enumerate(variables)}
    if shapes != {number: dataset.shape for number, dataset in stored.items()}:
        return []
    return [(variables[int(number)], value(dataset)) for number, dataset in stored.items()]


def _layers(tensors):
    return list(dict.fromkeys(layer_of(name) for name in tensors))


def _few(names, what, most=8):
    """All names, or the first of many and how many there are."""
    if len(names) > most:
        names = [*names[: most // 2], f"... ({len(names)} {what})"]
    return ", ".join(names)
