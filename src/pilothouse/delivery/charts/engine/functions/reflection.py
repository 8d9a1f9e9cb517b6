"""sprig's functions about values themselves: types, kinds, defaults, deep comparison and copies."""

from __future__ import annotations

from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.convert import is_empty
from pilothouse.delivery.charts.engine.values.kinds import kind_of, type_name

_MAX_DEPTH = 1000


def deep_equal(a: Any, b: Any, depth: int = 0) -> bool:
    """Compare as reflect.DeepEqual: types must be the same at every level."""
    if type(a) is not type(b):
        return False
    if depth > _MAX_DEPTH:
        raise FunctionError("the value is nested too deeply to compare")
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(deep_equal(v, b[k], depth + 1) for k, v in a.items())
    if isinstance(a, list):
        return len(a) == len(b) and all(deep_equal(x, y, depth + 1) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def deep_copy(value: Any, depth: int = 0) -> Any:
    """Copy maps and slices at every level."""
    if depth > _MAX_DEPTH:
        raise FunctionError("the value is nested too deeply to copy")
    if isinstance(value, dict):
        copied = {k: deep_copy(v, depth + 1) for k, v in value.items()}
        return copied if type(value) is dict else type(value)(copied)
    if isinstance(value, list):
        items = [deep_copy(v, depth + 1) for v in value]
        return items if type(value) is list else type(value)(items)
    return value


def _copy(value: Any) -> Any:
    if value is None:
        raise FunctionError("reflect: call of reflect.Value.Type on zero Value")
    return deep_copy(value)


def _default(fallback: Any, *given: Any) -> Any:
    return fallback if not given or is_empty(given[0]) else given[0]


def _coalesce(*values: Any) -> Any:
    return next((v for v in values if not is_empty(v)), None)


def _type_is_like(wanted: str, value: Any) -> bool:
    name = type_name(value)
    return name in (wanted, "*" + wanted)


def _kind(value: Any) -> str:
    kind = kind_of(value)
    return "ptr" if kind == "struct" and type_name(value).startswith("*") else kind


TABLE = (
    ("typeOf", "any -> string", type_name),
    ("typeIs", "string, any -> bool", lambda wanted, value: type_name(value) == wanted),
    ("typeIsLike", "string, any -> bool", _type_is_like),
    ("kindOf", "any -> string", _kind),
    ("kindIs", "string, any -> bool", lambda wanted, value: _kind(value) == wanted),
    ("deepEqual", "any, any -> bool", deep_equal),
    ("deepCopy", "any -> ", _copy),
    ("mustDeepCopy", "any -> ", _copy),
    ("default", "any, ...any -> ", _default),
    ("empty", "any -> bool", is_empty),
    ("coalesce", "...any -> ", _coalesce),
    ("all", "...any -> bool", lambda *v: not any(is_empty(x) for x in v)),
    ("any", "...any -> bool", lambda *v: any(not is_empty(x) for x in v)),
)
