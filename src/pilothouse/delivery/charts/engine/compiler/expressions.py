"""Compile pipelines, commands and operands to Python expressions.

Called by `statements`. Decides at compile time what can be decided there: argument counts, constants for typed parameters,
short circuits, and whether a nil is an error (a field of a map) or "no value" (the result of a pipeline).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from pilothouse.delivery.charts.engine.compiler.builder import Builder, Site
from pilothouse.delivery.charts.engine.template import nodes as n
from pilothouse.delivery.charts.engine.template.printer import node_text
from pilothouse.delivery.charts.engine.values.kinds import GoFunction, arity_message

TEXT = "string"
NO_VALUE = "reflect: call of reflect.Value.Type on zero Value"
"""What Go says of the length of what is no value at all, not even nil."""
ANY = ""
_LITERALS = (n.Bool, n.Number, n.String)
_SIZED = ("map[string]interface {}", "[]interface {}")


class Scope:
    """Names visible at one place: the dot and the variables, each with whether it is interface-typed in Go."""

    def __init__(self, dot: str, loose: bool, variables: Mapping[str, tuple[str, bool]]) -> None:
        self.dot = dot
        self.loose = loose
        self.variables = dict(variables)

    def inner(self, dot: str | None = None, loose: bool = False) -> Scope:
        """Open a block, perhaps with a new dot."""
        return Scope(dot or self.dot, loose if dot else self.loose, self.variables)


class Expressions:
    """Expression compiler for one template body."""

    def __init__(self, builder: Builder, functions: Mapping[str, GoFunction]) -> None:
        self.builder = builder
        self.functions = functions

    def fail(self, node: n.Node, message: str) -> tuple[ast.expr, str]:
        """An expression that fails at `node` when it is reached."""
        return self.builder.call("fail", [self.builder.const(message)], Site(node)), ANY

    def pipeline(self, pipe: n.Pipe, scope: Scope) -> tuple[ast.expr, str]:
        """Compile a pipeline without its declarations; returns the expression and its Go type if known."""
        value, kind = self.command(pipe.commands[0], scope, None, pipe)
        for command in pipe.commands[1:]:
            value, kind = self.command(command, scope, value, pipe)
        return value, kind

    def command(self, command: n.Command, scope: Scope, final: ast.expr | None, pipe: n.Node) -> tuple[ast.expr, str]:
        """Compile one stage; `final` is the value of the stage before it."""
        first, rest = command.args[0], command.args[1:]
        if isinstance(first, n.Identifier):
            return self.function(first, command, rest, scope, final)
        if isinstance(first, (n.Field, n.Chain)) or (isinstance(first, n.Variable) and len(first.names) > 1):
            return self.fields(first, rest, scope, final)
        if rest or final is not None:
            where = pipe if isinstance(first, n.Pipe) else first
            return self.fail(where, f"can't give argument to non-function {node_text(first)}")
        if isinstance(first, n.Nil):
            return self.fail(first, "nil is not a command")
        return self.operand(first, scope)

    def operand(self, node: n.Expr, scope: Scope) -> tuple[ast.expr, str]:
        """Compile an operand whose wanted type is `interface {}`."""
        if isinstance(node, n.Pipe):
            return self._nested(node, scope)
        if isinstance(node, n.Dot):
            return self.builder.load(scope.dot), ANY
        if isinstance(node, n.Variable) and len(node.names) == 1:
            return self._variable(node, scope)
        if isinstance(node, (n.Field, n.Chain, n.Variable)):
            return self.fields(node, (), scope, None)
        if isinstance(node, n.Identifier):
            return self.function(node, node, (), scope, None)
        return self._constant(node)

    def _nested(self, pipe: n.Pipe, scope: Scope) -> tuple[ast.expr, str]:
        value, kind = self.pipeline(pipe, scope)
        if not pipe.declares:
            return value, kind
        name = pipe.declares[0].names[0]
        known = scope.variables.get(name)
        local = known[0] if pipe.is_assign and known else f"v{len(scope.variables)}x{pipe.pos}"
        scope.variables[name] = (local, True)
        target = self.builder.store(local)
        return ast.NamedExpr(target, value, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0), kind  # type: ignore[arg-type]

    def _constant(self, node: n.Expr) -> tuple[ast.expr, str]:
        if isinstance(node, n.String):
            return self.builder.const(node.value), TEXT
        if isinstance(node, n.Bool):
            return self.builder.const(node.value), "bool"
        if isinstance(node, n.Number):
            return self._number(node)
        return self.builder.const(None), ANY

    def _number(self, node: n.Number) -> tuple[ast.expr, str]:
        text = node.text
        if node.as_complex is not None and text.endswith("i"):
            return self.builder.const(node.as_complex), ANY
        is_char = text.startswith("'")
        is_hex = text.lstrip("+-")[:2].lower() == "0x" and "p" not in text.lower()
        if node.as_float is not None and not is_char and not is_hex and any(c in text for c in ".eEpP"):
            return self.builder.const(node.as_float), ANY
        if node.as_int is not None:
            return self.builder.const(node.as_int), ANY
        return self.fail(node, f"{text} overflows int")

    def _variable(self, node: n.Variable, scope: Scope) -> tuple[ast.expr, str]:
        known = scope.variables.get(node.names[0])
        if known is None:
            return self.fail(node, f"undefined variable: {node.names[0]}")
        return self.builder.load(known[0]), ANY

    def fields(self, node: n.Expr, rest: tuple[n.Expr, ...], scope: Scope, final: ast.expr | None) -> tuple[ast.expr, str]:
        """Compile `.a.b`, `$x.a` or `(pipe).a`, perhaps as a method call with arguments."""
        if isinstance(node, n.Field):
            receiver, loose, names = self.builder.load(scope.dot), scope.loose, node.names
        elif isinstance(node, n.Variable):
            receiver = self._variable(node, scope)[0]
            loose, names = scope.variables.get(node.names[0], ("", True))[1], node.names[1:]
        else:
            assert isinstance(node, n.Chain)
            if isinstance(node.node, n.Nil):
                return self.fail(node, f"indirection through explicit nil in {node_text(node)}")
            receiver, loose, names = self.operand(node.node, scope)[0], True, node.names
        path = self.builder.const(names)
        if not rest and final is None:
            site = Site(last_node(node.node) if isinstance(node, n.Chain) else node)
            if len(names) == 1 and not loose:
                return self.builder.call("field", [receiver, self.builder.const(names[0])], site), ANY
            return self.builder.call("loose" if loose else "chain", [receiver, path], site), ANY
        args = [self.operand(arg, scope)[0] for arg in rest]
        if final is not None:
            args.append(final)
        site = Site(last_node(node.node) if isinstance(node, n.Chain) else node, rest, rest[-1] if rest else node)
        flag = self.builder.const(loose)
        return self.builder.call("method", [receiver, path, self.builder.tuple_of(args), flag], site), ANY

    def function(
        self,
        name: n.Identifier,
        command: n.Node,
        rest: tuple[n.Expr, ...],
        scope: Scope,
        final: ast.expr | None,
    ) -> tuple[ast.expr, str]:
        """Compile a call of a template function."""
        function = self.functions[name.name]
        given = len(rest) + (final is not None)
        message = arity_message(function, given, len(rest))
        if message is not None:
            return self.fail(name, message)
        if name.name in ("and", "or") and function.returns != "plain":
            return self._short_circuit(name.name, rest, scope, final), ANY
        if name.name == "len" and rest and isinstance(rest[0], n.Nil):
            return self.fail(command, f"error calling len: {NO_VALUE}")
        args: list[ast.expr] = []
        for index, node in enumerate(rest):
            args.append(self._argument(node, self._wanted(function, index), scope))
        if final is not None:
            wanted = self._wanted(function, len(rest))
            args.append(self._optional(final, wanted))
        site = Site(command, rest, rest[-1] if rest else name)
        if name.name == "call":
            callee = node_text(rest[0]) if rest else "<func>"
            args.insert(0, self.builder.const(callee))
        return self.builder.call(f"f_{name.name}", args, site), function.returns

    def _wanted(self, function: GoFunction, index: int) -> str:
        return function.params[min(index, len(function.params) - 1)]

    def _optional(self, value: ast.expr, wanted: str) -> ast.expr:
        if wanted not in _SIZED:
            return value
        helper = "opt_map" if wanted == _SIZED[0] else "opt_list"
        return ast.Call(self.builder.load(helper), [value], [], lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)

    def _argument(self, node: n.Expr, wanted: str, scope: Scope) -> ast.expr:
        if wanted == "interface {}":
            return self.operand(node, scope)[0]
        if isinstance(node, n.Nil):
            if wanted.startswith(("map[", "[]", "*", "func(")):
                return self._optional(self.builder.const(None), wanted)
            return self.fail(node, f"cannot assign nil to {wanted}")[0]
        if isinstance(node, _LITERALS):
            return self._literal(node, wanted)
        value = self.operand(node, scope)[0]
        return self._optional(value, wanted) if isinstance(node, (n.Pipe, n.Identifier)) else value

    def _literal(self, node: n.Bool | n.Number | n.String, wanted: str) -> ast.expr:
        shown = node_text(node)
        if wanted == "string" and not isinstance(node, n.String):
            return self.fail(node, f"expected string; found {shown}")[0]
        if wanted == "bool" and not isinstance(node, n.Bool):
            return self.fail(node, f"expected bool; found {shown}")[0]
        if wanted in ("int", "int64", "time.Duration"):
            if not isinstance(node, n.Number) or node.as_int is None:
                return self.fail(node, f"expected integer; found {shown}")[0]
            return self.builder.const(node.as_int)
        if wanted == "float64":
            if not isinstance(node, n.Number) or node.as_float is None:
                return self.fail(node, f"expected float; found {shown}")[0]
            return self.builder.const(node.as_float)
        if wanted not in ("string", "bool"):
            return self.fail(node, f"can't handle {shown} for arg of type {wanted}")[0]
        return self._constant(node)[0]

    def _short_circuit(self, word: str, rest: tuple[n.Expr, ...], scope: Scope, final: ast.expr | None) -> ast.expr:
        values = [self.operand(arg, scope)[0] for arg in rest]
        if final is not None:
            values.append(final)
        if len(values) == 1:
            return values[0]
        operator: ast.boolop = ast.And() if word == "and" else ast.Or()
        return ast.BoolOp(operator, values, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)


def last_node(node: n.Node) -> n.Node:
    """Return the node Go looked at last when `node` is evaluated: where it reports errors about the result."""
    if not isinstance(node, n.Pipe):
        return node
    command = node.commands[-1]
    last = command.args[-1] if isinstance(command.args[0], n.Identifier) else command.args[0]
    return last_node(last)
