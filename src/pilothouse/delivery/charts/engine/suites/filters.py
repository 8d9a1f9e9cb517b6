"""Filters of paths: `@.name=="web" && (@.port > 80 || @.image =~ /nginx/)`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.regex import compile_pattern

Test = Callable[[Any], bool]
Operand = Callable[[Any], list[Any]]
ParseSteps = Callable[..., tuple[list[Callable[[Any], Any]], int]]
_BLANK = re.compile(r"\s*")
_OPERATOR = re.compile(r"==|!=|<=|>=|=~|<|>")
_REGEX = re.compile(r"/((?:[^/\\]|\\.)*)/")
_LITERAL = re.compile(
    r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+\.\d*(?:[eE][-+]?\d+)?|-?\d+)|(true|false|null)(?![\w-])"""
)
_WORDS = {"true": True, "false": False, "null": None}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
MAX_NESTING = 50


class _Filters:
    def __init__(self, path: str, at: int, parse_steps: ParseSteps, invalid: type[ValueError]) -> None:
        self.path, self.at, self.parse_steps, self.invalid = path, at, parse_steps, invalid
        self.depth = 0

    def blank(self) -> None:
        self.at = _BLANK.match(self.path, self.at).end()  # type: ignore[union-attr]

    def take(self, text: str) -> bool:
        self.blank()
        if not self.path.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def fail(self, wanted: str) -> ValueError:
        return self.invalid(f"path {self.path!r} lacks {wanted} at character {self.at + 1}")

    def either(self) -> Test:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.invalid(f"path {self.path[:50]!r} is nested too deeply")
        tests = [self.both()]
        while self.take("||"):
            tests.append(self.both())
        self.depth -= 1
        return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)

    def both(self) -> Test:
        tests = [self.term()]
        while self.take("&&"):
            tests.append(self.term())
        return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)

    def term(self) -> Test:
        count = 0
        while self.take("!"):
            count += 1
        test = self.group() if self.take("(") else self.comparison()
        return (lambda value: not test(value)) if count % 2 else test

    def group(self) -> Test:
        test = self.either()
        if not self.take(")"):
            raise self.fail(")")
        return test

    def comparison(self) -> Test:
        left = self.operand()
        self.blank()
        match = _OPERATOR.match(self.path, self.at)
        if match is None:
            return lambda value: bool(left(value))
        self.at = match.end()
        if match.group() == "=~":
            return self.regex(left)
        right = self.operand()
        compare = _comparison(match.group())

        def test(value: Any) -> bool:
            pairs = [(one, other) for one in left(value) for other in right(value)]
            return bool(pairs) and all(compare(one, other) for one, other in pairs)

        return test

    def regex(self, left: Operand) -> Test:
        self.blank()
        match = _REGEX.match(self.path, self.at)
        if match is None:
            raise self.fail("a /regular expression/")
        self.at = match.end()
        try:
            pattern = compile_pattern(match.group(1).replace("\\/", "/"))
        except FunctionError as error:
            raise self.invalid(f"path {self.path!r}: {error}") from None

        def test(value: Any) -> bool:
            found = left(value)
            return bool(found) and all(isinstance(one, str) and pattern.search(one) is not None for one in found)

        return test

    def operand(self) -> Operand:
        self.blank()
        if self.path[self.at : self.at + 1] in ("@", "$"):
            steps, self.at = self.parse_steps(self.path, self.at + 1)
            return lambda value: _walk(value, steps)
        match = _LITERAL.match(self.path, self.at)
        if match is None:
            raise self.fail("@, a number or a quoted text")
        self.at = match.end()
        literal = _literal(match)
        return lambda value: [literal]


def _walk(value: Any, steps: list[Callable[[Any], Any]]) -> list[Any]:
    found = [value]
    for step in steps:
        found = [inner for outer in found for inner in step(outer)]
    return found


def _literal(match: re.Match[str]) -> Any:
    single, double, number, word = match.groups()
    if word is not None:
        return _WORDS[word]
    if number is not None:
        return int(number) if number.lstrip("-").isdigit() else float(number)
    return re.sub(r"\\(.)", r"\1", single if single is not None else double)


def _comparison(sign: str) -> Callable[[Any, Any], bool]:
    def equal(one: Any, other: Any) -> bool:
        return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)

    def ordered(one: Any, other: Any) -> bool:
        comparable = (isinstance(one, str) and isinstance(other, str)) or (_is_number(one) and _is_number(other))
        return comparable and _ORDER[sign](one, other)

    if sign == "==":
        return equal
    return (lambda one, other: not equal(one, other)) if sign == "!=" else ordered


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def filter_test(path: str, at: int, parse_steps: ParseSteps, invalid: type[ValueError]) -> tuple[Test, int]:
    """Return the test of a filter that starts at a position, and where it ends (after its closing parenthesis)."""
    filters = _Filters(path, at, parse_steps, invalid)
    test = filters.either()
    if not filters.take(")"):
        raise filters.fail(")")
    return test, filters.at
