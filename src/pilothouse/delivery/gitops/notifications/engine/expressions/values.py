"""Values of expressions beyond JSON: moments, spans of time, and modules of functions; and how values compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from pilothouse.kit.clock import parse_rfc3339, rfc3339


class ExpressionError(Exception):
    """An expression that cannot be read, or that fails."""


class Span(msgspec.Struct, frozen=True):
    """A time between two moments, in seconds."""

    seconds: float

    def member(self, name: str) -> Any:
        """Return a method."""
        found = {"Hours": 3600.0, "Minutes": 60.0, "Seconds": 1.0, "Milliseconds": 0.001}.get(name)
        if found is None:
            raise ExpressionError(f"a duration has no {name}")
        return lambda: self.seconds / found if name != "Milliseconds" else int(self.seconds * 1000)


class Moment(msgspec.Struct, frozen=True):
    """A moment, in seconds since 1970."""

    epoch: float

    def member(self, name: str) -> Any:
        """Return a method."""
        methods: dict[str, Callable[..., Any]] = {
            "Before": lambda other: self.epoch < _moment(other),
            "After": lambda other: self.epoch > _moment(other),
            "Equal": lambda other: self.epoch == _moment(other),
            "Sub": lambda other: Span(self.epoch - _moment(other)),
            "Add": lambda span: Moment(self.epoch + (span.seconds if isinstance(span, Span) else number(span) / 1e9)),
            "Unix": lambda: int(self.epoch),
            "String": lambda: rfc3339(self.epoch),
            "UTC": lambda: self,
        }
        found = methods.get(name)
        if found is None:
            raise ExpressionError(f"a time has no {name}")
        return found


class Module(msgspec.Struct, frozen=True):
    """Functions under a name, such as `time` and `strings`."""

    name: str
    members: Mapping[str, Any]

    def member(self, name: str) -> Any:
        """Return a function."""
        if name not in self.members:
            raise ExpressionError(f"{self.name}.{name} is not supported; there are {', '.join(sorted(self.members))}")
        return self.members[name]


def parse_time(text: Any) -> Moment:
    """Read an RFC 3339 time."""
    try:
        return Moment(parse_rfc3339(text))
    except (TypeError, ValueError):
        raise ExpressionError(f"{text!r} is no time") from None


def _moment(value: Any) -> float:
    if not isinstance(value, Moment):
        raise ExpressionError("a time is compared with something else")
    return value.epoch


def member(value: Any, name: str) -> Any:
    """Return a field of a value; one that a map does not have is nil."""
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, Span | Moment | Module):
        return value.member(name)
    raise ExpressionError(f"cannot fetch {name} from {shown(value)}")


def item(value: Any, index: Any) -> Any:
    """Return an element of a list or map."""
    if isinstance(value, Mapping):
        return value.get(index) if isinstance(index, str) else None
    if isinstance(value, list | str) and isinstance(index, int) and not isinstance(index, bool):
        if -len(value) <= index < len(value):
            return value[index]
        raise ExpressionError(f"index {index} is out of range")
    raise ExpressionError(f"cannot fetch [{shown(index)}] from {shown(value)}")


def number(value: Any) -> float | int:
    """Return a number, or complain."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ExpressionError(f"{shown(value)} is no number")
    return value


def boolean(value: Any) -> bool:
    """Return a truth value, or complain."""
    if not isinstance(value, bool):
        raise ExpressionError(f"{shown(value)} is neither true nor false")
    return value


def text(value: Any) -> str:
    """Return a string, or complain."""
    if not isinstance(value, str):
        raise ExpressionError(f"{shown(value)} is no string")
    return value


def equal(left: Any, right: Any) -> bool:
    """Whether values are equal; values of different types are not."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right)


def compared(left: Any, right: Any) -> int:
    """Return -1, 0 or 1; complains about what has no order."""
    pair: tuple[Any, Any] = (left, right)
    if all(isinstance(each, Span) for each in pair):
        pair = (left.seconds, right.seconds)
    elif all(isinstance(each, Moment) for each in pair):
        pair = (left.epoch, right.epoch)
    elif not all(isinstance(each, str) for each in pair):
        pair = (number(left), number(right))
    return int(pair[0] > pair[1]) - int(pair[0] < pair[1])


def shown(value: Any) -> str:
    """Return a value as messages and `oncePer` show it, in Go's way."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{key}:{shown(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(shown(each) for each in value) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
