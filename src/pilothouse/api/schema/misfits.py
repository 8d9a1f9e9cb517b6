"""What an apply configuration states that the schema of its kind cannot hold."""

from __future__ import annotations

from typing import Any

from pilothouse.api.schema.node import Schema

_OF_OBJECTS = frozenset(("apiVersion", "kind", "metadata"))
_UNTYPED = frozenset(("quantity", "int-or-string"))
"""Formats of built-in kinds that take numbers as well as text."""
_KINDS = {str: "string", bool: "bool", int: "int", float: "float64", dict: "map", list: "list"}


def first_misfit(schema: Schema | None, value: Any, path: str) -> str:
    """Return the first problem, empty when there is none."""
    if schema is None or value is None or schema.int_or_string or schema.format in _UNTYPED:
        return ""
    if isinstance(value, dict):
        return _in_object(schema, value, path)
    if isinstance(value, list):
        if schema.type not in ("array", ""):
            return _wrong(schema, value, path)
        for index, item in enumerate(value):
            problem = first_misfit(schema.items, item, f"{path}[{index}]")
            if problem:
                return problem
        return ""
    return "" if _fits(schema.type, value) else _wrong(schema, value, path)


def _in_object(schema: Schema, value: dict[str, Any], path: str) -> str:
    if schema.type not in ("object", ""):
        return _wrong(schema, value, path)
    is_open = schema.preserve_unknown or schema.embedded or (not schema.properties and schema.additional is None)
    for key, item in value.items():
        if key in _OF_OBJECTS and (schema.embedded or not (path or schema.name)):
            continue
        below = schema.properties.get(key) or schema.additional
        if below is None and not is_open:
            return f"{path}.{key}: field not declared in schema"
        problem = first_misfit(below, item, f"{path}.{key}")
        if problem:
            return problem
    return ""


def _fits(kind: str, value: Any) -> bool:
    if kind == "string":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("integer", "number"):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return kind == ""


def _wrong(schema: Schema, value: Any, path: str) -> str:
    if schema.type in ("integer", "number"):
        return f"{path}: expected numeric (int or float), got {_KINDS.get(type(value), 'null')}"
    wanted = {"object": "map", "array": "list"}.get(schema.type, schema.type)
    if schema.type == "string" and not isinstance(value, (dict, list)):
        return f"{path}: expected string, got &value.valueUnstructured{{Value:{str(value).lower()}}}"
    return f"{path}: expected {wanted}, got &{{{value}}}"
