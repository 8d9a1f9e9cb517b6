"""From a Python traceback back to the place in the template, and to the message Go would print.

Called wherever a template body is run on behalf of someone else: the set's execute, include and tpl.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from types import CodeType, TracebackType

from pilothouse.delivery.charts.engine.compiler.builder import Builder, Site
from pilothouse.delivery.charts.engine.compiler.expressions import last_node
from pilothouse.delivery.charts.engine.compiler.statements import CompiledTemplate
from pilothouse.delivery.charts.engine.execution.faults import ArgumentFault, ExecError, Fault, Place
from pilothouse.delivery.charts.engine.template import nodes as n
from pilothouse.delivery.charts.engine.template.printer import node_text
from pilothouse.delivery.charts.engine.values.quote import go_quote


def _site_of(code: CodeType, last_instruction: int, compiled: CompiledTemplate) -> Site | None:
    position = next(islice(code.co_positions(), last_instruction // 2, None), None)
    if position is None:
        return None
    column, end = position[2], position[3]
    if column is None or end is None or not 0 < end - column <= len(compiled.sites):
        return None
    return compiled.sites[end - column - 1]


def innermost(
    traceback: TracebackType | None, known: Mapping[CodeType, CompiledTemplate]
) -> tuple[CompiledTemplate, Site] | None:
    """Return the innermost template body on the traceback and the site it stopped at."""
    found: tuple[CompiledTemplate, Site] | None = None
    while traceback is not None:
        code = traceback.tb_frame.f_code
        compiled = known.get(code)
        if compiled is not None:
            site = _site_of(code, traceback.tb_lasti, compiled)
            if site is not None:
                found = compiled, site
        traceback = traceback.tb_next
    return found


def _argument(fault: ArgumentFault, site: Site) -> tuple[n.Node, str]:
    is_final = fault.index >= len(site.args)
    node = site.fallback if is_final else last_node(site.args[fault.index])
    if fault.got == f"*{fault.expected}":
        return node, f"dereference of nil pointer of type {fault.expected}"
    if fault.got is not None:
        return node, f"wrong type for value; expected {fault.expected}; got {fault.got}"
    if (not is_final and isinstance(node, (n.Field, n.Chain))) or (isinstance(node, n.Variable) and len(node.names) > 1):
        return node, f"wrong type for value; expected {fault.expected}; got interface {{}}"
    return node, f"invalid value; expected {fault.expected}"


def exec_error(fault: Fault, known: Mapping[CodeType, CompiledTemplate]) -> ExecError:
    """Turn a fault into Go's full message with the place it happened at."""
    where = innermost(fault.__traceback__, known)
    if where is None:
        return ExecError(f"template: {fault.message}", fault.inner)
    compiled, site = where
    node, message = site.node, fault.message
    if isinstance(fault, ArgumentFault):
        node, message = _argument(fault, site)
    template = compiled.template
    line, column = Builder(template.source).place(node.pos)
    shown = node_text(node)
    text = f"template: {template.parse_name}:{line}:{column}: executing {go_quote(template.name)} at <{shown}>: {message}"
    place = Place(template.parse_name, template.source, node.pos, line, column, shown, message)
    return ExecError(text, fault.inner, place)
