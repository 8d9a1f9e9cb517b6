"""Which type every part of an expression has, and what does not fit.

Called once per expression, before cost and program. Finds as many issues as it can: a part with an issue has the type `ERROR`,
which fits everywhere, so that one mistake is reported once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pilothouse.api.cel import types
from pilothouse.api.cel.functions import Library, Overload
from pilothouse.api.cel.syntax import (
    Bind,
    Call,
    Fold,
    Ident,
    Issue,
    ListLiteral,
    Literal,
    MapLiteral,
    Node,
    Select,
    StructLiteral,
)
from pilothouse.api.cel.types import BOOL, DYN, ERROR, Substitution, Type, list_of, map_of, optional_of, type_of
from pilothouse.api.cel.values import UInt

_LITERALS: dict[type[Any], Type] = {
    bool: BOOL, int: types.INT, UInt: types.UINT, float: types.DOUBLE, str: types.STRING, bytes: types.BYTES,
    type(None): types.NULL,
}  # fmt: skip


class Checker:
    """Checks one expression; `issues` and the `type` of the nodes are the result."""

    def __init__(self, variables: Mapping[str, Type], functions: Library, structs: Mapping[str, Type]) -> None:
        self.variables, self.functions, self.structs = variables, functions, structs
        self.locals: list[tuple[str, Type]] = []
        self.issues: list[Issue] = []
        self.used: set[str] = set()
        """Names of declared variables the expression reads."""
        self.types = Substitution()

    def check(self, node: Node) -> Type:
        """Find and keep the type of a node."""
        found = _RULES[type(node)](self, node)
        node.type = found
        return found

    def settle(self, node: Node) -> None:
        """Replace type parameters by what they turned out to be, in a whole tree."""
        node.type = self.types.resolve(node.type)
        for child in children(node):
            self.settle(child)

    def _issue(self, message: str, at: int) -> Type:
        self.issues.append(Issue(message, at))
        return ERROR

    def _literal(self, node: Literal) -> Type:
        return _LITERALS[type(node.value)]

    def _local(self, name: str) -> Type | None:
        return next((kind for known, kind in reversed(self.locals) if known == name), None)

    def _ident(self, node: Ident) -> Type:
        found = self._local(node.name)
        if found is None:
            found = self._declared(node, node.name.lstrip("."))
        return found if found is not None else self._undeclared(node.name, node.at)

    def _undeclared(self, name: str, at: int) -> Type:
        return self._issue(f"undeclared reference to '{name.lstrip('.')}' (in container '')", at)

    def _declared(self, node: Ident | Select, name: str) -> Type | None:
        """Return the type of a variable or of a type used as a value."""
        found = self.variables.get(name)
        if found is not None:
            self.used.add(name)
            return found
        constant = types.CONSTANTS.get(name) or self.structs.get(name)
        if constant is None:
            return None
        node.constant = constant
        return type_of(constant)

    def _select(self, node: Select) -> Type:
        dotted = dotted_name(node)
        if dotted and not node.test and self._local(dotted.partition(".")[0]) is None:
            found = self._declared(node, dotted.lstrip("."))
            if found is not None:
                node.qualified = dotted.lstrip(".")
                return found
        operand = self.types.resolve(self.check(node.operand))
        wraps = node.optional
        if operand.kind == "optional":
            wraps, operand = True, operand.params[0]
        found = self._field(operand, node)
        if node.test:
            return BOOL if found is not ERROR else ERROR
        return optional_of(found) if wraps and found is not ERROR else found

    def _field(self, operand: Type, node: Select) -> Type:
        if operand.kind in ("dyn", "error", "param"):
            return DYN if operand is not ERROR else ERROR
        if operand.kind == "map":
            return operand.params[1]
        if operand.kind == "object":
            field = operand.fields.get(node.field)
            return field.type if field is not None else self._issue(f"undefined field '{node.field}'", node.at)
        return self._issue(f"type '{operand}' does not support field selection", node.at)

    def _call(self, node: Call) -> Type:
        found = self.functions.get(node.function) if node.target is None else None
        if node.target is not None:
            found = self._namespaced(node) or self.functions.get(node.function)
        if node.target is not None:
            self.check(node.target)
        for arg in node.args:
            self.check(arg)
        if found is None:
            return self._undeclared(node.function, node.at)
        return self._resolve(node, found)

    def _namespaced(self, node: Call) -> list[Overload] | None:
        """Make `ip.isCanonical(x)` a call of that function when `ip` is no variable of the loop."""
        assert node.target is not None
        prefix = dotted_name(node.target)
        if not prefix or self._local(prefix.partition(".")[0]) is not None:
            return None
        name = f"{prefix.lstrip('.')}.{node.function}"
        found = self.functions.get(name)
        if found is not None:
            node.function, node.target = name, None
        return found

    def _resolve(self, node: Call, overloads: list[Overload]) -> Type:
        """Choose the overloads that fit; several that fit make the result dynamic unless they agree."""
        operands = node.operands
        result: Type | None = None
        for overload in overloads:
            if overload.is_member != (node.target is not None) or len(overload.params) != len(operands):
                continue
            saved = self.types.save()
            names: dict[str, Type] = {}
            params = [self.types.fresh(param, names) for param in overload.params]
            if not all(self.types.assign(param, operand.type) for param, operand in zip(params, operands, strict=True)):
                self.types.restore(saved)
                continue
            node.overloads.append(overload)
            this = self.types.resolve(self.types.fresh(overload.result, names))
            result = this if result is None or result == this else DYN
        if result is not None:
            return self._sized(node, result)
        shown = [str(self.types.resolve(operand.type)) for operand in operands]
        applied = f"({', '.join(shown)})" if node.target is None else f"{shown[0]}.({', '.join(shown[1:])})"
        return self._issue(f"found no matching overload for '{node.function}' applied to '{applied}'", node.at)

    def _sized(self, node: Call, result: Type) -> Type:
        """Keep the declared type of an element: indexing a list with declared limits gives a value with limits."""
        if node.function == "_[_]":
            holder = self.types.resolve(node.args[0].type)
            if holder.kind in ("list", "map"):
                return holder.params[-1]
        return result

    def _list(self, node: ListLiteral) -> Type:
        joined: Type | None = None
        for index, element in enumerate(node.elements):
            kind = self.check(element)
            if index in node.optional:
                kind = self._unwrap(kind, element)
            joined = self._join(joined, kind, element)
        return list_of(joined if joined is not None else self.types.new_param())

    def _unwrap(self, kind: Type, node: Node) -> Type:
        kind = self.types.resolve(kind)
        if kind.kind == "optional":
            return kind.params[0]
        if kind.kind in ("dyn", "error"):
            return kind
        return self._issue(f"expected type 'optional_type({kind})' but found '{kind}'", node.at)

    def _join(self, joined: Type | None, kind: Type, node: Node) -> Type:
        """Elements of one literal have one type."""
        if joined is None or joined is ERROR:
            return kind
        if self.types.assign(joined, kind):
            return joined
        if self.types.assign(kind, joined):
            return kind
        expected, found = self.types.resolve(joined), self.types.resolve(kind)
        return self._issue(f"expected type '{expected}' but found '{found}'", node.at)

    def _map(self, node: MapLiteral) -> Type:
        keys: Type | None = None
        values: Type | None = None
        for key, value, optional in node.entries:
            keys = self._join(keys, self._key(key), key)
            kind = self.check(value)
            values = self._join(values, self._unwrap(kind, value) if optional else kind, value)
        new = self.types.new_param
        return map_of(keys if keys is not None else new(), values if values is not None else new())

    def _key(self, node: Node) -> Type:
        kind = self.types.resolve(self.check(node))
        if kind.kind in ("int", "uint", "bool", "string", "dyn", "error", "param"):
            return kind
        return self._issue(f"unsupported map key type: {kind}", node.at)

    def _struct(self, node: StructLiteral) -> Type:
        struct = self.structs.get(node.name.lstrip("."))
        if struct is None:
            for _, value, _ in node.fields:
                self.check(value)
            return self._undeclared(node.name, node.at)
        for name, value, optional in node.fields:
            kind = self.check(value)
            field = struct.fields.get(name)
            if field is None and struct.kind == "object" and struct.fields:
                self._issue(f"undefined field '{name}'", node.at)
                continue
            wanted = field.type if field is not None else DYN
            kind = self._unwrap(kind, value) if optional else kind
            if not self.types.assign(wanted, kind):
                self._issue(f"expected type of field '{name}' is '{wanted}' but provided type is '{kind}'", node.at)
        return struct

    def _fold(self, node: Fold) -> Type:
        over = self.types.resolve(self.check(node.over))
        key, item = self._entries(over, node)
        before = len(self.locals)
        if len(node.names) == 2:
            self.locals += [(node.names[0], key), (node.names[1], item)]
        else:
            self.locals.append((node.names[0], key if over.kind == "map" else item))
        if node.condition is not None:
            self._predicate(node.condition, "_?_:_", node)
        body = self.check(node.body)
        single = self.locals[before][1]
        del self.locals[before:]
        return self._fold_result(node, body, key, single)

    def _fold_result(self, node: Fold, body: Type, key: Type, single: Type) -> Type:
        kind = node.kind
        if kind in ("all", "exists", "existsOne", "filter"):
            operator = {"all": "_&&_", "exists": "_||_"}.get(kind, "_?_:_")
            self._must_be_bool(node.body, operator, node)
            return list_of(single) if kind == "filter" else BOOL
        if kind in ("map", "transformList"):
            return list_of(body)
        if kind == "transformMap":
            return map_of(key, body)
        entries = self.types.resolve(body)
        if entries.kind in ("map", "dyn", "error"):
            return entries
        return self._issue(f"found no matching overload for 'cel.@mapInsert' applied to '(map(dyn, dyn), {entries})'", node.at)

    def _entries(self, over: Type, node: Fold) -> tuple[Type, Type]:
        if over.kind == "list":
            return types.INT, over.params[0]
        if over.kind == "map":
            return over.params[0], over.params[1]
        if over.kind in ("dyn", "error", "param"):
            return DYN, DYN
        text = f"expression of type '{over}' cannot be range of a comprehension (must be list, map, or dynamic)"
        self._issue(text, node.over.at)
        return ERROR, ERROR

    def _predicate(self, condition: Node, operator: str, node: Fold) -> None:
        self.check(condition)
        self._must_be_bool(condition, operator, node)

    def _must_be_bool(self, condition: Node, operator: str, node: Fold) -> None:
        found = self.types.resolve(condition.type)
        if found.kind in ("bool", "dyn", "error", "param"):
            return
        shown = f"(bool, {found})" if operator != "_?_:_" else f"({found}, list(dyn), list(dyn))"
        self._issue(f"found no matching overload for '{operator}' applied to '{shown}'", node.at)

    def _bind(self, node: Bind) -> Type:
        value = self.types.resolve(self.check(node.value))
        if node.kind != "bind":
            if value.kind == "optional":
                value = value.params[0]
            elif value.kind not in ("dyn", "error"):
                self._issue(f"found no matching overload for 'hasValue' applied to '{value}.()'", node.at)
        self.locals.append((node.name, value))
        body = self.check(node.body)
        self.locals.pop()
        return optional_of(body) if node.kind == "optMap" else body


def dotted_name(node: Node) -> str:
    """Return the name a chain of selections spells, empty when it is something else."""
    if isinstance(node, Ident):
        return node.name
    if isinstance(node, Select) and not node.test and not node.optional:
        prefix = dotted_name(node.operand)
        return f"{prefix}.{node.field}" if prefix else ""
    return ""


def children(node: Node) -> list[Node]:
    """Return the checked parts of a node."""
    if isinstance(node, Call):
        return node.operands
    if isinstance(node, Select):
        return [] if node.qualified else [node.operand]
    if isinstance(node, ListLiteral):
        return node.elements
    if isinstance(node, MapLiteral):
        return [part for key, value, _ in node.entries for part in (key, value)]
    if isinstance(node, StructLiteral):
        return [value for _, value, _ in node.fields]
    if isinstance(node, Fold):
        return [node.over, *([node.condition] if node.condition is not None else []), node.body]
    return [node.value, node.body] if isinstance(node, Bind) else []


_RULES: dict[type[Node], Callable[[Checker, Any], Type]] = {
    Literal: Checker._literal,
    Ident: Checker._ident,
    Select: Checker._select,
    Call: Checker._call,
    ListLiteral: Checker._list,
    MapLiteral: Checker._map,
    StructLiteral: Checker._struct,
    Fold: Checker._fold,
    Bind: Checker._bind,
}
