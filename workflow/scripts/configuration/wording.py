"""What is wrong with a value, in one line and in words that need no knowledge of JSON schema."""

import difflib
import json
from collections.abc import Iterator

import jsonschema


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
        hint = number_in_text(value) if expects_number(schema) else ""
        yield f"{place(error.path)}: received {show(value)}, expected {expected(schema)}{hint}"


def expects_number(schema: dict) -> bool:
    types = str(schema.get("type"))
    return "number" in types or "integer" in types


def number_in_text(value) -> str:
    """Why a number that was written arrived as text; empty if none was."""
    if not (isinstance(value, str) and is_number(value)):
        return ""
    if "e" in value.lower():
        return f" (YAML takes {value} for text: write it with a point, such as 1.0e-3)"
    return " (this is text: write it without quotes)"


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
