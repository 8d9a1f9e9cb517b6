"""Compile a template body to one Python function `(d0, w)`: the data, and the writer that takes text.

Called by the template set when a definition is first reached. The function's name and locals are made here from numbers; no
text of the user ever becomes an identifier or source code.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import CodeType
from typing import Any

from pilothouse.delivery.charts.engine.compiler.builder import Builder, Site
from pilothouse.delivery.charts.engine.compiler.expressions import TEXT, Expressions, Scope, last_node
from pilothouse.delivery.charts.engine.template import nodes as n
from pilothouse.delivery.charts.engine.values.kinds import GoFunction

_NOWHERE: Any = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0}
_MAX_NESTED_LOOPS = 18


class CompiledTemplate:
    """A definition ready to run: its code, and what each position in the code stands for."""

    __slots__ = ("code", "sites", "template")

    def __init__(self, template: n.Template, code: CodeType, sites: list[Site]) -> None:
        self.template = template
        self.code = code
        self.sites = sites


class Statements:
    """Statement compiler for one body."""

    def __init__(self, builder: Builder, functions: Mapping[str, GoFunction]) -> None:
        self.builder = builder
        self.expressions = Expressions(builder, functions)
        self.locals = 0
        self.loops = 0

    def _local(self, prefix: str) -> str:
        self.locals += 1
        return f"{prefix}{self.locals}"

    def block(self, block: n.Block, scope: Scope) -> list[ast.stmt]:
        """Compile the items of a block; never empty, because Python wants a statement."""
        out: list[ast.stmt] = []
        for item in block.items:
            if isinstance(item, n.Text):
                out.append(self._write(self.builder.const(item.text), item))
            elif isinstance(item, n.Action):
                self._action(item, scope, out)
            elif isinstance(item, n.Branch):
                self._branch(item, scope, out)
            elif isinstance(item, n.Call):
                self._call(item, scope, out)
            else:
                out.append(ast.Break(**_NOWHERE) if item.word == "break" else ast.Continue(**_NOWHERE))
        return out or [ast.Pass(**_NOWHERE)]

    def _write(self, value: ast.expr, item: n.Node) -> ast.stmt:
        """Write a text.

        The call has the line of the item, which is how a rendered line is traced back, and column 1 for what is not literal.
        """
        line, column = self.builder.place(item.pos)[0], int(not isinstance(item, n.Text))
        call = ast.Call(
            self.builder.load("w"), [value], [], lineno=line, col_offset=column, end_lineno=line, end_col_offset=column
        )
        return self.builder.expr(call)

    def _action(self, item: n.Action, scope: Scope, out: list[ast.stmt]) -> None:
        value, kind = self.expressions.pipeline(item.pipe, scope)
        if item.pipe.declares:
            self._bind(item.pipe, value, scope, out)
        elif kind == TEXT:
            out.append(self._write(value, item))
        else:
            out.append(self._write(self.builder.call("show", [value], Site(item)), item))

    def _bind(self, pipe: n.Pipe, value: ast.expr, scope: Scope, out: list[ast.stmt]) -> None:
        for variable in pipe.declares:
            name = variable.names[0]
            known = scope.variables.get(name)
            if pipe.is_assign and known is not None:
                out.append(self.builder.assign(known[0], value))
                continue
            if pipe.is_assign:
                value = self.expressions.fail(last_node(pipe), f"undefined variable: {name}")[0]
            local = self._local("v")
            out.append(self.builder.assign(local, value))
            scope.variables[name] = (local, True)

    def _branch(self, item: n.Branch, scope: Scope, out: list[ast.stmt]) -> None:
        if item.word == "range":
            self._range(item, scope, out)
            return
        inner = scope.inner()
        value, _ = self.expressions.pipeline(item.pipe, inner)
        body_scope = inner
        if item.pipe.declares or item.word == "with":
            if item.pipe.declares:
                self._bind(item.pipe, value, inner, out)
                local = inner.variables[item.pipe.declares[-1].names[0]][0]
            else:
                local = self._local("d")
                out.append(self.builder.assign(local, value))
            value = self.builder.load(local)
            if item.word == "with":
                dot = self._local("d")
                out.append(self.builder.assign(dot, value))
                value = self.builder.load(dot)
                body_scope = inner.inner(dot, loose=True)
        body = self.block(item.body, body_scope.inner())
        otherwise = self.block(item.otherwise, inner.inner()) if item.otherwise else []
        out.append(ast.If(value, body, otherwise, **_NOWHERE))

    def _range(self, item: n.Branch, scope: Scope, out: list[ast.stmt]) -> None:
        self.loops += 1
        if self.loops > _MAX_NESTED_LOOPS:
            out.append(self.builder.expr(self.expressions.fail(item.pipe, "range is nested too deeply")[0]))
            self.loops -= 1
            return
        inner = scope.inner()
        pipe = item.pipe
        value, _ = self.expressions.pipeline(pipe, inner)
        two = len(pipe.declares) == 2
        unknown = [v.names[0] for v in pipe.declares if pipe.is_assign and v.names[0] not in inner.variables]
        if unknown:
            value = self.expressions.fail(last_node(pipe), f"undefined variable: {unknown[0]}")[0]
        visited = self._local("r")
        site = Site(last_node(pipe))
        out.append(self.builder.assign(visited, self.builder.call("pairs" if two else "items", [value], site)))
        dot = self._local("d")
        body_scope = inner.inner(dot, loose=False)
        target, head = self._targets(pipe, dot, inner, body_scope)
        body = head + self.block(item.body, body_scope)
        loop = ast.For(target, self.builder.load(visited), body, [], **_NOWHERE)
        if item.otherwise is None:
            out.append(loop)
        else:
            otherwise = self.block(item.otherwise, inner.inner())
            out.append(ast.If(self.builder.load(visited), [loop], otherwise, **_NOWHERE))
        self.loops -= 1

    def _targets(self, pipe: n.Pipe, dot: str, outer: Scope, inner: Scope) -> tuple[ast.expr, list[ast.stmt]]:
        names = [v.names[0] for v in pipe.declares]
        locals_: list[str] = []
        head: list[ast.stmt] = []
        for name in names:
            known = outer.variables.get(name)
            if pipe.is_assign and known is not None:
                locals_.append(known[0])
            else:
                local = self._local("v")
                locals_.append(local)
                inner.variables[name] = (local, False)
        store = self.builder.store
        if len(names) == 2:
            pair: list[ast.expr] = [store(locals_[0]), store(dot)]
            head.append(self.builder.assign(locals_[1], self.builder.load(dot)))
            return ast.Tuple(pair, ast.Store(), **_NOWHERE), head
        if names:
            head.append(self.builder.assign(locals_[0], self.builder.load(dot)))
        return store(dot), head

    def _call(self, item: n.Call, scope: Scope, out: list[ast.stmt]) -> None:
        data: ast.expr = self.builder.const(None)
        if item.pipe is not None:
            inner = scope.inner()
            data, _ = self.expressions.pipeline(item.pipe, inner)
            if item.pipe.declares:
                self._bind(item.pipe, data, inner, out)
                data = self.builder.load(inner.variables[item.pipe.declares[-1].names[0]][0])
        args = [self.builder.const(item.name), data, self.builder.load("w")]
        out.append(self.builder.expr(self.builder.call("template", args, Site(item))))


def compile_template(template: n.Template, functions: Mapping[str, GoFunction]) -> CompiledTemplate:
    """Compile one definition; its file name is the template file's path."""
    builder = Builder(template.source)
    scope = Scope("d0", True, {"$": ("d0", True)})
    body = Statements(builder, functions).block(template.body, scope)
    arguments = [ast.arg(name, None, **_NOWHERE) for name in ("d0", "w")]
    function = ast.FunctionDef(
        "template_body",
        ast.arguments([], arguments, None, [], [], None, []),
        body,
        [],
        None,
        **_NOWHERE,
    )
    module = ast.Module([function], [])
    code = compile(module, template.parse_name or "template", "exec", dont_inherit=True)
    inner = next(c for c in code.co_consts if isinstance(c, CodeType))
    return CompiledTemplate(template, inner, builder.sites)
