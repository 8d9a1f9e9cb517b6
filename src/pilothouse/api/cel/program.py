"""Running a checked expression: the tree becomes Python closures once, which are called for each set of inputs.

Every call and every round of a loop is paid from the budget of the run, so that no expression can run long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from pilothouse.api.cel import cost
from pilothouse.api.cel.folds import fold
from pilothouse.api.cel.functions import Overload
from pilothouse.api.cel.syntax import (
    Bind,
    Call,
    Fold,
    Ident,
    ListLiteral,
    Literal,
    MapLiteral,
    Node,
    Select,
    StructLiteral,
)
from pilothouse.api.cel.types import Type, value_name
from pilothouse.api.cel.values import (
    ABSENT,
    NONE,
    TOO_EXPENSIVE,
    CostExceeded,
    EvalError,
    Frame,
    Optional,
    Run,
    StructValue,
    TypeValue,
    optional_member,
    type_name,
)

CALL_LIMIT = 1_000_000


class Outcome(msgspec.Struct, frozen=True):
    """What a run came to: a value or an error, and its cost."""

    value: Any
    error: str = ""
    cost: int = 0

    @property
    def is_over_budget(self) -> bool:
        """Whether the run was stopped because of its cost."""
        return self.error == TOO_EXPENSIVE


class Program:
    """A compiled expression."""

    __slots__ = ("_run", "result", "source", "used", "worst_cost")

    def __init__(self, source: str, node: Node, used: frozenset[str]) -> None:
        self.source, self.used = source, used
        self.result: Type = node.type
        self.worst_cost: int = cost.worst_cost(node)
        self._run = compile_node(node)

    def evaluate(self, names: Mapping[str, Any], limit: int = CALL_LIMIT) -> Outcome:
        """Return the outcome for the given values of the declared names; never raises for what an expression does."""
        frame = Frame(names, limit)
        try:
            return Outcome(self._run(frame), "", frame.cost)
        except EvalError as error:
            return Outcome(None, str(error), frame.cost)
        except TypeError:  # a dynamic value of a type the function was not declared for, such as a list as the key of a map
            return Outcome(None, "no such overload", frame.cost)
        except RecursionError:
            return Outcome(None, "the expression or its value is nested too deeply", frame.cost)


def compile_node(node: Node) -> Run:
    """Return the closure of a node."""
    return _MAKERS[type(node)](node)


def _literal(node: Literal) -> Run:
    value = node.value
    return lambda frame: value


def _name(name: str, constant: Type | None) -> Run:
    if constant is not None:
        value = TypeValue(value_name(constant))
        return lambda frame: value

    def run(frame: Frame) -> Any:
        frame.pay(1)
        try:
            return frame.names[name]
        except KeyError:
            raise EvalError(f"no such attribute(s): {name}") from None

    return run


def _ident(node: Ident) -> Run:
    return _name(node.name.lstrip("."), node.constant)


def _select(node: Select) -> Run:
    if node.qualified:
        return _name(node.qualified, node.constant)
    operand, key = compile_node(node.operand), _key_of(node)
    if node.test:
        return lambda frame: _has(operand(frame), key)
    if node.optional or node.operand.type.kind == "optional":
        return lambda frame: optional_member(operand(frame), key)

    def run(frame: Frame) -> Any:
        value = operand(frame)
        frame.pay(1)
        try:
            return value[key]
        except KeyError:
            raise EvalError(f"no such key: {node.field}") from None
        except TypeError:
            if isinstance(value, Optional):
                return optional_member(value, key)
            raise EvalError("no such overload") from None

    return run


def _key_of(node: Select) -> str:
    """Return the key in the data: fields whose names are no CEL names are written escaped."""
    kind = node.operand.type
    if kind.kind == "optional":
        kind = kind.params[0]
    field = kind.fields.get(node.field)
    return node.field if field is None else field.key


def _has(value: Any, key: str) -> bool:
    if isinstance(value, Optional):
        return value.value is not ABSENT and _has(value.value, key)
    if isinstance(value, dict):
        return key in value
    raise EvalError("no such overload")


def _call(node: Call) -> Run:
    operands = [compile_node(operand) for operand in node.operands]
    special = _OPERATORS.get(node.function)
    if special is not None:
        return special(*operands)
    return _direct(node, operands) if _is_certain(node) else _dispatched(node, operands)


def _is_certain(node: Call) -> bool:
    """Whether the checker alone knows which function runs."""
    if len(node.overloads) != 1:
        return False
    return all(_is_certain_type(operand.type) or _is_open(param)
               for operand, param in zip(node.operands, node.overloads[0].params, strict=True))  # fmt: skip


def _is_open(kind: Type) -> bool:
    return kind.kind in ("dyn", "param")


def _is_certain_type(kind: Type) -> bool:
    return kind.kind not in ("dyn", "param", "error", "null") and all(map(_is_certain_type, kind.params))


def _direct(node: Call, operands: list[Run]) -> Run:
    overload = node.overloads[0]
    function, price = overload.run, cost.price_of(node.function, overload)
    if price is None and len(operands) == 1:
        only = operands[0]

        def run_one(frame: Frame) -> Any:
            value = only(frame)
            frame.pay(1)
            return function(value)

        return run_one
    if price is None and len(operands) == 2:
        left, right = operands

        def run_two(frame: Frame) -> Any:
            first, second = left(frame), right(frame)
            frame.pay(1)
            return function(first, second)

        return run_two

    def run(frame: Frame) -> Any:
        values = tuple(operand(frame) for operand in operands)
        frame.pay(1 if price is None else price(cost.sizes_of(values)))
        return function(*values)

    return run


def _dispatched(node: Call, operands: list[Run]) -> Run:
    """Choose by the values, where the types left it open."""
    choices = [(overload, cost.price_of(node.function, overload)) for overload in node.overloads]

    def run(frame: Frame) -> Any:
        values = tuple(operand(frame) for operand in operands)
        for overload, price in choices:
            if _takes(overload, values):
                frame.pay(1 if price is None else price(cost.sizes_of(values)))
                return overload.run(*values)
        raise EvalError("no such overload")

    return run


def _takes(overload: Overload, values: tuple[Any, ...]) -> bool:
    return all(map(fits, overload.params, values))


def fits(kind: Type, value: Any) -> bool:
    """Whether a value is of a type."""
    if kind.kind in ("dyn", "param"):
        return True
    if kind.kind == "list":
        return isinstance(value, list) and (not value or fits(kind.params[0], value[0]))
    if kind.kind in ("map", "object"):
        return isinstance(value, dict)
    return type_name(value) == value_name(kind)


def _logical(left: Run, right: Run, *, stop: bool) -> Run:
    """Return `&&` (stop False) or `||` (stop True): an error of one side does not matter when the other decides."""

    def run(frame: Frame) -> Any:
        try:
            first = left(frame)
        except CostExceeded:
            raise
        except EvalError:
            if right(frame) is stop:
                return stop
            raise
        if first is stop:
            return stop
        second = right(frame)
        if second is stop:
            return stop
        if first is (not stop) and second is (not stop):
            return not stop
        raise EvalError("no such overload")

    return run


def _conditional(condition: Run, yes: Run, no: Run) -> Run:
    def run(frame: Frame) -> Any:
        chosen = condition(frame)
        if chosen is True:
            return yes(frame)
        if chosen is False:
            return no(frame)
        raise EvalError("no such overload")

    return run


def _or_else(first: Run, second: Run, *, keep: bool) -> Run:
    """Return `a.or(b)` (keep) or `a.orValue(b)`: b runs only when a is absent."""

    def run(frame: Frame) -> Any:
        value = first(frame)
        frame.pay(1)
        if not isinstance(value, Optional):
            raise EvalError("no such overload")
        if value.value is ABSENT:
            return second(frame)
        return value if keep else value.value

    return run


def _optional_index(holder: Run, key: Run) -> Run:
    def run(frame: Frame) -> Optional:
        frame.pay(1)
        return optional_member(holder(frame), key(frame))

    return run


_OPERATORS: dict[str, Callable[..., Run]] = {
    "_&&_": partial(_logical, stop=False), "_||_": partial(_logical, stop=True), "_?_:_": _conditional, "_[?_]": _optional_index,
    "or": partial(_or_else, keep=True),
    "orValue": partial(_or_else, keep=False),
}  # fmt: skip


def _list(node: ListLiteral) -> Run:
    parts = [(compile_node(element), index in node.optional) for index, element in enumerate(node.elements)]

    def run(frame: Frame) -> list[Any]:
        frame.pay(cost.LIST_COST)
        out = []
        for part, optional in parts:
            value = part(frame)
            if not optional:
                out.append(value)
            elif value.value is not ABSENT:
                out.append(value.value)
        return out

    return run


def _map(node: MapLiteral) -> Run:
    parts = [(compile_node(key), compile_node(value), optional) for key, value, optional in node.entries]

    def run(frame: Frame) -> dict[Any, Any]:
        frame.pay(cost.MAP_COST)
        out: dict[Any, Any] = {}
        for key_run, value_run, optional in parts:
            key, value = key_run(frame), value_run(frame)
            if key in out:
                raise EvalError(f"insert failed: key {key} already exists")
            if not optional:
                out[key] = value
            elif value.value is not ABSENT:
                out[key] = value.value
        return out

    return run


def _struct(node: StructLiteral) -> Run:
    name = node.name.lstrip(".")
    fields = node.type.fields
    parts = [(fields[field].key if field in fields else field, compile_node(value), optional)
             for field, value, optional in node.fields]  # fmt: skip

    def run(frame: Frame) -> StructValue:
        frame.pay(cost.STRUCT_COST)
        out = StructValue()
        out.type_name = name
        for key, part, optional in parts:
            value = part(frame)
            if not optional:
                out[key] = value
            elif value.value is not ABSENT:
                out[key] = value.value
        return out

    return run


def _fold(node: Fold) -> Run:
    return fold(node, compile_node)


def _bind(node: Bind) -> Run:
    value_run, body, name, kind = compile_node(node.value), compile_node(node.body), node.name, node.kind

    def run(frame: Frame) -> Any:
        value = value_run(frame)
        frame.pay(cost.LIST_COST)
        if kind != "bind":
            if not isinstance(value, Optional):
                raise EvalError("no such overload")
            if value.value is ABSENT:
                return NONE
            value = value.value
        outside = frame.names
        frame.names = {**outside, name: value}
        try:
            result = body(frame)
        finally:
            frame.names = outside
        return Optional(result) if kind == "optMap" else result

    return run


_MAKERS: dict[type[Node], Callable[[Any], Run]] = {
    Literal: _literal, Ident: _ident, Select: _select, Call: _call, ListLiteral: _list, MapLiteral: _map,
    StructLiteral: _struct, Fold: _fold, Bind: _bind,
}  # fmt: skip
