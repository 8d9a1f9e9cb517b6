"""The comparison builtins eq, ne, lt, le, gt and ge with Go's type rules and error texts."""

from __future__ import annotations

from typing import Any

from pilothouse.delivery.charts.engine.values.kinds import kind_of, type_name
from pilothouse.delivery.charts.engine.values.printf import sprintf

_BASIC = {
    "bool": "bool",
    "complex128": "complex",
    "int": "int",
    "int8": "int",
    "int16": "int",
    "int32": "int",
    "int64": "int",
    "float32": "float",
    "float64": "float",
    "string": "string",
    "uint": "uint",
    "uint8": "uint",
    "uint16": "uint",
    "uint32": "uint",
    "uint64": "uint",
    "uintptr": "uint",
}
_INTEGERS = frozenset(("int", "uint"))


class CompareError(ValueError):
    """The values cannot be compared; the message is Go's."""


def _comparable(value: Any) -> bool:
    return kind_of(value) not in ("map", "slice", "func")


def _incompatible(a: Any, b: Any) -> CompareError:
    def shown(value: Any) -> str:
        return "nil" if value is None else type_name(value)

    return CompareError(f"incompatible types for comparison: {shown(a)} and {shown(b)}")


def equal_one(a: Any, b: Any) -> bool:
    """Compare two values as `eq` does; raises CompareError."""
    kind_a, kind_b = kind_of(a), kind_of(b)
    basic_a, basic_b = _BASIC.get(kind_a), _BASIC.get(kind_b)
    if basic_a is not None and basic_b is not None:
        if basic_a == basic_b or (basic_a in _INTEGERS and basic_b in _INTEGERS):
            return bool(a == b)
        raise _incompatible(a, b)
    if a is None or b is None:
        return a is b
    if (basic_a is None) != (basic_b is None):
        raise _incompatible(a, b)
    if not _comparable(a) or not _comparable(b):
        worst = b if not _comparable(b) else a
        raise CompareError(f"non-comparable type {sprintf('%s', worst)}: {type_name(worst)}")
    return bool(a is b or a == b)


def equal(first: Any, *others: Any) -> bool:
    """`eq a b c`: whether the first equals any other."""
    if type(first) is str and len(others) == 1 and type(others[0]) is str:
        return first == others[0]
    if not others:
        raise CompareError("missing argument for comparison")
    return any(equal_one(first, other) for other in others)


def not_equal(a: Any, b: Any) -> bool:
    """`ne a b`."""
    return not equal(a, b)


def less(a: Any, b: Any) -> bool:
    """`lt a b`; raises CompareError."""
    basic_a, basic_b = _BASIC.get(kind_of(a)), _BASIC.get(kind_of(b))
    if basic_a is None or basic_b is None:
        raise CompareError("invalid type for comparison")
    if basic_a != basic_b and not (basic_a in _INTEGERS and basic_b in _INTEGERS):
        raise _incompatible(a, b)
    if basic_a in ("bool", "complex"):
        raise CompareError("invalid type for comparison")
    if basic_a == "string" and not (a.isascii() and b.isascii()):
        return bool(a.encode("utf-8", "surrogateescape") < b.encode("utf-8", "surrogateescape"))
    return bool(a < b)


def less_equal(a: Any, b: Any) -> bool:
    """`le a b`."""
    return less(a, b) or equal_one(a, b)


def greater(a: Any, b: Any) -> bool:
    """`gt a b`."""
    return not less_equal(a, b)


def greater_equal(a: Any, b: Any) -> bool:
    """`ge a b`."""
    return not less(a, b)
