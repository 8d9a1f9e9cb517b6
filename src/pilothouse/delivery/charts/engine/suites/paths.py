"""Paths into documents: `spec.ports[0].name`, `metadata.annotations["a.b/c"]`, `containers[?(@.name=="web")].image`, `..image`.

The syntax is that of JSONPath as helm-unittest takes it; the leading `$` may be left out. A path gives every value it fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from pilothouse.delivery.charts.engine.suites.filters import Test, filter_test

MAX_LENGTH = 2000
MAX_FOUND = 100_000
_NAME = re.compile(r"[^.\[\]\s&|=!<>)~]+")
_QUOTED = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*""")
_SLICE = re.compile(r"\s*(-?\d*)\s*(?::\s*(-?\d*)\s*(?::\s*(-?\d*)\s*)?)?")
Step = Callable[[Any], Iterator[Any]]


class PathInvalid(ValueError):
    """The path cannot be understood; the message says where."""


@lru_cache(maxsize=2048)
def compile_path(path: str) -> Callable[[Any], list[Any]]:
    """Return what finds the values of a path; raises PathInvalid."""
    if len(path) > MAX_LENGTH:
        raise PathInvalid(f"a path may have {MAX_LENGTH} characters")
    steps, end = parse_steps(path, 1 if path.startswith("$") else 0, top=True)
    if end != len(path):
        raise PathInvalid(f"path {path!r} is not understood from character {end + 1} on")
    return lambda value: _follow(value, steps)


def find(value: Any, path: str) -> list[Any]:
    """Return the values at a path; an empty path is the value itself. Raises PathInvalid."""
    return compile_path(path)(value) if path else [value]


def _follow(value: Any, steps: list[Step]) -> list[Any]:
    found = [value]
    for step in steps:
        found = list(islice((inner for outer in found for inner in step(outer)), MAX_FOUND + 1))
        if len(found) > MAX_FOUND:
            raise PathInvalid(f"a path may fit {MAX_FOUND} values")
    return found


def parse_steps(path: str, at: int, *, top: bool = False) -> tuple[list[Step], int]:
    """Return the steps from a position on, and where they end."""
    steps: list[Step] = []
    if top and at == 0 and path[:1] not in (".", "["):
        step, at = _child(path, at)
        steps.append(step)
    while at < len(path):
        if path.startswith("..", at):
            steps.append(_descend)
            at += 2
            if path[at : at + 1] != "[":
                step, at = _child(path, at)
                steps.append(step)
        elif path[at] == ".":
            step, at = _child(path, at + 1)
            steps.append(step)
        elif path[at] == "[":
            step, at = _bracket(path, at)
            steps.append(step)
        else:
            break
    return steps, at


def _child(path: str, at: int) -> tuple[Step, int]:
    if path.startswith("*", at):
        return _every, at + 1
    match = _NAME.match(path, at)
    if match is None:
        raise PathInvalid(f"path {path!r} lacks a name at character {at + 1}")
    return _named([match.group()]), match.end()


def _bracket(path: str, at: int) -> tuple[Step, int]:
    inner = at + 1
    if path.startswith("?(", inner):
        test, end = filter_test(path, inner + 2, parse_steps, PathInvalid)
        step = _filtered(test)
    elif path.startswith("*", inner):
        step, end = _every, inner + 1
    elif path[inner : inner + 1] in ("'", '"'):
        step, end = _names(path, inner)
    else:
        step, end = _indexes(path, inner)
    if not path.startswith("]", end):
        raise PathInvalid(f"path {path!r} lacks ] at character {end + 1}")
    return step, end + 1


def _names(path: str, at: int) -> tuple[Step, int]:
    names: list[str] = []
    while True:
        match = _QUOTED.match(path, at)
        if match is None:
            raise PathInvalid(f"path {path!r} lacks a quoted name at character {at + 1}")
        text = match.group(1) if match.group(1) is not None else match.group(2)
        names.append(re.sub(r"\\(.)", r"\1", text))
        if not path.startswith(",", match.end()):
            return _named(names), match.end()
        at = match.end() + 1


def _indexes(path: str, at: int) -> tuple[Step, int]:
    slices: list[slice | int] = []
    while True:
        match = _SLICE.match(path, at)
        assert match is not None
        text = match.group().strip()
        if not text or text == "-" or len(text) > 40:
            raise PathInvalid(f"path {path!r} lacks an index at character {at + 1}")
        numbers = [int(part) if part not in (None, "", "-") else None for part in match.groups()]
        if ":" in text:
            if numbers[2] == 0:
                raise PathInvalid(f"path {path!r} has a slice with step 0")
            slices.append(slice(*numbers))
        else:
            slices.append(int(text))
        if not path.startswith(",", match.end()):
            return _indexed(slices), match.end()
        at = match.end() + 1


def _named(names: list[str]) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, dict):
            yield from (value[name] for name in names if name in value)

    return step


def _indexed(slices: list[slice | int]) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, list):
            for one in slices:
                if isinstance(one, slice):
                    yield from value[one]
                elif -len(value) <= one < len(value):
                    yield value[one]

    return step


def _filtered(test: Test) -> Step:
    def step(value: Any) -> Iterator[Any]:
        candidates = value if isinstance(value, list) else [value]
        yield from (inner for inner in candidates if test(inner))

    return step


def _every(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _descend(value: Any) -> Iterator[Any]:
    """Yield a value and everything in it, as written from top to bottom."""
    open_ones: list[Iterator[Any]] = [iter((value,))]
    while open_ones:
        for inner in open_ones[-1]:
            yield inner
            open_ones.append(_every(inner))
            break
        else:
            open_ones.pop()
