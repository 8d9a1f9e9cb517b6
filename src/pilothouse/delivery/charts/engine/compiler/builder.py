"""Make Python syntax nodes that carry template positions.

A Python node made here has the template's line and column; its end column is the column plus one plus the number of the
template node it came from. So a traceback gives the place in the template and the exact parse node, at no cost while running.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from typing import Any

from pilothouse.delivery.charts.engine.template import nodes as n

LOAD = ast.Load()
STORE = ast.Store()


class Site:
    """What a position in generated code stands for: the node Go would name, and the argument nodes of a call."""

    __slots__ = ("args", "fallback", "node")

    def __init__(self, node: n.Node, args: tuple[n.Node, ...] = (), fallback: n.Node | None = None) -> None:
        self.node = node
        self.args = args
        self.fallback = fallback or node


class Builder:
    """Builds positioned nodes for one template body."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.is_ascii = source.isascii()
        self.starts = [0]
        at = source.find("\n")
        while at >= 0:
            self.starts.append(at + 1)
            at = source.find("\n", at + 1)
        self.sites: list[Site] = []

    def place(self, pos: int) -> tuple[int, int]:
        """Return line (from 1) and byte column (from 0) of an offset."""
        line = bisect_right(self.starts, pos)
        start = self.starts[line - 1]
        if self.is_ascii:
            return line, pos - start
        return line, len(self.source[start:pos].encode("utf-8", "surrogateescape"))

    def at(self, site: Site) -> dict[str, Any]:
        """Register a site and return the position fields for a Python node."""
        line, column = self.place(site.node.pos)
        self.sites.append(site)
        return {
            "lineno": line,
            "col_offset": column,
            "end_lineno": line,
            "end_col_offset": column + len(self.sites),
        }

    @staticmethod
    def load(name: str) -> ast.expr:
        """Read a local or a helper."""
        return ast.Name(name, LOAD, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)

    @staticmethod
    def store(name: str) -> ast.expr:
        """Write a local."""
        return ast.Name(name, STORE, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)

    @staticmethod
    def const(value: Any) -> ast.expr:
        """A constant."""
        return ast.Constant(value, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)

    @staticmethod
    def tuple_of(items: list[ast.expr]) -> ast.expr:
        """A tuple."""
        return ast.Tuple(items, LOAD, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)

    def call(self, name: str, args: list[ast.expr], site: Site) -> ast.expr:
        """Call a helper, positioned at `site`."""
        return ast.Call(self.load(name), args, [], **self.at(site))

    def expr(self, value: ast.expr) -> ast.stmt:
        """An expression statement."""
        return ast.Expr(value, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)

    def assign(self, name: str, value: ast.expr) -> ast.stmt:
        """Assign a local."""
        return ast.Assign([self.store(name)], value, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
