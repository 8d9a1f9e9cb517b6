"""Reads an expression to a function of its variables: operators by precedence, members, calls, and predicates over lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import re2

from pilothouse.delivery.gitops.notifications.engine.expressions.functions import FUNCTIONS
from pilothouse.delivery.gitops.notifications.engine.expressions.lexer import Token, tokens_of, unquoted
from pilothouse.delivery.gitops.notifications.engine.expressions.values import (
    ExpressionError,
    boolean,
    compared,
    equal,
    item,
    member,
    number,
    shown,
    text,
)

MAX_DEPTH, MAX_STEPS = 50, 200_000
Scope = dict[str, Any]
Node = Callable[[Scope], Any]
_ELEMENT, _BUDGET = "#", "#budget"
_LEVELS: dict[str, int] = {
    "or": 1, "||": 1, "??": 2, "and": 3, "&&": 3, "==": 4, "!=": 4, "<": 4, ">": 4, "<=": 4, ">=": 4, "in": 4, "not": 4,
    "contains": 4, "startsWith": 4, "endsWith": 4, "matches": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "**": 8,
}  # fmt: skip
_PREDICATES: dict[str, Callable[[list[Any], Callable[[Any], Any]], Any]] = {
    "any": lambda each, holds: any(boolean(holds(one)) for one in each),
    "all": lambda each, holds: all(boolean(holds(one)) for one in each),
    "none": lambda each, holds: not any(boolean(holds(one)) for one in each),
    "one": lambda each, holds: sum(boolean(holds(one)) for one in each) == 1,
    "count": lambda each, holds: sum(boolean(holds(one)) for one in each),
    "filter": lambda each, holds: [one for one in each if boolean(holds(one))],
    "find": lambda each, holds: next((one for one in each if boolean(holds(one))), None),
    "map": lambda each, give: [give(one) for one in each],
}


def _contains(left: Any, right: Any) -> bool:
    return text(right) in text(left)


def _in(left: Any, right: Any) -> bool:
    if isinstance(right, Mapping):
        return left in right
    if isinstance(right, list):
        return any(equal(left, each) for each in right)
    if right is None:
        return False
    raise ExpressionError(f"{shown(right)} is neither list nor map")


def _matches(left: Any, right: Any) -> bool:
    try:
        return re2.search(text(right), text(left)) is not None
    except re2.error as error:
        raise ExpressionError(f"{right!r} is no regular expression: {error}") from None


def _plus(left: Any, right: Any) -> Any:
    return left + right if isinstance(left, str) and isinstance(right, str) else number(left) + number(right)


def _divided(left: Any, right: Any, *, is_rest: bool = False) -> Any:
    if number(right) == 0:
        raise ExpressionError("division by zero")
    return number(left) % right if is_rest else number(left) / right


def _power(left: Any, right: Any) -> float:
    try:
        return float(number(left)) ** float(number(right))  # type: ignore[no-any-return]
    except (OverflowError, ZeroDivisionError):
        raise ExpressionError("the power is too large") from None


_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "==": equal, "!=": lambda a, b: not equal(a, b), "<": lambda a, b: compared(a, b) < 0, ">": lambda a, b: compared(a, b) > 0,
    "<=": lambda a, b: compared(a, b) <= 0, ">=": lambda a, b: compared(a, b) >= 0, "in": _in, "contains": _contains,
    "startsWith": lambda a, b: text(a).startswith(text(b)), "endsWith": lambda a, b: text(a).endswith(text(b)),
    "matches": _matches, "+": _plus, "-": lambda a, b: number(a) - number(b), "*": lambda a, b: number(a) * number(b),
    "/": _divided, "%": lambda a, b: _divided(a, b, is_rest=True), "**": _power,
}  # fmt: skip


class Expression:
    """A condition that was read."""

    def __init__(self, source: str, node: Node) -> None:
        """Keep the text for messages."""
        self.source, self._node = source, node

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """Return the value; raises `ExpressionError`."""
        try:
            return self._node({**variables, _BUDGET: [MAX_STEPS]})
        except (TypeError, ValueError, OverflowError, RecursionError, KeyError, IndexError) as error:
            raise ExpressionError(f"{self.source}: {error}") from None


def compile_expression(source: str) -> Expression:
    """Read an expression; raises `ExpressionError` with the place of what is not understood."""
    return Expression(source, _Parser(source).whole())


class _Parser:
    def __init__(self, source: str) -> None:
        self._source, self._tokens, self._at, self._depth = source, tokens_of(source), 0, 0

    def whole(self) -> Node:
        node = self._ternary()
        if self._next.kind != "end":
            raise self._unexpected()
        return node

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _unexpected(self) -> ExpressionError:
        token = self._next
        what = repr(token.text) if token.text else "the end"
        return ExpressionError(f"unexpected {what} at {token.place + 1} of {self._source!r}")

    def _take(self, *texts: str) -> str:
        token = self._next
        if token.text in texts and token.kind in {"mark", "name"}:
            self._at += 1
            return token.text
        return ""

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise self._unexpected()

    def _ternary(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError("the expression is nested too deep")
        node = self._binary(1)
        if self._take("?"):
            yes = self._ternary()
            self._expect(":")
            no, condition = self._ternary(), node
            node = lambda scope: yes(scope) if boolean(condition(scope)) else no(scope)  # noqa: E731
        self._depth -= 1
        return node

    def _binary(self, level: int) -> Node:
        left = self._unary()
        while True:
            word = self._next.text if self._next.kind in {"mark", "name"} else ""
            found = _LEVELS.get(word, 0)
            if found < level:
                return left
            self._at += 1
            is_negated = word == "not"
            if is_negated:
                word = self._next.text
                self._expect("in")
            right = self._binary(found if word == "**" else found + 1)
            left = _negated(_joined(word, left, right)) if is_negated else _joined(word, left, right)

    def _unary(self) -> Node:
        word = self._take("not", "!", "-", "+")
        if not word:
            return self._postfix()
        operand = self._binary(7) if word in {"-", "+", "!"} else self._binary(4)
        if word in {"not", "!"}:
            return _negated(operand)
        return (lambda scope: -number(operand(scope))) if word == "-" else operand

    def _postfix(self) -> Node:
        node, is_safe = self._primary(), False
        while True:
            mark = self._take(".", "?.", "[", "(")
            if mark in {".", "?."}:
                is_safe = is_safe or mark == "?."
                if mark == "?." and self._take("["):
                    node = self._indexed(node, is_safe=True)
                    continue
                if self._next.kind != "name":
                    raise self._unexpected()
                name = self._next.text
                self._at += 1
                node = _member(node, name, is_safe=is_safe)
            elif mark == "[":
                node = self._indexed(node, is_safe=is_safe)
            elif mark == "(":
                node = _called(node, self._listed(")"))
            else:
                return node

    def _indexed(self, node: Node, *, is_safe: bool) -> Node:
        start = None if self._next.text == ":" else self._ternary()
        if self._take(":"):
            end = None if self._next.text == "]" else self._ternary()
            self._expect("]")
            return lambda scope: node(scope)[start(scope) if start else None : end(scope) if end else None]
        self._expect("]")
        assert start is not None
        index = start

        def fetch(scope: Scope) -> Any:
            value = node(scope)
            return None if value is None and is_safe else item(value, index(scope))

        return fetch

    def _listed(self, end: str) -> list[Node]:
        found: list[Node] = []
        while not self._take(end):
            found.append(self._ternary())
            if not self._take(","):
                self._expect(end)
                break
        return found

    def _primary(self) -> Node:
        token = self._next
        self._at += 1
        if token.kind == "number":
            value: Any = int(token.text) if token.text.isdigit() else float(token.text)
            return lambda _scope: value
        if token.kind == "string":
            literal = unquoted(token.text)
            return lambda _scope: literal
        if token.kind == "name":
            return self._named(token)
        if token.text == "(":
            node = self._ternary()
            self._expect(")")
            return node
        if token.text == "[":
            parts = self._listed("]")
            return lambda scope: [part(scope) for part in parts]
        if token.text == "{":
            return self._map()
        if token.text == "#":
            return _element
        if token.text == "." and self._next.kind == "name":
            self._at -= 1
            return _element
        self._at -= 1
        raise self._unexpected()

    def _map(self) -> Node:
        parts: dict[str, Node] = {}
        while not self._take("}"):
            token = self._next
            if token.kind not in {"name", "string"}:
                raise self._unexpected()
            self._at += 1
            self._expect(":")
            parts[unquoted(token.text) if token.kind == "string" else token.text] = self._ternary()
            if not self._take(","):
                self._expect("}")
                break
        return lambda scope: {key: part(scope) for key, part in parts.items()}

    def _named(self, token: Token) -> Node:
        name = token.text
        constants = {"true": True, "false": False, "nil": None, "null": None}
        if name in constants:
            return lambda _scope: constants[name]
        if self._next.text == "(" and name in _PREDICATES:
            return self._predicate(name)
        if self._next.text == "(" and name in FUNCTIONS:
            return lambda _scope: FUNCTIONS[name]
        if self._next.text == "(":
            raise ExpressionError(f"the function {name} at {token.place + 1} of {self._source!r} is not supported")
        return lambda scope: _variable(scope, name)

    def _predicate(self, name: str) -> Node:
        self._expect("(")
        listed = self._ternary()
        self._expect(",")
        is_braced = bool(self._take("{"))
        body = self._ternary()
        if is_braced:
            self._expect("}")
        self._expect(")")

        def run(scope: Scope) -> Any:
            values = listed(scope)
            if not isinstance(values, list):
                raise ExpressionError(f"{name} needs a list, not {shown(values)}")
            scope[_BUDGET][0] -= len(values)
            if scope[_BUDGET][0] < 0:
                raise ExpressionError("the expression takes too many steps")
            return _PREDICATES[name](values, lambda each: body({**scope, _ELEMENT: each}))

        return run


def _element(scope: Scope) -> Any:
    return _variable(scope, _ELEMENT)


def _variable(scope: Scope, name: str) -> Any:
    if name not in scope:
        raise ExpressionError(f"there is no {name}")
    return scope[name]


def _negated(node: Node) -> Node:
    return lambda scope: not boolean(node(scope))


def _joined(word: str, left: Node, right: Node) -> Node:
    if word in {"and", "&&"}:
        return lambda scope: boolean(left(scope)) and boolean(right(scope))
    if word in {"or", "||"}:
        return lambda scope: boolean(left(scope)) or boolean(right(scope))
    if word == "??":

        def given(scope: Scope) -> Any:
            value = left(scope)
            return right(scope) if value is None else value

        return given
    carry_out = _BINARY[word]
    return lambda scope: carry_out(left(scope), right(scope))


def _member(node: Node, name: str, *, is_safe: bool) -> Node:
    def fetch(scope: Scope) -> Any:
        value = node(scope)
        return None if value is None and is_safe else member(value, name)

    return fetch


def _called(node: Node, arguments: list[Node]) -> Node:
    def call(scope: Scope) -> Any:
        function = node(scope)
        if not callable(function):
            raise ExpressionError(f"{shown(function)} is no function")
        return function(*(argument(scope) for argument in arguments))

    return call
