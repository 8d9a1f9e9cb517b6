"""From schemas to types and values: what an expression sees of an object.

`declare` gives the type of a schema with the limits the cost estimate needs; `adapter` turns JSON values into values of that
type. Both follow the same rules: fields without a usable schema do not exist, names that are no CEL names are escaped, times and
durations are values of their own. Source: the schema rules of Kubernetes for CEL.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from pilothouse.api.cel import types
from pilothouse.api.cel.library.times import parse_date, parse_duration, parse_timestamp
from pilothouse.api.cel.parser import RESERVED
from pilothouse.api.cel.types import Field, Type
from pilothouse.api.cel.values import EvalError, MapList, SetList

Raw = dict[str, Any]
Adapt = Callable[[Any], Any]
MAX_REQUEST = 3 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z_./\-][A-Za-z0-9_./\-]*")
_ESCAPES = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))
_RESERVED = RESERVED | {"true", "false", "null", "in"}
_STRINGS = {"duration": (types.DURATION, 3, 32), "date": (types.TIMESTAMP, 12, 12), "date-time": (types.TIMESTAMP, 21, 32)}
_META: Raw = {
    "kind": {"type": "string"},
    "apiVersion": {"type": "string"},
    "metadata": {"type": "object", "properties": {"name": {"type": "string"}, "generateName": {"type": "string"}}},
}
_TEXT: dict[str, Adapt] = {"duration": parse_duration, "date": parse_date, "date-time": parse_timestamp}
_SCALARS = {"boolean": (types.BOOL.sized(0), 4), "number": (types.DOUBLE.sized(0), 1), "integer": (types.INT.sized(0), 1)}


def escape(name: str) -> str | None:
    """Return the CEL name of a field, None when it has none."""
    if not _NAME.fullmatch(name):
        return None
    if name in _RESERVED:
        return f"__{name}__"
    for plain, escaped in _ESCAPES:
        name = name.replace(plain, escaped)
    return name


def declare(raw: Raw, name: str, *, is_resource: bool = False) -> Type | None:
    """Return the type of a schema, None when expressions cannot see its values; a resource has kind and metadata besides."""
    found = measure(raw, name, is_resource=is_resource)
    return None if found is None else found[0]


def with_meta(raw: Raw) -> Raw:
    """Return the schema of a resource with the fields that every resource has."""
    return {**raw, "properties": {**(raw.get("properties") or {}), **_META}}


def measure(raw: Raw, name: str, *, is_resource: bool) -> tuple[Type, int] | None:
    """Return (type of a schema, bytes of its smallest JSON value), None when expressions cannot see its values."""
    if raw.get("x-kubernetes-int-or-string"):
        limit = raw.get("maxLength")
        return types.DYN.sized(MAX_REQUEST - 2 if limit is None else limit * 4), 1
    if is_resource:
        raw = with_meta(raw)
    kind = raw.get("type", "")
    if kind in _SCALARS:
        return _SCALARS[kind]
    if kind == "string":
        return _string(raw)
    if kind == "array":
        return _array(raw, name)
    return _object(raw, name) if kind == "object" else None


def _string(raw: Raw) -> tuple[Type, int]:
    form = raw.get("format", "")
    if form in _STRINGS:
        kind, least, most = _STRINGS[form]
        return kind.sized(most), least
    limit = raw.get("maxLength")
    if form == "byte":
        return types.BYTES.sized(MAX_REQUEST - 2 if limit is None else max(limit, 0)), 2
    if limit is not None:
        return types.STRING.sized(max(limit, 0) * 4), 2
    allowed = [item for item in raw.get("enum") or () if isinstance(item, str)]
    most = max((len(item.encode()) for item in allowed), default=0) if raw.get("enum") else MAX_REQUEST - 2
    return types.STRING.sized(most), 2


def _child(raw: Raw, name: str) -> tuple[Type, int] | None:
    return measure(raw, name, is_resource=bool(raw.get("x-kubernetes-embedded-resource")))


def _array(raw: Raw, name: str) -> tuple[Type, int] | None:
    items = raw.get("items")
    found = _child(items, f"{name}.@idx") if isinstance(items, dict) else None
    if found is None:
        return None
    limit = raw.get("maxItems")
    most = (MAX_REQUEST - 2) // (found[1] + 1) if limit is None else max(limit, 0)
    return types.list_of(found[0], most), 2


def _object(raw: Raw, name: str) -> tuple[Type, int] | None:
    additional = raw.get("additionalProperties")
    if isinstance(additional, dict):
        found = _child(additional, f"{name}.@elem")
        if found is None:
            return None
        limit = raw.get("maxProperties")
        most = (MAX_REQUEST - 2) // (found[1] + 6) if limit is None else max(limit, 0)
        return types.map_of(types.STRING.sized(0), found[0], most), 2
    fields: dict[str, Field] = {}
    needed, size = set(raw.get("required") or ()), 2
    for key, child in (raw.get("properties") or {}).items():
        found = _child(child, f"{name}.{key}")
        if found is None:
            continue
        known = escape(key)
        if known is not None:
            fields[known] = Field(found[0], key)
        if key in needed and child.get("default") is None:
            size += len(key) + found[1] + 4
    return types.object_type(name, fields).sized(0), size


def adapter(raw: Raw) -> Adapt | None:
    """Return how JSON values of a schema become values of expressions; None when they are the same."""
    if raw.get("x-kubernetes-int-or-string"):
        return None
    kind = raw.get("type", "")
    if kind == "string":
        return _text_adapter(raw.get("format", ""))
    if kind == "number":
        return lambda value: float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if kind == "array":
        return _array_adapter(raw)
    return _object_adapter(raw) if kind == "object" else None


def _text_adapter(form: str) -> Adapt | None:
    if form == "byte":
        return _from_base64
    parse = _TEXT.get(form)
    if parse is None:
        return None

    def run(value: Any) -> Any:
        return parse(value) if isinstance(value, str) else value

    return run


def _from_base64(value: Any) -> Any:
    try:
        return base64.b64decode(value) if isinstance(value, str) else value
    except (binascii.Error, ValueError):
        raise EvalError("illegal base64 data") from None


def _array_adapter(raw: Raw) -> Adapt | None:
    items = raw.get("items")
    inner = adapter(items) if isinstance(items, dict) else None
    kind, keys = raw.get("x-kubernetes-list-type"), tuple(raw.get("x-kubernetes-list-map-keys") or ())
    if inner is None and kind not in ("set", "map"):
        return None

    def run(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        found = value if inner is None else [inner(item) for item in value]
        if kind == "set":
            return SetList(found)
        if kind == "map":
            out = MapList(found)
            out.keys = keys
            return out
        return found

    return run


def _object_adapter(raw: Raw) -> Adapt | None:
    additional = raw.get("additionalProperties")
    inner = adapter(additional) if isinstance(additional, dict) else None
    if inner is not None:
        return lambda value: {key: inner(item) for key, item in value.items()} if isinstance(value, dict) else value
    found = {key: adapter(child) for key, child in (raw.get("properties") or {}).items()}
    changed = {key: child for key, child in found.items() if child is not None}
    if not changed:
        return None

    def run(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: changed[key](item) if key in changed else item for key, item in value.items()}

    return run
