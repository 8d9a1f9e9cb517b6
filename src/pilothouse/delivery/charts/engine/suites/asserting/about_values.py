"""Assertions about the values at a path: equal, contains, matchRegex and their relatives.

A path may give several values: the assertion must hold for each. One that gives none fails, unless it is negative.
"""

from __future__ import annotations

import base64
import binascii
import operator
import re
from collections.abc import Callable
from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.regex import compile_pattern
from pilothouse.delivery.charts.engine.suites.asserting.asked import (
    NOTHING,
    Asked,
    Kind,
    Misfit,
    difference,
    error,
    expected,
    shown,
    told,
)
from pilothouse.delivery.charts.engine.suites.documents import Document, same
from pilothouse.delivery.charts.engine.suites.paths import PathInvalid, find

Params = dict[str, Any]
Test = Callable[[Params, Any], bool]
_TRAILING = re.compile(r" +\r?\n")


def uniform(text: str) -> str:
    """Return a text without blanks at line ends and empty lines at its start."""
    return _TRAILING.sub("\n", text).lstrip("\n")


def pattern_of(params: Params, name: str = "pattern") -> Any:
    """Return the compiled pattern of an assertion; raises Misfit."""
    pattern = params.get(name)
    if not isinstance(pattern, str) or not pattern:
        raise Misfit(f"expected field '{name}' to be filled")
    try:
        return compile_pattern(pattern)
    except FunctionError as problem:
        raise Misfit(str(problem)) from None


def _decoded(params: Params, value: Any) -> Any:
    if not params.get("decodebase64") or not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        raise Misfit(f"unable to decode base64 expected content {value}") from None


def _equal(params: Params, value: Any) -> bool:
    value = _decoded(params, value)
    return same(params.get("value"), uniform(value) if isinstance(value, str) else value)


def _matches(params: Params, value: Any) -> bool:
    pattern = pattern_of(params)
    if not isinstance(value, str):
        raise Misfit(f"expect '{params.get('path')}' to be a string, got:\n{shown(value)}")
    return pattern.search(_decoded(params, value)) is not None


def is_subset(value: dict[str, Any], content: dict[str, Any]) -> bool:
    """Say whether a mapping has all keys of another, with the same values."""
    return all(same(value.get(key), inner) for key, inner in content.items())


def _subset(params: Params, value: Any) -> bool:
    content = params.get("content")
    if not isinstance(value, dict) or not isinstance(content, dict):
        raise Misfit(f"expect '{params.get('path')}' to be an object, got:\n{shown(value)}")
    return is_subset(value, content)


def _contains(params: Params, value: Any) -> bool:
    if not isinstance(value, list):
        raise Misfit(f"expect '{params.get('path')}' to be an array, got:\n{shown(value)}")
    content, is_loose = params.get("content"), params.get("any") is True
    count = 0
    for item in value:
        if is_loose and isinstance(item, dict) and isinstance(content, dict):
            count += is_subset(item, content)
        else:
            count += same(item, content)
    wanted = params.get("count")
    return count > 0 if wanted is None else count > 0 and count == wanted


def _empty(params: Params, value: Any) -> bool:
    return value is None or value in ("", 0, False, [], {})


def type_word(value: Any) -> str:
    """Return the name of a value's type as Go has it."""
    names: dict[type, str] = {str: "string", bool: "bool", int: "int", float: "float64", list: "[]interface {}"}
    if isinstance(value, dict):
        return "map[string]interface {}"
    return names.get(type(value), "")


def _is_type(params: Params, value: Any) -> bool:
    return type_word(value) == params.get("type")


def _compared(is_greater: bool) -> Test:
    def test(params: Params, value: Any) -> bool:
        wanted: Any = params.get("value")
        if type(wanted) is not type(value):
            raise Misfit(f"actual '{type_word(value)}' and expected '{type_word(wanted)}' types do not match")
        if not isinstance(value, (int, float, str)) or isinstance(value, bool):
            raise Misfit(f"unsupported type '{type_word(value)}'")
        order = operator.ge if is_greater else operator.le
        return bool(order(value, wanted))

    return test


