"""Lists, sets and values that may be absent.

Source: Kubernetes lists library, CEL sets extension, CEL optional values.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from pilothouse.api.cel.functions import Row
from pilothouse.api.cel.library.standard import span
from pilothouse.api.cel.values import ABSENT, NONE, EvalError, Optional, UInt, contains, equal, int64, uint64

_ORDERED = ("int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes")


def _is_sorted(items: list[Any]) -> bool:
    return all(left <= right for left, right in pairwise(items))


def _extreme(name: str, pick: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    def run(items: list[Any]) -> Any:
        if not items:
            raise EvalError(f"{name} called on empty list")
        return pick(items)

    return run


def _index_of(items: list[Any], value: Any) -> int:
    return next((index for index, item in enumerate(items) if equal(item, value)), -1)


def _last_index_of(items: list[Any], value: Any) -> int:
    return next((index for index in range(len(items) - 1, -1, -1) if equal(items[index], value)), -1)


def _contains_all(items: list[Any], wanted: list[Any]) -> bool:
    return all(contains(items, item) for item in wanted)


def _value(optional: Optional) -> Any:
    if optional.value is ABSENT:
        raise EvalError("optional.none() dereference")
    return optional.value


def _of_non_zero(value: Any) -> Optional:
    is_zero = value is None or value is False or (not isinstance(value, bool) and hasattr(value, "__len__") and not len(value))
    return NONE if is_zero or (isinstance(value, (int, float)) and not value) else Optional(value)


LISTS: list[Row] = [
    *(("isSorted", f"list<{kind}>.() bool", _is_sorted) for kind in _ORDERED),
    ("sum", "list<int>.() int", lambda items: int64(sum(items))),
    ("sum", "list<uint>.() uint", lambda items: uint64(sum(map(int, items), UInt(0)))),
    ("sum", "list<double>.() double", lambda items: float(sum(items))),
    ("sum", "list<duration>.() duration", lambda items: span(sum(map(int, items)))),
    *(("min", f"list<{kind}>.() {kind}", _extreme("min", min)) for kind in _ORDERED),
    *(("max", f"list<{kind}>.() {kind}", _extreme("max", max)) for kind in _ORDERED),
    ("indexOf", "list<A>.(A) int", _index_of),
    ("lastIndexOf", "list<A>.(A) int", _last_index_of),
]
SETS: list[Row] = [
    ("sets.contains", "(list<A>, list<A>) bool", _contains_all),
    ("sets.equivalent", "(list<A>, list<A>) bool", lambda left, right: _contains_all(left, right) and _contains_all(right, left)),
    ("sets.intersects", "(list<A>, list<A>) bool", lambda left, right: any(contains(right, item) for item in left)),
]
OPTIONALS: list[Row] = [
    ("optional.of", "(A) optional<A>", Optional),
    ("optional.ofNonZeroValue", "(A) optional<A>", _of_non_zero),
    ("optional.none", "() optional<A>", lambda: NONE),
    ("value", "optional<A>.() A", _value),
    ("hasValue", "optional<A>.() bool", lambda optional: optional.value is not ABSENT),
    ("or", "optional<A>.(optional<A>) optional<A>", None),
    ("orValue", "optional<A>.(A) A", None),
]
ROWS: list[Row] = [*LISTS, *SETS, *OPTIONALS]
