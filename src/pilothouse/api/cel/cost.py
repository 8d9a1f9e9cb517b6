"""What an expression costs: the worst case before it runs, and the price of each call while it runs.

One table of prices serves both: before, with the most elements a declared value may have; while running, with those it has.
Units and factors are those of the reference server, which refuses rules by them. Source: the cost model of CEL.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pilothouse.api.cel.checker import children
from pilothouse.api.cel.functions import Overload
from pilothouse.api.cel.syntax import Bind, Call, Fold, Ident, ListLiteral, Literal, MapLiteral, Node, Select, StructLiteral
from pilothouse.api.cel.types import UNBOUNDED, Type
from pilothouse.api.cel.values import size_of

LIST_COST, MAP_COST, STRUCT_COST = 10, 30, 40
AUTHORIZER_COST = 350_000
_NAMED_FORMAT_REGEX = 32
_ADDRESS_COMPARISON = 4
Sizes = list[int]


def _tenth(size: float) -> int:
    return math.ceil(size * 0.1)


def _regex(text: int, pattern: int) -> int:
    return _tenth(text + 1) * math.ceil(pattern * 0.25)


def _walk_first(sizes: Sizes) -> int:
    return _tenth(sizes[0])


def _walk_twice(sizes: Sizes) -> int:
    return math.ceil(sizes[0] * 0.2)


def _walk_second(sizes: Sizes) -> int:
    return _tenth(sizes[1])


def _compare(sizes: Sizes) -> int:
    return _tenth(min(sizes[0], sizes[1]))


def _product(sizes: Sizes) -> int:
    return 1 + sizes[0] * sizes[1]


_COMPARISONS = ("_<_", "_<=_", "_>_", "_>=_")
# (function, kind of the first operand) or function -> price by the sizes of the operands; anything else costs 1.
PRICES: dict[tuple[str, str] | str, Callable[[Sizes], int]] = {
    "check": lambda sizes: AUTHORIZER_COST,
    "url": _walk_first, "lowerAscii": _walk_first, "upperAscii": _walk_first, "substring": _walk_first, "trim": _walk_first,
    "replace": _walk_twice, "split": _walk_twice, "format": _walk_first, "strings.quote": _walk_first, "reverse": _walk_first,
    "find": lambda sizes: _regex(sizes[0], sizes[1]), "findAll": lambda sizes: _regex(sizes[0], sizes[1]),
    "matches": lambda sizes: _regex(sizes[0], sizes[1]),
    "validate": lambda sizes: _tenth(sizes[1] + 1) * _NAMED_FORMAT_REGEX,
    "containsIP": lambda sizes: _ADDRESS_COMPARISON + _tenth(sizes[1]),
    "containsCIDR": lambda sizes: _ADDRESS_COMPARISON + 3 + _tenth(sizes[1]),
    "sets.contains": _product, "sets.intersects": _product, "sets.equivalent": lambda sizes: 2 * _product(sizes),
    "startsWith": _walk_second, "endsWith": _walk_second,
    "contains": lambda sizes: _tenth(sizes[0]) * _tenth(sizes[1]),
    ("@in", "list"): lambda sizes: sizes[1],
    ("bytes", "string"): _walk_first, ("string", "bytes"): _walk_first,
    ("_+_", "string"): lambda sizes: _tenth(sizes[0] + sizes[1]), ("_+_", "bytes"): lambda sizes: _tenth(sizes[0] + sizes[1]),
    ("indexOf", "string"): _walk_first, ("lastIndexOf", "string"): _walk_first,
    "_==_": _compare, "_!=_": _compare,
    **{(name, kind): _compare for name in _COMPARISONS for kind in ("string", "bytes")},
}  # fmt: skip
_PER_ELEMENT = frozenset(("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"))
_SAME_SIZE = frozenset(("lowerAscii", "upperAscii", "substring", "trim", "split", "find", "findAll", "dyn", "reverse"))
# How many elements a macro's loop adds to the cost of its body: condition of the loop and the accumulator.
_STEPS = {"all": 3, "exists": 4, "existsOne": 2, "map": 12, "filter": 13, "transformList": 12, "transformMap": 3,
          "transformMapEntry": 2}  # fmt: skip
_STARTS = {"map": LIST_COST + 1, "filter": LIST_COST + 1, "transformList": LIST_COST + 1, "transformMap": MAP_COST + 1,
           "transformMapEntry": MAP_COST + 1, "existsOne": 2}  # fmt: skip


def price_of(function: str, overload: Overload) -> Callable[[Sizes], int] | None:
    """Return the price of a function by the sizes of its operands; None when every call costs 1."""
    kind = overload.params[0].kind if overload.params else ""
    if function == "@in":
        kind = overload.params[1].kind
    found = PRICES.get((function, kind)) or PRICES.get(function)
    if found is None and function in _PER_ELEMENT and kind == "list":
        return lambda sizes: sizes[0]
    return found


def sizes_of(values: tuple[Any, ...]) -> Sizes:
    """Return the sizes of operands while running."""
    return [size_of(value) for value in values]


def loop_costs(kind: str) -> tuple[int, int]:
    """Return (cost of a macro once, cost of each of its rounds besides the body)."""
    return _STARTS.get(kind, 1), _STEPS[kind]


def worst_cost(node: Node) -> int:
    """Return the most an expression that was checked may cost; `UNBOUNDED` at most."""
    return min(_Estimate().cost(node), UNBOUNDED)


class _Estimate:
    """Walks a tree; keeps the sizes it worked out, of values and of the elements of lists and maps."""

    def __init__(self) -> None:
        self.sizes: dict[int, int] = {}
        self.elements: dict[int, tuple[int, int]] = {}
        self.locals: list[tuple[str, int | None, tuple[int, int] | None]] = []

    def cost(self, node: Node) -> int:
        """Return the cost of a part."""
        if isinstance(node, Call):
            return min(self._call(node), UNBOUNDED)
        if isinstance(node, Fold):
            return min(self._fold(node), UNBOUNDED)
        if isinstance(node, Bind):
            return min(self._bind(node), UNBOUNDED)
        inner = sum(self.cost(child) for child in children(node))
        if isinstance(node, ListLiteral):
            self._join(node, [(1, self.size(item)) for item in node.elements])
        elif isinstance(node, MapLiteral):
            self._join(node, [(self.size(key), self.size(value)) for key, value, _ in node.entries])
        return min(inner + self._own(node), UNBOUNDED)

    def _own(self, node: Node) -> int:
        if isinstance(node, Ident):
            return 1
        if isinstance(node, Select):
            if node.test:
                return 0
            return 1 if node.qualified or node.operand.type.kind in ("map", "object", "param", "optional") else 0
        if isinstance(node, ListLiteral):
            return LIST_COST
        if isinstance(node, MapLiteral):
            return MAP_COST
        return STRUCT_COST if isinstance(node, StructLiteral) else 0

    def _join(self, node: Node, parts: list[tuple[int, int]]) -> None:
        self.elements[id(node)] = (max((key for key, _ in parts), default=0), max((value for _, value in parts), default=0))

    def size(self, node: Node) -> int:
        """Return the most elements a value may have."""
        found = self.sizes.get(id(node))
        if found is None and isinstance(node, Literal):
            found = size_of(node.value)
        if found is None and isinstance(node, ListLiteral):
            found = len(node.elements)
        if found is None and isinstance(node, MapLiteral):
            found = len(node.entries)
        if found is None and isinstance(node, (Ident, Select)) and node.constant is not None:
            found = 0
        if found is None and isinstance(node, Ident):
            found = next((size for name, size, _ in reversed(self.locals) if name == node.name), None)
        if found is None:
            found = _declared(node.type)
        return UNBOUNDED if found is None else found

    def _entry(self, node: Node) -> tuple[int, int] | None:
        found = self.elements.get(id(node))
        if found is None and isinstance(node, Ident):
            return next((entry for name, _, entry in reversed(self.locals) if name == node.name), None)
        return found

    def _call(self, node: Call) -> int:
        costs = [self.cost(operand) for operand in node.operands]
        sizes = [self.size(operand) for operand in node.operands]
        self._result(node, sizes)
        if node.function == "_?_:_":
            return costs[0] + max(costs[1], costs[2])
        total = sum(costs)
        if node.function in ("_&&_", "_||_"):
            return total
        return total + max((self._price(node, overload, sizes) for overload in node.overloads), default=0)

    def _price(self, node: Call, overload: Overload, sizes: Sizes) -> int:
        if node.function in _PER_ELEMENT and overload.params[0].kind == "list":
            item = node.operands[0].type
            inner = item.params[0] if item.params else item
            each = 1 + _tenth(self._element(node.operands[0], inner)) if inner.kind in ("string", "bytes") else 1
            return sizes[0] * each
        if node.function == "join":
            return _tenth(self.sizes.get(id(node), UNBOUNDED))
        price = price_of(node.function, overload)
        return 1 if price is None else price(sizes)

    def _element(self, holder: Node, inner: Type) -> int:
        entry = self._entry(holder)
        if entry is not None:
            return entry[1]
        declared = _declared(inner)
        return UNBOUNDED if declared is None else declared

    def _result(self, node: Call, sizes: Sizes) -> None:
        """Keep what is known about the size of a result."""
        key, name = id(node), node.function
        size: int | None = None
        if name in _SAME_SIZE and sizes:
            size = sizes[0]
        elif name == "_+_" and node.type.kind in ("string", "bytes", "list", "dyn"):
            size = sizes[0] + sizes[1]
            self._union(node, node.args[0], node.args[1])
        elif name == "_?_:_":
            size = max(sizes[1], sizes[2])
            self._union(node, node.args[1], node.args[2])
        elif name in ("_[_]", "_[?_]"):
            entry = self._entry(node.args[0])
            size = entry[1] if entry is not None else None
        elif name in _SIZED_RESULTS:
            size = _SIZED_RESULTS[name](self, node, sizes)
        if size is not None:
            self.sizes[key] = min(size, UNBOUNDED)

    def _union(self, node: Node, left: Node, right: Node) -> None:
        one, other = self._entry(left), self._entry(right)
        if one is not None and other is not None:
            self.elements[id(node)] = (max(one[0], other[0]), max(one[1], other[1]))

    def _fold(self, node: Fold) -> int:
        once, step = loop_costs(node.kind)
        total = self.cost(node.over) + once
        entry = self._entry(node.over)
        over = node.over.type
        key_type, value_type = (over.params[0], over.params[-1]) if over.params else (over, over)
        value = entry[1] if entry is not None else _declared(value_type)
        key: int | None = 1 if over.kind == "list" else entry[0] if entry is not None else _declared(key_type)
        single = key if over.kind == "map" else value
        pairs = [(node.names[0], single)] if len(node.names) == 1 else [(node.names[0], key), (node.names[1], value)]
        self.locals += [(name, size, None) for name, size in pairs]
        body = self.cost(node.body) + (self.cost(node.condition) if node.condition is not None else 0)
        rounds = self.size(node.over)
        if node.kind in ("map", "transformList"):
            self.elements[id(node)] = (1, self.size(node.body))
        elif node.kind == "filter":
            self.elements[id(node)] = (1, UNBOUNDED if single is None else single)
        if node.kind not in ("all", "exists", "existsOne"):
            self.sizes[id(node)] = rounds
        del self.locals[len(self.locals) - len(pairs) :]
        return total + rounds * (body + step)

    def _bind(self, node: Bind) -> int:
        total = LIST_COST + self.cost(node.value)
        self.locals.append((node.name, self.size(node.value), self._entry(node.value)))
        total += self.cost(node.body)
        self.sizes[id(node)] = self.size(node.body)
        entry = self._entry(node.body)
        self.locals.pop()
        if entry is not None:
            self.elements[id(node)] = entry
        return total


def _declared(kind: Type) -> int | None:
    """Return the declared limit of a type; values of fixed size count 1."""
    if kind.size is not None:
        return kind.size
    if kind.kind == "optional":
        return _declared(kind.params[0])
    return 1 if kind.kind in ("bool", "int", "uint", "double", "duration", "timestamp") else None


def _replaced(_: _Estimate, node: Call, sizes: Sizes) -> int:
    """Return the longest text a replacement may leave."""
    text, by = sizes[0], sizes[2]
    old = node.args[0]
    shortest = size_of(old.value) if isinstance(old, Literal) else 0
    if shortest == 0:
        return (text + 1) * by + text
    return text if by <= shortest else math.ceil(text / shortest) * by


def _joined(estimate: _Estimate, node: Call, sizes: Sizes) -> int:
    holder = node.operands[0]
    inner = holder.type.params[0] if holder.type.params else holder.type
    between = sizes[1] if len(sizes) > 1 else 0
    return sizes[0] * estimate._element(holder, inner) + max(sizes[0] - 1, 0) * between


_SIZED_RESULTS: dict[str, Callable[[_Estimate, Call, Sizes], int]] = {
    "replace": _replaced,
    "join": _joined,
    "strings.quote": lambda _, node, sizes: sizes[0] * 2 + 2,
    "format": lambda _, node, sizes: sizes[0] + sizes[1],
}
