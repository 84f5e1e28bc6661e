"""Validators of the JSON schema: one that is strict about numbers, one that fills in defaults."""

import copy
import math

import jsonschema

Schema = jsonschema.Draft202012Validator


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
