"""Print parse tree nodes back as template text, exactly as Go does.

Used for the `at <...>` part of error messages and by the parser's own tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.delivery.charts.engine.template import nodes as n
from pilothouse.delivery.charts.engine.values.quote import go_quote


def _pipe(node: n.Pipe) -> str:
    head = ""
    if node.declares:
        names = ", ".join(node_text(v) for v in node.declares)
        head = f"{names} {'=' if node.is_assign else ':='} "
    return head + " | ".join(node_text(c) for c in node.commands)


def _command(node: n.Command) -> str:
    return " ".join(f"({_pipe(a)})" if isinstance(a, n.Pipe) else node_text(a) for a in node.args)


def _chain(node: n.Chain) -> str:
    head = f"({_pipe(node.node)})" if isinstance(node.node, n.Pipe) else node_text(node.node)
    return head + "".join(f".{name}" for name in node.names)


def _branch(node: n.Branch) -> str:
    otherwise = "" if node.otherwise is None else "{{else}}" + node_text(node.otherwise)
    return f"{{{{{node.word} {_pipe(node.pipe)}}}}}{node_text(node.body)}{otherwise}{{{{end}}}}"


def _call(node: n.Call) -> str:
    pipe = "" if node.pipe is None else " " + _pipe(node.pipe)
    return f"{{{{template {go_quote(node.name)}{pipe}}}}}"


_PRINTERS: dict[type, Callable[[Any], str]] = {
    n.Text: lambda x: go_quote(x.text),
    n.Dot: lambda _: ".",
    n.Nil: lambda _: "nil",
    n.Bool: lambda x: "true" if x.value else "false",
    n.String: lambda x: x.source,
    n.Number: lambda x: x.text,
    n.Field: lambda x: "".join(f".{name}" for name in x.names),
    n.Variable: lambda x: ".".join(x.names),
    n.Identifier: lambda x: x.name,
    n.Chain: _chain,
    n.Command: _command,
    n.Pipe: _pipe,
    n.Action: lambda x: "{{" + _pipe(x.pipe) + "}}",
    n.Branch: _branch,
    n.Call: _call,
    n.Jump: lambda x: "{{" + x.word + "}}",
    n.Block: lambda x: "".join(node_text(item) for item in x.items),
}


def node_text(node: n.Node) -> str:
    """Return the template text Go would print for `node`."""
    return _PRINTERS[type(node)](node)
