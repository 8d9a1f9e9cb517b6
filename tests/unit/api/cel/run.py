"""Evaluate one expression: what the tests of the language share."""

from __future__ import annotations

from typing import Any

from pilothouse.api.cel import DYN, CompileError, Environment, Outcome
from pilothouse.api.cel.types import INT
from pilothouse.api.schema.expressions import base_environment

BASE: Environment = base_environment().extended({"x": DYN, "n": INT})


def outcome(text: str, limit: int = 1_000_000, **names: Any) -> Outcome:
    """Return the outcome of a text."""
    return BASE.compile(text).evaluate(names, limit)


def value(text: str, **names: Any) -> Any:
    """Return the value of a text that has one."""
    found = outcome(text, **names)
    assert not found.error, found.error
    return found.value


def failure(text: str, **names: Any) -> str:
    """Return why a text has no value."""
    found = outcome(text, **names)
    assert found.error, found.value
    return found.error


def refused(text: str) -> str:
    """Return why a text does not compile."""
    try:
        BASE.compile(text)
    except CompileError as error:
        return str(error)
    raise AssertionError(f"{text} compiles")
