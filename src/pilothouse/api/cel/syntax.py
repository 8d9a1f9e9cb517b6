"""The syntax tree of an expression, and what is wrong with one.

The parser makes the nodes, the checker fills in `type` and the chosen overloads, the cost estimate and the program read both.
Macros are nodes of their own (`Fold`) instead of the loops they stand for: types, cost and evaluation follow the macro's meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from pilothouse.api.cel.functions import Overload
    from pilothouse.api.cel.types import Type

MAX_DEPTH = 100


class Issue(msgspec.Struct, frozen=True):
    """One thing wrong with an expression: what, and the offset in the text."""

    message: str
    offset: int

    def text(self, source: str) -> str:
        """Return the message with the place, the line and a caret below the place."""
        line, column = position(source, self.offset)
        lines = source.split("\n")
        shown = lines[line - 1].replace("\t", " ") if line <= len(lines) else ""
        return f"ERROR: <input>:{line}:{column + 1}: {self.message}\n | {shown}\n | {'.' * column}^"


class CelSyntaxError(Exception):
    """The text cannot be read on; carries the issues found so far."""

    def __init__(self, *issues: Issue) -> None:
        super().__init__(issues[0].message)
        self.issues = issues


def position(source: str, offset: int) -> tuple[int, int]:
    """Return (line from 1, column from 0) of an offset."""
    before = source[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1)


def show_issues(source: str, issues: Sequence[Issue]) -> str:
    """Return issues as clients see them, in the order of the text."""
    return "\n".join(issue.text(source) for issue in sorted(issues, key=lambda issue: issue.offset))


class Node:
    """Any expression; `at` is the offset that messages point to."""

    __slots__ = ("at", "depth", "type")
    depth: int
    type: Type

    def __init__(self, at: int, *children: Node) -> None:
        self.at = at
        self.depth = 1 + max((child.depth for child in children), default=0)
        if self.depth > MAX_DEPTH:
            raise CelSyntaxError(Issue(f"expression is nested more than {MAX_DEPTH} levels deep", at))


class Literal(Node):
    """A value written in the text."""

    __slots__ = ("value",)

    def __init__(self, at: int, value: Any) -> None:
        super().__init__(at)
        self.value = value


class Ident(Node):
    """A name; `full` is the declared name it was found to mean, `constant` the type a type name stands for."""

    __slots__ = ("constant", "name")

    def __init__(self, at: int, name: str) -> None:
        super().__init__(at)
        self.name = name
        self.constant: Any = None


class Select(Node):
    """`operand.field`, `operand.?field`, or `has(operand.field)` with `test`; `qualified` names a variable written with dots."""

    __slots__ = ("constant", "field", "operand", "optional", "qualified", "test")

    def __init__(self, at: int, operand: Node, field: str, *, optional: bool = False, test: bool = False) -> None:
        super().__init__(at, operand)
        self.operand, self.field, self.optional, self.test = operand, field, optional, test
        self.qualified = ""
        self.constant: Any = None


class Call(Node):
    """A function, operator (`_+_`) or method; the target of a method is `target`."""

    __slots__ = ("args", "function", "overloads", "target")

    def __init__(self, at: int, function: str, args: list[Node], target: Node | None = None) -> None:
        super().__init__(at, *args, *(() if target is None else (target,)))
        self.function, self.args, self.target = function, args, target
        self.overloads: list[Overload] = []

    @property
    def operands(self) -> list[Node]:
        """Target and arguments."""
        return self.args if self.target is None else [self.target, *self.args]


class ListLiteral(Node):
    """`[a, ?b]`; `optional` holds the indices of elements that may be absent."""

    __slots__ = ("elements", "optional")

    def __init__(self, at: int, elements: list[Node], optional: frozenset[int]) -> None:
        super().__init__(at, *elements)
        self.elements, self.optional = elements, optional


class MapLiteral(Node):
    """`{k: v, ?k: v}`; an entry is (key, value, whether the value may be absent)."""

    __slots__ = ("entries",)

    def __init__(self, at: int, entries: list[tuple[Node, Node, bool]]) -> None:
        super().__init__(at, *(node for key, value, _ in entries for node in (key, value)))
        self.entries = entries


class StructLiteral(Node):
    """`Name{field: value, ?field: value}`."""

    __slots__ = ("fields", "name")

    def __init__(self, at: int, name: str, fields: list[tuple[str, Node, bool]]) -> None:
        super().__init__(at, *(node for _, node, _ in fields))
        self.name, self.fields = name, fields


class Fold(Node):
    """A macro over a list or map: `kind` all, exists, existsOne, map, filter, transformList, transformMap, transformMapEntry."""

    __slots__ = ("body", "condition", "kind", "names", "over")

    def __init__(self, at: int, kind: str, over: Node, names: tuple[str, ...], condition: Node | None, body: Node) -> None:
        super().__init__(at, over, body, *(() if condition is None else (condition,)))
        self.kind, self.over, self.names, self.condition, self.body = kind, over, names, condition, body


class Bind(Node):
    """`cel.bind(name, value, body)`; also what optMap and optFlatMap do with a value that is there (`optional`)."""

    __slots__ = ("body", "kind", "name", "value")

    def __init__(self, at: int, kind: str, name: str, value: Node, body: Node) -> None:
        super().__init__(at, value, body)
        self.kind, self.name, self.value, self.body = kind, name, value, body
