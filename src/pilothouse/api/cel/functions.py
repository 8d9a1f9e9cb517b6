"""Declared functions: what libraries offer and the checker chooses from.

An `Overload` is one signature of a function with the Python function behind it. Signatures are written as text,
`startsWith: string.(string) bool` for a method, `(string) Url` for a function; one capital letter stands for any type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from pilothouse.api.cel.types import Type, parse_type, split_types

_SIGNATURE = re.compile(r"(?:(?P<target>[^(]+)\.)?\((?P<args>.*)\) (?P<result>\S.*)$")


class Overload:
    """One signature: `params` with the target first, and `run` from values to a value."""

    __slots__ = ("id", "is_member", "params", "result", "run")

    def __init__(self, name: str, signature: str, run: Callable[..., Any] | None) -> None:
        match = _SIGNATURE.match(signature)
        assert match is not None, signature
        texts = [match["target"]] if match["target"] else []
        texts += split_types(match["args"])
        self.id = name
        self.is_member = bool(match["target"])
        self.params: tuple[Type, ...] = tuple(parse_type(text) for text in texts)
        self.result = parse_type(match["result"])
        self.run: Callable[..., Any] = run if run is not None else _unreachable


Row = tuple[str, str, Callable[..., Any] | None]
"""Name, signature, function; None when the program runs it by itself because not every operand is read."""
Library = dict[str, list[Overload]]


def library(rows: Iterable[Row]) -> Library:
    """Return the functions of a table of (name, signature, function) rows."""
    out: Library = {}
    for name, signature, run in rows:
        out.setdefault(name, []).append(Overload(name, signature, run))
    return out


def merged(*libraries: Library) -> Library:
    """Return the functions of several libraries; overloads of one name come together."""
    out: Library = {}
    for part in libraries:
        for name, overloads in part.items():
            out.setdefault(name, []).extend(overloads)
    return out


def _unreachable(*_: Any) -> Any:
    raise AssertionError("an operator of the program was called as a function")
