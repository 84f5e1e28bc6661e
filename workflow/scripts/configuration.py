"""Finds every mistake in a configuration and says each in one line; fills in the defaults."""

import copy
import difflib
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import yaml

import new_images
import sources
import variants
from source_checks import check_sources, find_formats, missing

Schema = jsonschema.Draft202012Validator
IMAGENET_ALPHAS = {  # widths for which Keras has weights; the other backbones have one width
    "mobilenet_v2": (0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
    "mobilenet_v3_small": (0.75, 1.0),
    "mobilenet_v3_large": (0.75, 1.0),
}
WEIGHTS_FILES = (".h5", ".keras")


def load_schema(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def problems(config: dict, schema: dict) -> list[str]:
    """One line per mistake: the key, what was received and what was expected.

    Paths are looked up from the working directory. `config` is not changed.
    """
    config = copy.deepcopy(config)
    formats = list(find_formats(config))
    errors = list(StrictValidator(variants.with_sweeps(schema)).iter_errors(config))
    found = formats + sorted(line for error in errors for line in describe(error))
    wrong = [line.split(": ")[0] for line in found]
    written = copy.deepcopy(config)
    complete(config, schema)
    for check, checked in ((variants.contradictions, written), *((one, config) for one in CHECKS)):
        try:
            found += (line for line in check(checked) if not is_said(line, wrong))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            if not found:  # else the check fell over what is known already
                raise
    return list(dict.fromkeys(found))


def is_said(line: str, wrong: list[str]) -> bool:
    """Whether the key of a line, or a part of it, is among those that are known to be wrong."""
    return any(key.startswith(line.split(": ")[0]) for key in wrong)


def complete(config: dict, schema: dict) -> dict:
    """Spell out the sources' formats, the models and the schema's defaults; returns `config`.

    Keys that the schema names come in its order: another order in the file is no change.
    """
    list(find_formats(config))
    variants.spell_out(config)
    if isinstance(config.get("new_images"), str):
        config["new_images"] = {"folder": config["new_images"]}
    for _ in CompletingValidator(schema).iter_errors(config):
        pass
    return config


# Validators


def _whole(checker, value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _finite(checker, value) -> bool:
    return _whole(checker, value) or (isinstance(value, float) and math.isfinite(value))


def _with_defaults(validator, properties, instance, schema):
    if validator.is_type(instance, "object"):
        for key, part in properties.items():
            if "default" in part:
                instance.setdefault(key, copy.deepcopy(part["default"]))
        if instance.keys() <= properties.keys():  # not so where a condition asks for one key
            for key in filter(instance.__contains__, properties):
                instance[key] = instance.pop(key)
    yield from Schema.VALIDATORS["properties"](validator, properties, instance, schema)


# JSON schema takes 4.0 for an integer and YAML's .nan for a number within any range.
StrictValidator = jsonschema.validators.extend(
    Schema,
    type_checker=Schema.TYPE_CHECKER.redefine_many({"integer": _whole, "number": _finite}),
)
CompletingValidator = jsonschema.validators.extend(StrictValidator, {"properties": _with_defaults})


# Messages


def place(path, key: str | None = None) -> str:
    """A path of keys as a reader writes it: `models.demo.seeds[0]`."""
    parts = [*path] if key is None else [*path, key]
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".") or "the configuration"


def describe(error: jsonschema.ValidationError) -> Iterator[str]:
    """What is wrong, in the words of the part of the schema that does not hold."""
    value, schema = error.instance, error.schema
    if "propertyNames" in error.absolute_schema_path:
        yield (
            f"{place(error.path, str(value))}: not usable as a name, expected letters, digits, "
            "_ and - (in quotes, if they could be read as a number)"
        )
    elif error.validator == "required":
        for key in error.validator_value:
            if key not in value:
                part = schema.get("properties", {}).get(key, {})
                hint = f": {part['description']}" if "description" in part else ""
                yield f"{place(error.path, key)}: missing{hint}"
    elif error.validator == "additionalProperties":
        for key in value:
            if key not in schema["properties"]:
                yield f"{place(error.path, str(key))}: unknown key, {known(key, schema)}"
    else:
        hint = ""
        if isinstance(value, str) and "number" in str(schema.get("type")) and is_number(value):
            hint = f" (YAML takes {value} for text: write it with a point, such as 1.0e-3)"
        yield f"{place(error.path)}: received {show(value)}, expected {expected(schema)}{hint}"


def known(key, schema: dict) -> str:
    close = difflib.get_close_matches(str(key), schema["properties"], n=1)
    return f"did you mean {close[0]}?" if close else f"expected {listed(schema['properties'])}"


def expected(schema: dict) -> str:
    """The values that a part of the schema allows, with range and unit, in words."""
    if "enum" in schema:
        return listed(schema["enum"])
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    values = items(schema) if "array" in kinds else ""
    text = listed([TYPES[kind] + values for kind in kinds if kind != "null"])
    return " ".join([text, *limits(schema)]) + (", or null" if "null" in kinds else "")


def items(schema: dict) -> str:
    least, most = schema.get("minItems"), schema.get("maxItems")
    count = f"{least} " if least == most else "one or more "
    different = "different " if schema.get("uniqueItems") else ""
    part = schema["items"]
    each = f", each {expected(part)}" if "type" in part or "enum" in part else ""
    return f" of {count}{different}values{each}"


def limits(schema: dict) -> Iterator[str]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        yield f"from {least} to {most}"
    elif "exclusiveMinimum" in schema:
        yield f"above {schema['exclusiveMinimum']}"
        if most is not None:
            yield f"and up to {most}"
    elif "exclusiveMaximum" in schema:
        yield f"from {least} to below {schema['exclusiveMaximum']}"
    elif least is not None:
        yield f"of at least {least}"
    if "multipleOf" in schema:
        yield f"that is a multiple of {schema['multipleOf']}"
    if "pattern" in schema and "unit" not in schema:
        yield "of letters, digits, _ and - (in quotes, if it could be read as a number)"
    if "unit" in schema:
        yield f"({schema['unit']})"
    elif "minLength" in schema or "minProperties" in schema:
        yield "that is not empty"


TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a mapping (key: value)",
    "string": "a text",
}


def listed(values) -> str:
    """`a, b or c`."""
    *first, last = [str(value) for value in values]
    return f"{', '.join(first)} or {last}" if first else last


def show(value) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


# What a JSON schema cannot say. Each check takes the whole configuration, defaults included.


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


def check_intensity(config: dict) -> Iterator[str]:
    for key in ("percentiles", "range"):
        limits = config["images"]["intensity"][key]
        if limits is not None and limits[0] >= limits[1]:
            yield (
                f"images.intensity.{key}: received {show(limits)}, expected the smaller value first"
            )


def check_split(config: dict) -> Iterator[str]:
    split, lists = config["split"], config["split"]["lists"]
    parts = [
        (number, part)
        for number, source in enumerate(config["sources"])
        for part in sources.parts(source)
    ]
    of_sources = [part.get("split") for _, part in parts]
    if lists is not None:
        given = set(lists)
        for name, path in lists.items():
            yield from missing(f"split.lists.{name}", path, Path.is_file, "a file")
        if any(of_sources):
            yield "split.lists: received together with the split of a source, expected one of them"
    elif any(of_sources):
        given = {*of_sources}
        for number, part in parts:
            if "split" not in part:
                which = f" (for {part['annotations']})" if "annotations" in part else ""
                yield (
                    f"sources[{number}].split: missing{which}, "
                    "expected it for each source or for none"
                )
        if "own" in given:  # which of them have images shows when they are read
            given |= {"train", "val", "test"}
        for name in ("train", "val"):
            if name not in given:
                yield f"sources: received none with split: {name}, expected at least one"
    elif split["folds"]:
        given = {"train", "val", "test"}
        if split["val"] + 1 / split["folds"] >= 1:
            yield (
                f"split.val: received {split['val']}, expected less than "
                f"{1 - 1 / split['folds']:.3g}, which {split['folds']} folds leave"
            )
    else:
        fractions = {name: split[name] for name in ("train", "val", "test")}
        given = {name for name, fraction in fractions.items() if fraction > 0}
        if not math.isclose(sum(fractions.values()), 1, abs_tol=1e-6):
            parts = " + ".join(f"{name} {fraction}" for name, fraction in fractions.items())
            total = f"{sum(fractions.values()):.6g}"
            yield f"split: received {parts} = {total}, expected fractions that sum to 1"
    for name in config["evaluation"]["splits"]:
        if name not in given:
            filled = listed(sorted(given - {None, "own"}))
            yield f"evaluation.splits: received {name}, expected a split with images: {filled}"


def check_groups(config: dict) -> Iterator[str]:
    split = config["split"]
    group_by, keep = split["group_by"] or {}, split["keep"]
    if "pattern" in group_by:
        try:
            count = re.compile(group_by["pattern"]).groups
        except re.error as error:
            yield f"split.group_by.pattern: received {show(group_by['pattern'])}: {error}"
        else:
            if count != 1:
                yield (
                    f"split.group_by.pattern: received {show(group_by['pattern'])} with {count} "
                    "groups, expected one, in parentheses"
                )
    if "table" in group_by:
        path = group_by["table"]["file"]
        yield from missing("split.group_by.table.file", path, Path.is_file, "a file")
    own = split["lists"] or any("split" in source for source in config["sources"])
    for key in ("folds", "keep"):
        if split[key] and own:
            yield f"split.{key}: received together with a split of your own, expected one of them"
    if keep:
        folds = [f"fold{number}" for number in range(split["folds"] or 0)]
        if folds and "{fold}" not in keep:
            yield f"split.keep: received {show(keep)}, expected a file for each {{fold}}"
        for path in sorted({keep.replace("{fold}", fold) for fold in folds or ["holdout"]}):
            yield from missing("split.keep", path, Path.is_file, "a file")
            if Path(path).is_relative_to(Path("results", config["dataset"], "splits")):
                yield f"split.keep: {path} is written anew by the run; copy it elsewhere first"


def check_recipes(config: dict) -> Iterator[str]:
    for name, recipe in config["inputs"].items():
        for key, neutral in (("scale", 1.0), ("overlap", 0), ("empty_windows", 1.0)):
            if recipe["mode"] == "resize" and recipe[key] != neutral:
                yield (
                    f"inputs.{name}.{key}: received {show(recipe[key])}, "
                    f"expected {neutral} unless mode is crop"
                )
        if recipe["overlap"] >= recipe["size"]:
            yield (
                f"inputs.{name}.overlap: received {recipe['overlap']}, "
                f"expected less than the input's size, {recipe['size']}"
            )
        low, high = recipe["augmentation"].get("scale", [1, 1])
        if low > high:
            yield (
                f"inputs.{name}.augmentation.scale: received {show([low, high])}, "
                "expected the smaller factor first"
            )


def check_prediction(config: dict) -> Iterator[str]:
    window, overlap = (config["prediction"][key] for key in ("window", "overlap"))
    if 2 * overlap > window:
        yield (
            f"prediction.overlap: received {overlap}, "
            f"expected at most half of prediction.window, {window}"
        )


def check_new_images(config: dict) -> Iterator[str]:
    asked = config["new_images"]
    if asked:
        folder, model = asked["folder"], asked["model"]
        wrong = list(missing("new_images.folder", folder, Path.is_dir, "a folder"))
        yield from wrong
        if not wrong and not new_images.images(folder):
            yield (
                f"new_images.folder: {folder} has no image, expected files that end in "
                f"{listed(new_images.SUFFIXES)}"
            )
        if model is not None and model not in config["models"]:
            yield (
                f"new_images.model: received {show(model)}, "
                f"expected one of the models: {listed(config['models'])}"
            )


def check_classes(config: dict) -> Iterator[str]:
    items = config["classes"] or []
    items = [{"name": item, "from": [item]} if isinstance(item, str) else item for item in items]
    names = [item["name"] for item in items]
    origins = [origin for item in items for origin in item["from"]]
    for what, values in (("name", names), ("class of the sources", origins)):
        for value in dict.fromkeys(values):
            if values.count(value) > 1:
                yield f"classes: received the {what} {show(value)} twice, expected it once"


CHECKS = (
    check_sources,
    check_intensity,
    check_classes,
    check_split,
    check_groups,
    check_recipes,
    check_prediction,
    check_inputs_of_models,
    check_patience,
    check_weights,
    check_new_images,
)


# The file itself


def syntax_problems(path: str) -> list[str]:
    """What YAML cannot read, or reads without a word: a key that is there twice."""
    if not Path(path).exists():
        return []  # Snakemake says so
    try:
        return [f"{path}, {line}" for line in twice(yaml.compose(Path(path).read_text("utf-8")))]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return [f"{path}, line {mark.line + 1}, column {mark.column + 1}: {error.problem}"]
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return [f"{path}: expected YAML in UTF-8 ({error})"]


def twice(node: yaml.Node | None) -> Iterator[str]:
    if isinstance(node, yaml.MappingNode):
        lines = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in lines:
                yield f"line {line}: the key {key.value} stands in line {lines[key.value]} too"
            lines[key.value] = line
            yield from twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from twice(value)
