"""The entry to the language: declared names and functions, and the way from a text to a program.

An environment is built once per set of declared variables and shared; compiling is pure. Callers: CustomResourceDefinition rules,
admission policies, match conditions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from pilothouse.api.cel.checker import Checker, children
from pilothouse.api.cel.functions import Library, Row, library, merged
from pilothouse.api.cel.library import (
    authorizer,
    conversions,
    formats,
    images,
    lists,
    network,
    quantities,
    standard,
    strings,
    times,
)
from pilothouse.api.cel.parser import parse
from pilothouse.api.cel.program import Program
from pilothouse.api.cel.syntax import Call, CelSyntaxError, Issue, Literal, Node, show_issues
from pilothouse.api.cel.types import Type
from pilothouse.api.cel.values import EvalError


class CompileError(Exception):
    """An expression does not compile; the text shows every issue with its place."""

    def __init__(self, source: str, issues: Sequence[Issue]) -> None:
        super().__init__(show_issues(source, issues))
        self.issues = tuple(issues)


class WrongResult(Exception):
    """An expression compiles, but its value is not of the type that is needed; `found` is the one it has."""

    def __init__(self, found: Type) -> None:
        super().__init__(f"expression has type {found}")
        self.found = found


@lru_cache(maxsize=1)
def _functions() -> Library:
    parts = (standard, conversions, times, strings, lists, network, quantities, images, authorizer)
    return merged(*(library(part.ROWS) for part in parts))


class Environment:
    """Names an expression may use."""

    def __init__(
        self,
        variables: Mapping[str, Type],
        *,
        structs: Mapping[str, Type] | None = None,
        named_formats: formats.Rules | None = None,
    ) -> None:
        """Declare variables, types of struct literals, and rules of named formats (name -> problems of a text)."""
        self.variables = dict(variables)
        self.structs: Mapping[str, Type] = dict(structs or {})
        self.functions = merged(_functions(), library(formats.rows(named_formats or {})))

    def extended(self, variables: Mapping[str, Type]) -> Environment:
        """Return an environment with more variables, sharing everything else."""
        other = object.__new__(Environment)
        other.variables = {**self.variables, **variables}
        other.structs, other.functions = self.structs, self.functions
        return other

    def without(self, name: str) -> Environment:
        """Return an environment that lacks a variable."""
        other = self.extended({})
        del other.variables[name]
        return other

    def with_structs(self, structs: Mapping[str, Type], rows: Iterable[Row]) -> Environment:
        """Return an environment with types of struct literals and functions besides."""
        other = self.extended({})
        other.structs, other.functions = structs, merged(self.functions, library(rows))
        return other

    def compile(self, source: str, wanted: Type | None = None) -> Program:
        """Return the program of a text; raises `CompileError`, or `WrongResult` when its value is not of the `wanted` type."""
        try:
            node = parse(source)
        except CelSyntaxError as error:
            raise CompileError(source, error.issues) from None
        checker = Checker(self.variables, self.functions, self.structs)
        checker.check(node)
        if checker.issues:
            raise CompileError(source, checker.issues)
        checker.settle(node)
        issues = list(_bad_literals(node))
        if issues:
            raise CompileError(source, issues)
        if wanted is not None and node.type != wanted:
            raise WrongResult(node.type)
        return Program(source, node, frozenset(checker.used))


def _bad_literals(node: Node) -> list[Issue]:
    """Return the issues of texts that are written out but are no duration, time or pattern."""
    out: list[Issue] = []
    if isinstance(node, Call):
        check = _CHECKED_LITERALS.get(node.function)
        argument = node.args[-1] if node.args else None
        if check is not None and isinstance(argument, Literal) and isinstance(argument.value, str):
            try:
                check(argument.value)
            except EvalError:
                out.append(Issue(f"invalid {node.function} argument", argument.at))
    for child in children(node):
        out += _bad_literals(child)
    return out


_CHECKED_LITERALS = {"duration": times.parse_duration, "timestamp": times.parse_timestamp, "matches": strings.compile_pattern}