def _wanted_value(params: Params) -> str:
    return shown(params.get("value"))


def _wanted_content(params: Params) -> str:
    content = params.get("content")
    return shown([content]) if params.get("count") is None else f"{shown([content])}\n{params['count']} times"


class ValueCheck:
    """A check of every value at a path."""

    def __init__(self, test: Test, says: str, wanted: Callable[[Params], str], *, diff: bool = False) -> None:
        """Decide with `test`; failures say what was wanted, what is there, and with `diff` what differs."""
        self.test, self.says, self.wanted, self.diff = test, says, wanted, diff

    def __call__(self, asked: Asked) -> list[str]:
        """Return what is wrong in any document."""
        if not asked.documents and not asked.negative:
            return self.failure(asked, NOTHING, -1, -1)
        return [line for number, document in enumerate(asked.documents) for line in self.document(asked, document, number)]

    def document(self, asked: Asked, document: Document, number: int) -> list[str]:
        """Return what is wrong in one document."""
        path = str(asked.params.get("path") or "")
        try:
            values = find(document, path)
        except PathInvalid as problem:
            return error(str(problem), document=number)
        if not values and not asked.negative:
            return error(f"unknown path {path}", document=number)
        lines: list[str] = []
        for index, value in enumerate(values):
            try:
                if self.test(asked.params, value) == asked.negative:
                    lines += self.failure(asked, value, number, index)
            except Misfit as problem:
                lines += error(str(problem), document=number, value=index)
        return lines

    def failure(self, asked: Asked, value: Any, number: int, index: int) -> list[str]:
        """Word one failure."""
        wanted, got = self.wanted(asked.params), shown(value)
        parts: tuple[tuple[str, str], ...] = (("", wanted), ("Actual:", got))
        if self.diff and not asked.negative and "\n" in wanted + got:
            parts = (*parts, ("Diff:", difference(wanted, got)))
        path = str(asked.params.get("path") or "")
        return told(expected(asked.negative, self.says), document=number, value=index, path=path, parts=parts)


def _pair(name: str, opposite: str, check: ValueCheck, needs: tuple[str, ...]) -> dict[str, Kind]:
    return {name: Kind(check, needs=needs), opposite: Kind(check, antonym=True, needs=needs)}


_EMPTY = ValueCheck(_empty, "to be null or empty", lambda _: 'null, "", 0, false, [] or {}')
VALUE_KINDS: dict[str, Kind] = {
    **_pair("equal", "notEqual", ValueCheck(_equal, "to equal", _wanted_value, diff=True), ()),
    **_pair("matchRegex", "notMatchRegex", ValueCheck(_matches, "to match", lambda p: str(p["pattern"])), ("path", "pattern")),
    **_pair("contains", "notContains", ValueCheck(_contains, "to contain", _wanted_content), ("path", "content")),
    **_pair("isSubset", "isNotSubset", ValueCheck(_subset, "to contain", lambda p: shown(p["content"])), ("content",)),
    **_pair("isType", "isNotType", ValueCheck(_is_type, "to be of type", lambda p: str(p.get("type"))), ("path", "type")),
    **_pair("isNullOrEmpty", "isNotNullOrEmpty", _EMPTY, ("path",)),
    **_pair("isEmpty", "isNotEmpty", _EMPTY, ("path",)),
    **_pair("greaterOrEqual", "notGreaterOrEqual", ValueCheck(_compared(True), "to be greater than or equal to", _wanted_value),
            ("path", "value")),
    **_pair("lessOrEqual", "notLessOrEqual", ValueCheck(_compared(False), "to be less than or equal to", _wanted_value),
            ("path", "value")),
}  # fmt: skip
