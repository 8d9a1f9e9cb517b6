"""Answers what generators ask, from a table."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from pilothouse.delivery.gitops.engine.applicationsets.asks import Ask


def drive(asking: Generator[Ask, Any, Any], answers: dict[type, Any] | None = None) -> Any:
    """Carry a generator out; an answer that is an exception is thrown, a function is called with the ask."""
    asked: Any = None
    try:
        ask = next(asking)
        while True:
            asked = (answers or {})[type(ask)]
            found = asked(ask) if callable(asked) else asked
            ask = asking.throw(found) if isinstance(found, Exception) else asking.send(found)
    except StopIteration as stop:
        return stop.value
