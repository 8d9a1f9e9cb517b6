"""Helm's functions that reach back into the running render: include, tpl, required, fail, lookup and DNS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import BudgetExceeded, ExecError, FunctionError
from pilothouse.delivery.charts.engine.execution.templates import TemplateSet
from pilothouse.delivery.charts.engine.merging.loglines import log_line
from pilothouse.delivery.charts.engine.rendering.traces import required_marker
from pilothouse.delivery.charts.engine.template.parser import ParseError
from pilothouse.delivery.charts.engine.values.kinds import GoFunction, signature
from pilothouse.delivery.charts.engine.values.quote import go_quote

_MAX_INCLUDES = 1000
Lookup = Callable[[str, str, str, str], dict[str, Any]]


class Host:
    """The functions bound to one template set; `included` counts nested includes by name."""

    def __init__(
        self, templates: TemplateSet, lookup: Lookup | None, included: dict[str, int], lint: list[str] | None = None
    ) -> None:
        self.lint = lint
        self.templates = templates
        self.find = lookup
        self.included = included

    def include(self, name: str, data: Any) -> str:
        """Run a named template and return its text."""
        count = self.included.get(name, 0)
        if count > _MAX_INCLUDES:
            raise FunctionError(f"rendering template has a nested reference name: {name}: unable to execute template")
        self.included[name] = count + 1
        try:
            return self.templates.execute(name, data)
        except ExecError as error:
            raise _wrapped(str(error), error) from None
        finally:
            self.included[name] = count

    def tpl(self, text: str, data: Any) -> str:
        """Run a text as a template in a copy of the set."""
        if "{{" not in text:
            return text.replace("<no value>", "")
        child = TemplateSet(
            self.templates.functions,
            self.templates.cache,
            missing=self.templates.missing,
            limits=self.templates.limits,
            parent=self.templates,
        )
        child.bind(host_functions(child, self.find, lint=self.lint, included=self.included))
        try:
            child.add("gotpl", text)
        except ParseError as error:
            raise FunctionError(f"cannot parse template {go_quote(text)}: {error}") from None
        child.limits.depth += 1
        if child.limits.depth > _MAX_INCLUDES:
            raise BudgetExceeded("tpl is nested more than 1000 times")
        try:
            out = child.execute("gotpl", data)
        except ExecError as error:
            raise _wrapped(f"error during tpl function execution for {go_quote(text)}: {error}", error) from None
        child.limits.depth -= 1
        return out.replace("<no value>", "")

    def lookup(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
        """Ask the cluster, when the caller brought one."""
        return self.find(api_version, kind, namespace, name) if self.find else {}


def _wrapped(message: str, inner: ExecError) -> FunctionError:
    error = FunctionError(message)
    error.inner = inner if message == str(inner) else _Through(message, inner)
    return error


class _Through(ExecError):
    """An error between two template frames (tpl's own sentence)."""


def _required(message: str, value: Any) -> Any:
    if value is None or (value == "" and isinstance(value, str)):
        raise FunctionError(required_marker(message))
    return value


def _fail(message: str) -> str:
    raise FunctionError(required_marker(message))


class LintFunctions:
    """`required` and `fail` while linting: they log instead of failing."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    def required(self, message: str, value: Any) -> Any:
        """Return the value; nothing missing stops a lint."""
        if value is None or (value == "" and isinstance(value, str)):
            self.log.append(log_line("WARN", "missing required value", message=message))
            return ""
        return value

    def fail(self, message: str) -> str:
        """Log the message."""
        self.log.append(log_line("INFO", "funcMap fail", message=message))
        return ""


def _unbound(*_: Any) -> str:
    raise FunctionError("not available here")


def host_functions(
    templates: TemplateSet | None,
    lookup: Lookup | None,
    *,
    lint: list[str] | None = None,
    included: dict[str, int] | None = None,
) -> dict[str, GoFunction]:
    """Return the functions bound to `templates`; without a set, only their signatures (for the parser)."""
    if templates is None:
        include: Callable[..., Any] = _unbound
        tpl: Callable[..., Any] = _unbound
        find: Callable[..., Any] = _unbound
    else:
        host = Host(templates, lookup, {} if included is None else included, lint)
        include, tpl, find = host.include, host.tpl, host.lookup
    soft = None if lint is None else LintFunctions(lint)
    rows = (
        ("include", "string, any -> string", include),
        ("tpl", "string, any -> string", tpl),
        ("lookup", "string, string, string, string -> map", find),
        ("required", "string, any -> ", soft.required if soft else _required),
        ("fail", "string -> string", soft.fail if soft else _fail),
        ("getHostByName", "string -> string", lambda _: ""),
    )
    return {name: signature(name, text, call) for name, text, call in rows}
