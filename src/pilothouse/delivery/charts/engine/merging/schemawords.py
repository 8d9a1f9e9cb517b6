"""Word schema violations as the validator Helm uses does: one indented line per place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pilothouse.delivery.charts.engine.values.quote import go_quote

_LIMITS = {
    "Minimum": "minimum",
    "Maximum": "maximum",
    "ExclusiveMinimum": "exclusiveMinimum",
    "ExclusiveMaximum": "exclusiveMaximum",
    "MinLength": "minLength",
    "MaxLength": "maxLength",
    "MinItems": "minItems",
    "MaxItems": "maxItems",
    "MinProperties": "minProperties",
    "MaxProperties": "maxProperties",
}


def _quoted(text: str) -> str:
    return "'" + go_quote(text)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


def _pointer(path: Any) -> str:
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in path)


def _type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names: dict[type, str] = {dict: "object", list: "array", str: "string"}
    return names.get(type(value), "number")


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _wanted(error: Any) -> str:
    types = error.kind.types
    wanted = [types] if isinstance(types, str) else sorted(types)
    return f"got {_type(error.instance)}, want {' or '.join(wanted)}"


def _equal_items(error: Any) -> str:
    items = error.instance
    for second, value in enumerate(items):
        if value in items[:second]:
            return f"items at {items.index(value)} and {second} are equal"
    return "items are not unique"


def _several(error: Any) -> str:
    matched = [str(i) for i, inner in enumerate(error.kind.context) if not inner][:2]
    return f"'oneOf' failed, subschemas {', '.join(matched)} matched"


_MESSAGES: dict[str, Callable[[Any], str]] = {
    "Required": lambda e: f"missing property {_quoted(str(e.kind.property))}",
    "Type": _wanted,
    "AdditionalProperties": lambda e: f"additional properties {', '.join(_quoted(u) for u in e.kind.unexpected)} not allowed",
    "Enum": lambda e: (
        f"value must be {_shown(e.kind.options[0])}"
        if len(e.kind.options) == 1
        else f"value must be one of {', '.join(_shown(o) for o in e.kind.options)}"
    ),
    "Pattern": lambda e: f"{_quoted(e.instance)} does not match pattern {_quoted(e.kind.pattern)}",
    "Constant": lambda e: f"value must be {_shown(e.kind.expected_value)}",
    "Format": lambda e: f"{_quoted(str(e.instance))} is not valid {e.kind.format}",
    "MultipleOf": lambda e: f"multipleOf: got {_shown(e.instance)}, want {_shown(e.kind.multiple_of)}",
    "Not": lambda _: "'not' failed",
    "FalseSchema": lambda _: "false schema",
    "UniqueItems": _equal_items,
    "OneOfMultipleValid": _several,
    "Contains": lambda _: "no items match contains schema",
    "PropertyNames": lambda e: f"invalid propertyName {_quoted(str(e.instance))}",
}


def _message(error: Any, schema: Any) -> str:
    name = type(error.kind).__name__.rpartition("_")[2]
    if name == "Required" and "dependentRequired" in list(error.schema_path):
        return _dependent(error, schema)
    if name in _LIMITS:
        instance = error.instance
        got = len(instance) if isinstance(instance, (str, list, dict)) else instance
        return f"{_LIMITS[name]}: got {got:,}, want {error.kind.limit:,}"
    if name in _MESSAGES:
        return _MESSAGES[name](error)
    return re.sub(r'^"?.*?"? is', "value is", error.message)


def _dependent(error: Any, schema: Any) -> str:
    place = schema
    for part in error.schema_path:
        place = place.get(part) if isinstance(place, dict) else None
    missing = str(error.kind.property)
    known = place if isinstance(place, dict) else {}
    cause = next((k for k, names in known.items() if missing in names and k in error.instance), "")
    return f"properties {_quoted(missing)} required, if {_quoted(cause)} exists"


def _lines(errors: list[Any], schema: Any, pad: str) -> list[str]:
    missing: dict[str, list[str]] = {}
    for error in errors:
        message = _message(error, schema)
        if message.startswith("missing property "):
            missing.setdefault(_pointer(error.instance_path), []).append(message.removeprefix("missing property "))
    out: list[str] = []
    for error in errors:
        place = _pointer(error.instance_path)
        message = _message(error, schema)
        if message.startswith("missing property "):
            names = missing.pop(place, None)
            if names is None:
                continue
            message = f"missing {'property' if len(names) == 1 else 'properties'} {', '.join(names)}"
        name = type(error.kind).__name__.rpartition("_")[2]
        if name in ("AnyOf", "OneOfNotValid"):
            failed = "'anyOf' failed" if name == "AnyOf" else "'oneOf' failed, none matched"
            out.append(f"{pad}- at '{place}': {failed}\n")
            for inner in error.kind.context:
                out += _lines(inner, schema, pad + "  ")
        else:
            out.append(f"{pad}- at '{place}': {message}\n")
    return out


def describe(errors: list[Any], schema: Any) -> str:
    """Return the lines for a list of violations, empty when there are none."""
    return "".join(_lines(errors, schema, ""))


_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SPLIT = ("2019-09", "2020-12")
"""Dialects whose metaschema is put together by allOf."""


def describe_metaschema(error: Any, schema: Any) -> str:
    """Return the lines for a schema that is none itself."""
    given = schema.get("$schema") if isinstance(schema, dict) else None
    dialect = given.rstrip("#") if isinstance(given, str) else _DIALECT
    head = f"jsonschema validation failed with {_quoted(dialect + '#')}\n"
    if not any(name in dialect for name in _SPLIT):
        return (head + "".join(_lines([error], {}, ""))).rstrip("\n")
    return (head + "- at '': 'allOf' failed\n" + "".join(_lines([error], {}, "  "))).rstrip("\n")
