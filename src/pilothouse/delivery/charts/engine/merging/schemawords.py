"""Word schema violations as the validator Helm uses does: one indented line per place."""

from __future__ import annotations

import re
from typing import Any

from pilothouse.delivery.charts.engine.values.quote import go_quote


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
    return _quoted(value) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _message(error: Any) -> str:
    kind = error.kind
    name = type(kind).__name__.rpartition("_")[2]
    instance = error.instance
    if name == "Required":
        return f"missing property {_quoted(str(kind.property))}"
    if name == "Type":
        wanted = [kind.types] if isinstance(kind.types, str) else list(kind.types)
        return f"got {_type(instance)}, want {' or '.join(wanted)}"
    if name == "AdditionalProperties":
        names = ", ".join(_quoted(u) for u in kind.unexpected)
        return f"additional properties {names} not allowed"
    if name == "Enum":
        return f"value must be one of {', '.join(_shown(o) for o in kind.options)}"
    if name == "Pattern":
        return f"{_quoted(instance)} does not match pattern {_quoted(kind.pattern)}"
    limits = {
        "Minimum": "minimum", "Maximum": "maximum", "ExclusiveMinimum": "exclusiveMinimum",
        "ExclusiveMaximum": "exclusiveMaximum", "MinLength": "minLength", "MaxLength": "maxLength",
        "MinItems": "minItems", "MaxItems": "maxItems", "MinProperties": "minProperties",
        "MaxProperties": "maxProperties",
    }  # fmt: skip
    if name in limits:
        got = len(instance) if isinstance(instance, (str, list, dict)) else instance
        return f"{limits[name]}: got {got:,}, want {kind.limit:,}"
    if name == "Constant":
        return f"value must be {_shown(kind.expected_value)}"
    if name == "Format":
        return f"{_quoted(str(instance))} is not valid {kind.format}"
    return re.sub(r'^"?.*?"? is', "value is", error.message)


def describe(errors: list[Any]) -> str:
    """Return the lines for a list of violations, empty when there are none."""
    lines: dict[str, list[str]] = {}
    missing: dict[str, list[str]] = {}
    for error in errors:
        place = _pointer(error.instance_path)
        message = _message(error)
        if message.startswith("missing property "):
            missing.setdefault(place, []).append(message.removeprefix("missing property "))
            lines.setdefault(place, [])
        else:
            lines.setdefault(place, []).append(message)
    for place, names in missing.items():
        word = "property" if len(names) == 1 else "properties"
        lines[place].insert(0, f"missing {word} {', '.join(names)}")
    return "".join(f"- at '{place}': {message}\n" for place, found in lines.items() for message in found)
