"""Paths like `.spec.replicas` or `.labels['a.b']` that must lead to a field of a schema.

Used where a definition names a field: fieldPath of a rule, selectable fields.
"""

from __future__ import annotations

import re
from typing import Any

Raw = dict[str, Any]
_STEP = re.compile(r"\.([^.\[\]]+)|\['((?:\\.|[^'\\])*)'\]")
_ESCAPE = re.compile(r"\\(.)")
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "'": "'", "\\": "\\"}


class BadPath(ValueError):
    """A path that leads to no field; the text says why."""


def follow(path: str, raw: Raw, *, brackets: bool = True) -> tuple[str, Raw]:
    """Return (the path as messages write it, the schema of the field); raises `BadPath`."""
    shown, at = "", 0
    if not path:
        raise BadPath("unexpected end of JSON path")
    while at < len(path):
        if path[at] == "[" and not brackets:
            raise BadPath("array notation is not allowed")
        match = _STEP.match(path, at)
        if match is None:
            raise BadPath(_why(path, at))
        name = match[1] if match[1] is not None else _ESCAPE.sub(_unescape, match[2])
        shown, raw = _step(shown, raw, name)
        at = match.end()
    return shown, raw


def _why(path: str, at: int) -> str:
    if path[at] == ".":
        return "unexpected end of JSON path"
    if path[at] == "[":
        return f"expected single quoted string but got {path[at + 1 :].partition(']')[0]}"
    return f"expected [ or . but got: {path[at:]}"


def _unescape(match: re.Match[str]) -> str:
    if match[1] not in _SIMPLE:
        raise BadPath(f"invalid string literal: invalid escape char {match.group()}")
    return _SIMPLE[match[1]]


def _step(shown: str, raw: Raw, name: str) -> tuple[str, Raw]:
    properties, additional = raw.get("properties"), raw.get("additionalProperties")
    if properties:
        child = properties.get(name)
        if isinstance(child, dict):
            return f"{shown}.{name}" if shown else name, child
    elif isinstance(additional, dict):
        return f"{shown}[{name}]", additional
    raise BadPath("does not refer to a valid field")
