"""Values while an expression runs, where Python has no type of its own, and how values compare.

int, float, str, bytes, bool, None, list and dict stand for themselves; unsigned numbers, times and the rest are the classes
below.
Integers are 64 bits wide: results are checked where they are made.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from typing import Any

INT_MAX, INT_MIN, UINT_MAX = 2**63 - 1, -(2**63), 2**64 - 1
NANOS = 1_000_000_000
MAX_SIZE = 10_000_000
"""Characters of a text or elements of a list that one run may make: the price of some functions does not follow their result."""
TOO_EXPENSIVE = "operation cancelled: actual cost limit exceeded"
_NUMBERS: frozenset[type[Any]] = frozenset()


class EvalError(Exception):
    """An expression has no value for these inputs; the message says why."""


class CostExceeded(EvalError):
    """Running the expression costs more than its budget."""


class Frame:
    """One run: the values of names, and what was spent."""

    __slots__ = ("cost", "limit", "names")

    def __init__(self, names: Mapping[str, Any], limit: int) -> None:
        self.names, self.cost, self.limit = names, 0, limit

    def pay(self, amount: int) -> None:
        """Spend from the budget; raises `CostExceeded`."""
        self.cost += amount
        if self.cost > self.limit:
            raise CostExceeded(TOO_EXPENSIVE)


Run = Callable[[Frame], Any]


class UInt(int):
    """An unsigned 64-bit number."""


class Duration(int):
    """A span of time in nanoseconds."""


class Timestamp(int):
    """A point in time in nanoseconds since 1970 in UTC."""


class Url(str):
    """A URL that was parsed without error."""


class Optional:
    """A value that may be absent."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


ABSENT: Any = object()
NONE = Optional(ABSENT)


class TypeValue:
    """A type as a value."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypeValue) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


class Opaque:
    """A value of a library: `type_name` names its type, `data` is what the library keeps."""

    __slots__ = ("data", "type_name")

    def __init__(self, type_name: str, data: Any) -> None:
        self.type_name, self.data = type_name, data


class StructValue(dict[str, Any]):
    """What a struct literal makes; `type_name` is its type."""

    type_name = ""


class SetList(list[Any]):
    """A list whose order does not matter: x-kubernetes-list-type set."""


class MapList(list[Any]):
    """A list of entries with keys: x-kubernetes-list-type map."""

    keys: tuple[str, ...] = ()

    def key_of(self, item: Any) -> tuple[Any, ...]:
        """Return what identifies an entry."""
        return tuple(item.get(key) for key in self.keys) if isinstance(item, dict) else (item,)


_NAMES: dict[type[Any], str] = {
    bool: "bool", int: "int", float: "double", str: "string", bytes: "bytes", type(None): "null_type", UInt: "uint",
    list: "list", SetList: "list", MapList: "list", dict: "map", TypeValue: "type", Optional: "optional_type",
    Duration: "google.protobuf.Duration", Timestamp: "google.protobuf.Timestamp", Url: "kubernetes.URL",
}  # fmt: skip
_NUMBERS = frozenset((int, float, UInt))


def type_name(value: Any) -> str:
    """Return the name of a value's type."""
    found = _NAMES.get(type(value))
    if found is not None:
        return found
    if isinstance(value, (Opaque, StructValue)):
        return value.type_name
    if isinstance(value, (ipaddress.IPv4Address, ipaddress.IPv6Address)) and type(value) not in _NAMES:
        return "net.IP"
    return "map" if isinstance(value, dict) else "list" if isinstance(value, list) else "dyn"


def equal(left: Any, right: Any) -> bool:
    """Whether two values are equal: numbers across their types, lists and maps by content, anything else only of one type."""
    kind, other = type(left), type(right)
    if kind is other:
        if kind is list:
            return len(left) == len(right) and all(map(equal, left, right))
        if kind is dict:
            return _equal_maps(left, right)
        if kind is Optional:
            return _equal_optional(left, right)
        if kind is Opaque:
            return bool(left.type_name == right.type_name and left.data == right.data)
        if kind not in (SetList, MapList, StructValue):
            return bool(left == right)
    if kind in _NUMBERS and other in _NUMBERS:
        return bool(left == right)
    if isinstance(left, list) and isinstance(right, list):
        return _equal_lists(left, right)
    if isinstance(left, dict) and isinstance(right, dict):
        return _equal_maps(left, right)
    return False


def _equal_maps(left: dict[Any, Any], right: dict[Any, Any]) -> bool:
    return len(left) == len(right) and all(key in right and equal(value, right[key]) for key, value in left.items())


def _equal_optional(left: Optional, right: Optional) -> bool:
    if left.value is ABSENT or right.value is ABSENT:
        return left.value is right.value
    return equal(left.value, right.value)


def _equal_lists(left: list[Any], right: list[Any]) -> bool:
    """Compare lists of which one may be a set or has entries with keys; order does not matter then."""
    if len(left) != len(right):
        return False
    ordered = not isinstance(left, (SetList, MapList)) and not isinstance(right, (SetList, MapList))
    if ordered:
        return all(map(equal, left, right))
    return all(contains(right, item) for item in left)


def contains(items: Iterable[Any], value: Any) -> bool:
    """Whether one of the items equals a value."""
    return any(equal(item, value) for item in items)


def int64(value: int) -> int:
    """Return a result that fits 64 bits; raises `EvalError`."""
    if INT_MIN <= value <= INT_MAX:
        return value
    raise EvalError("integer overflow")


def uint64(value: int) -> UInt:
    """Return an unsigned result; raises `EvalError`."""
    if 0 <= value <= UINT_MAX:
        return UInt(value)
    raise EvalError("unsigned integer overflow")


def joined(parts: Iterable[str], between: str = "") -> str:
    """Return texts as one; raises `CostExceeded` before it grows beyond what a run may hold."""
    out: list[str] = []
    size = 0
    for part in parts:
        size += len(part) + len(between)
        if size > MAX_SIZE:
            raise CostExceeded(TOO_EXPENSIVE)
        out.append(part)
    return between.join(out)


def size_of(value: Any) -> int:
    """Return how much of a value there is to walk over: characters, bytes, entries; 1 for anything else."""
    return len(value) if isinstance(value, (str, bytes, list, dict)) else 1


def optional_member(value: Any, key: Any) -> Optional:
    """Return an element that may be absent, of a map, a list, or a value that may be absent itself."""
    if isinstance(value, Optional):
        if value.value is ABSENT:
            return NONE
        value = value.value
    if isinstance(value, dict):
        return Optional(value[key]) if key in value else NONE
    if isinstance(value, list) and isinstance(key, int):
        return Optional(value[key]) if 0 <= key < len(value) else NONE
    raise EvalError("no such overload")
