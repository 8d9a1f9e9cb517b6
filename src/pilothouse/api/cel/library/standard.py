"""Operators, sizes, membership: the functions behind the symbols of the language."""

from __future__ import annotations

import math
from typing import Any

from pilothouse.api.cel.functions import Row
from pilothouse.api.cel.values import (
    MAX_SIZE,
    TOO_EXPENSIVE,
    CostExceeded,
    Duration,
    EvalError,
    MapList,
    SetList,
    Timestamp,
    UInt,
    contains,
    equal,
    int64,
    optional_member,
    uint64,
)

MAX_TIME, MIN_TIME = 253402300799999999999, -62135596800000000000
"""The last and the first nanosecond of the years 1 to 9999."""


def _divide(left: int, right: int) -> int:
    if right == 0:
        raise EvalError("division by zero")
    quotient = abs(left) // abs(right)
    return int64(quotient if (left < 0) == (right < 0) else -quotient)


def _modulo(left: int, right: int) -> int:
    if right == 0:
        raise EvalError("modulus by zero")
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def _divide_unsigned(left: int, right: int) -> UInt:
    if right == 0:
        raise EvalError("division by zero")
    return UInt(left // right)


def _modulo_unsigned(left: int, right: int) -> UInt:
    if right == 0:
        raise EvalError("modulus by zero")
    return UInt(left % right)


def _divide_double(left: float, right: float) -> float:
    if right:
        return left / right
    return math.nan if not left or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1.0, right)


def _double(operation: str) -> Any:
    def run(left: float, right: float) -> float:
        try:
            return left + right if operation == "+" else left - right if operation == "-" else left * right
        except OverflowError:
            return math.inf

    return run


def time(value: int) -> Timestamp:
    """Return a timestamp in range; raises `EvalError`."""
    if MIN_TIME <= value <= MAX_TIME:
        return Timestamp(value)
    raise EvalError("timestamp overflow")


def span(value: int) -> Duration:
    """Return a duration in range; raises `EvalError`."""
    return Duration(int64(value))


def _concat(left: list[Any], right: list[Any]) -> list[Any]:
    if isinstance(left, SetList):
        return SetList([*left, *(item for item in right if not contains(left, item))])
    if isinstance(left, MapList):
        found = {left.key_of(item): item for item in left}
        found.update((left.key_of(item), item) for item in right)
        out = MapList(found.values())
        out.keys = left.keys
        return out
    if len(left) + len(right) > MAX_SIZE:
        raise CostExceeded(TOO_EXPENSIVE)
    return [*left, *right]


def _index(items: list[Any], position: Any) -> Any:
    if isinstance(position, float):
        if not position.is_integer():
            raise EvalError(f"unsupported index value {position}")
        position = int(position)
    if not 0 <= position < len(items):
        raise EvalError(f"index out of bounds: {position}")
    return items[position]


def _lookup(entries: dict[Any, Any], key: Any) -> Any:
    try:
        return entries[key]
    except KeyError:
        raise EvalError(f"no such key: {key}") from None


def _in_map(key: Any, entries: dict[Any, Any]) -> bool:
    return key in entries


def _negate(value: int) -> int:
    return int64(-value)


_ORDERED = ("bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration")
_NUMBERS = ("int", "uint", "double")
_PAIRS = [(kind, kind) for kind in _ORDERED] + [(one, other) for one in _NUMBERS for other in _NUMBERS if one != other]
_COMPARE: tuple[tuple[str, Any], ...] = (
    ("_<_", lambda left, right: left < right),
    ("_<=_", lambda left, right: left <= right),
    ("_>_", lambda left, right: left > right),
    ("_>=_", lambda left, right: left >= right),
)

ROWS: list[Row] = [
    ("_==_", "(A, A) bool", equal),
    ("_!=_", "(A, A) bool", lambda left, right: not equal(left, right)),
    *((name, f"({left}, {right}) bool", run) for name, run in _COMPARE for left, right in _PAIRS),
    ("_&&_", "(bool, bool) bool", None),
    ("_||_", "(bool, bool) bool", None),
    ("!_", "(bool) bool", lambda value: not value),
    ("_?_:_", "(bool, A, A) A", None),
    ("_+_", "(int, int) int", lambda left, right: int64(left + right)),
    ("_+_", "(uint, uint) uint", lambda left, right: uint64(left + right)),
    ("_+_", "(double, double) double", _double("+")),
    ("_+_", "(string, string) string", lambda left, right: left + right),
    ("_+_", "(bytes, bytes) bytes", lambda left, right: left + right),
    ("_+_", "(list<A>, list<A>) list<A>", _concat),
    ("_+_", "(duration, duration) duration", lambda left, right: span(left + right)),
    ("_+_", "(timestamp, duration) timestamp", lambda left, right: time(left + right)),
    ("_+_", "(duration, timestamp) timestamp", lambda left, right: time(left + right)),
    ("_-_", "(int, int) int", lambda left, right: int64(left - right)),
    ("_-_", "(uint, uint) uint", lambda left, right: uint64(left - right)),
    ("_-_", "(double, double) double", _double("-")),
    ("_-_", "(duration, duration) duration", lambda left, right: span(left - right)),
    ("_-_", "(timestamp, timestamp) duration", lambda left, right: span(left - right)),
    ("_-_", "(timestamp, duration) timestamp", lambda left, right: time(left - right)),
    ("_*_", "(int, int) int", lambda left, right: int64(left * right)),
    ("_*_", "(uint, uint) uint", lambda left, right: uint64(left * right)),
    ("_*_", "(double, double) double", _double("*")),
    ("_/_", "(int, int) int", _divide),
    ("_/_", "(uint, uint) uint", _divide_unsigned),
    ("_/_", "(double, double) double", _divide_double),
    ("_%_", "(int, int) int", _modulo),
    ("_%_", "(uint, uint) uint", _modulo_unsigned),
    ("-_", "(int) int", _negate),
    ("-_", "(double) double", lambda value: -value),
    ("@in", "(A, list<A>) bool", lambda value, items: contains(items, value)),
    ("@in", "(A, map<A, B>) bool", _in_map),
    ("_[_]", "(list<A>, int) A", _index),
    ("_[_]", "(map<A, B>, A) B", _lookup),
    ("_[?_]", "(list<A>, int) optional<A>", None),
    ("_[?_]", "(optional<list<A>>, int) optional<A>", None),
    ("_[?_]", "(map<A, B>, A) optional<B>", None),
    ("_[?_]", "(optional<map<A, B>>, A) optional<B>", None),
    ("_[_]", "(optional<list<A>>, int) optional<A>", optional_member),
    ("_[_]", "(optional<map<A, B>>, A) optional<B>", optional_member),
    *(row for kind in ("string", "bytes", "list<A>", "map<A, B>")
      for row in (("size", f"({kind}) int", len), ("size", f"{kind}.() int", len))),
]  # fmt: skip
