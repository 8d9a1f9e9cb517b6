"""Read a body the way the typed decoders of Kubernetes do, in one pass.

Called for every write of a built-in kind. The result is a fresh tree in the form the reference server would answer with:
unknown fields dropped, null and empty values dropped where the Go type would not write them, structs held by value filled in,
quantities and times in canonical form. A value of the wrong type raises `DecodeError` with the message of the JSON decoder.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from typing import Any

from pilothouse.api.quantity import canonical
from pilothouse.api.schema.node import Schema
from pilothouse.api.schema.times import canonical_micro_time, canonical_time
from pilothouse.kit.errors import BadRequest

_INT_RANGE = {"int32": 2**31, "int64": 2**63}
_DROP: Any = object()
_NULL = 2
"""The mark of fields that are written as null when nobody set them; others are written as the zero of their type."""
_JSON_TYPES: dict[type[Any], str] = {str: "string", list: "array", dict: "object"}


class DecodeError(BadRequest):
    """A value does not fit the type of its field."""


class _Mismatch(Exception):
    """A value of the wrong JSON type; the frames above add the path."""

    def __init__(self, found: str, wanted: str) -> None:
        self.found, self.wanted = found, wanted
        self.struct = ""
        self.path: list[str] = []

    def text(self) -> str:
        where = f"Go struct field {self.struct}.{'.'.join(reversed(self.path))}" if self.path else "Go value"
        return f"json: cannot unmarshal {self.found} into {where} of type {self.wanted}"


def decode(schema: Schema, value: Any) -> tuple[Any, bool]:
    """Return (the canonical form of `value`, whether unknown fields were dropped); raises DecodeError."""
    seen = [False]
    try:
        result = _object(schema, value, seen)
    except _Mismatch as mismatch:
        raise DecodeError(mismatch.text()) from mismatch
    for key in nulled(schema):
        if value.get(key) == []:
            result[key] = []
    return result, seen[0]


def nulled(schema: Schema) -> tuple[str, ...]:
    """Return the lists at the top of a kind that are stored as null when they are empty.

    Until then an empty one that somebody gave is not the same as none: who gave it owns it.
    """
    found = schema.nulled
    if found is None:
        rows = fillers(schema) if "gvk" in schema.raw else ()
        found = schema.nulled = tuple(key for key, make in rows if schema.properties[key].type == "array" and make() is None)
    return found


def go_type(schema: Schema) -> str:
    """Return the Go type that messages name for a node."""
    if schema.name:
        parts = schema.name.split(".")
        return f"{parts[-2]}.{parts[-1]}" if len(parts) > 1 else schema.name
    kind = schema.type
    if kind == "array":
        return f"[]{go_type(schema.items)}" if schema.items is not None else "[]interface {}"
    if kind == "object" and schema.additional is not None:
        return f"map[string]{go_type(schema.additional)}"
    if kind == "integer":
        return schema.format or "int64"
    return {"boolean": "bool", "number": "float64"}.get(kind, kind or "interface {}")


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, float):
        return f"number {value}"
    if isinstance(value, int):
        return "number"
    return _JSON_TYPES.get(type(value), "null")


def _object(schema: Schema, value: Any, seen: list[bool]) -> Any:
    if not isinstance(value, dict):
        raise _Mismatch(_json_type(value), go_type(schema))
    properties = schema.properties
    if not properties:
        return value
    out: dict[str, Any] = {}
    for key, raw in value.items():
        child = properties.get(key)
        if child is None:
            seen[0] = True
            continue
        if raw is None:
            continue
        try:
            result = _value(child, raw, seen)
        except _Mismatch as mismatch:
            mismatch.struct = mismatch.struct or _struct(schema)
            mismatch.path.append(key)
            raise
        if result is not _DROP:
            out[key] = result
    for key, make in fillers(schema):
        if key not in out:
            out[key] = make()
    return out


def _struct(schema: Schema) -> str:
    return schema.name.rsplit(".", 1)[-1]


def fillers(schema: Schema) -> tuple[tuple[str, Callable[[], Any]], ...]:
    """Return the fields the Go type writes even when nobody set them."""
    found = schema.fillers
    if found is None:
        rows: list[tuple[str, Callable[[], Any]]] = []
        for key, child in schema.properties.items():
            if "x-present" in child.raw:
                rows.append((key, _filled(child)))
            elif (key in schema.required and "x-optional" not in child.raw) or "x-null" in child.raw:
                rows.append((key, _zero(child)))
        found = schema.fillers = tuple(rows)
    return found


def _filled(child: Schema) -> Callable[[], Any]:
    return lambda: {key: make() for key, make in fillers(child)}


def _zero(child: Schema) -> Callable[[], Any]:
    if child.type == "object" and child.properties:
        return _filled(child)
    if child.raw.get("x-null") == _NULL:
        return lambda: None
    zero = {"string": "", "integer": 0, "boolean": False, "number": 0}.get(child.type)
    if child.format in ("date-time", "quantity", "int-or-string") or child.type == "object":
        zero = {"quantity": "0", "int-or-string": 0}.get(child.format)
    return lambda: zero


def _value(schema: Schema, raw: Any, seen: list[bool]) -> Any:
    kind = schema.type
    if kind == "string":
        return _text(schema, raw)
    if kind == "object":
        if schema.properties:
            return _object(schema, raw, seen)
        return _map(schema, raw, seen)
    if kind == "array":
        return _list(schema, raw, seen)
    if kind == "integer":
        if type(raw) is not int:
            raise _Mismatch(_json_type(raw), go_type(schema))
        bound = _INT_RANGE.get(schema.format, 2**63)
        if not -bound <= raw < bound:
            raise _Mismatch(f"number {raw}", go_type(schema))
        return _DROP if raw == 0 and "x-zero" in schema.raw else raw
    if kind == "boolean":
        if not isinstance(raw, bool):
            raise _Mismatch(_json_type(raw), "bool")
        return _DROP if not raw and "x-zero" in schema.raw else raw
    return raw


def _map(schema: Schema, raw: Any, seen: list[bool]) -> Any:
    if not isinstance(raw, dict):
        raise _Mismatch(_json_type(raw), go_type(schema))
    child = schema.additional
    if child is None:
        return raw
    if not raw:
        return _DROP
    if child.type == "string" and not child.format:
        for item in raw.values():
            if not isinstance(item, str):
                if item is None:
                    return {key: "" if text is None else text for key, text in raw.items()}
                raise _Mismatch(_json_type(item), go_type(child))
        return raw
    out = {}
    for key, item in raw.items():
        result = _value(child, item, seen) if item is not None else _DROP
        out[key] = _blank(child) if result is _DROP else result
    return out


def _blank(child: Schema) -> Any:
    if child.properties:
        return {key: make() for key, make in fillers(child)}
    return None if child.type in ("array", "object") else _zero(child)()


def _list(schema: Schema, raw: Any, seen: list[bool]) -> Any:
    if not isinstance(raw, list):
        raise _Mismatch(_json_type(raw), go_type(schema))
    if not raw:
        return [] if "x-empty" in schema.raw else _DROP
    child = schema.items
    if child is None:
        return raw
    out = []
    for item in raw:
        if item is None:
            out.append({key: make() for key, make in fillers(child)} if child.properties else _zero(child)())
            continue
        result = _value(child, item, seen)
        out.append(_blank(child) if result is _DROP else result)
    return out


def _quantity(raw: Any) -> str:
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float)):
        raise DecodeError(f"json: cannot unmarshal {_json_type(raw)} into Go value of type resource.Quantity")
    return canonical(str(raw))


def _text(schema: Schema, raw: Any) -> Any:
    form = schema.format
    if form == "quantity":
        return _quantity(raw)
    if form == "int-or-string":
        if isinstance(raw, bool) or not isinstance(raw, (str, int)):
            raise _Mismatch(_json_type(raw), "int32" if isinstance(raw, float) else "string")
        return raw
    if not isinstance(raw, str):
        raise _Mismatch(_json_type(raw), "[]uint8" if form == "byte" else go_type(schema))
    if form == "byte":
        return _base64(raw)
    if form == "date-time":
        return _time(schema, raw)
    if not raw and "x-zero" in schema.raw:
        return _DROP
    return raw


def _time(schema: Schema, raw: str) -> Any:
    if not raw:
        return _DROP
    return canonical_micro_time(raw) if schema.name.endswith("MicroTime") else canonical_time(raw)


def _base64(raw: str) -> str:
    try:
        binascii.a2b_base64(raw, strict_mode=True)
    except (binascii.Error, ValueError):
        text = raw.rstrip("=")
        bad = next(
            (i for i, c in enumerate(text) if not (c.isascii() and (c.isalnum() or c in "+/"))), max(len(text) // 4 * 4, 0)
        )
        raise DecodeError(f"illegal base64 data at input byte {bad}") from None
    return raw


def unknown_fields(schema: Schema, value: Any, path: str = "") -> list[str]:
    """Return the paths of fields that `schema` does not have, in order."""
    found: list[str] = []
    if isinstance(value, Mapping):
        properties = schema.properties
        for key, item in value.items():
            below = f"{path}.{key}" if path else key
            child = properties.get(key) or (schema.additional if not properties else None)
            if child is not None:
                found += unknown_fields(child, item, below)
            elif properties:
                found.append(below)
    elif isinstance(value, list) and schema.items is not None:
        for index, item in enumerate(value):
            found += unknown_fields(schema.items, item, f"{path}[{index}]")
    return found
