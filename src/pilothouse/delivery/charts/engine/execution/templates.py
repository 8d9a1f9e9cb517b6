"""A set of named templates and everything needed to run them: the counterpart of Go's `*template.Template`.

Made once per render (and once per `tpl` call, as a child that sees the parent's definitions). Bodies are compiled when they are
first reached. The budgets live in `Limits`, shared by a set and its children.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import CodeType, FunctionType
from typing import Any

from pilothouse.delivery.charts.engine.compiler.statements import CompiledTemplate
from pilothouse.delivery.charts.engine.execution.access import MAX_TEXT, Access, caller, elements
from pilothouse.delivery.charts.engine.execution.definitions import CodeCache, Definition
from pilothouse.delivery.charts.engine.execution.faults import BudgetExceeded, ExecError, Fault
from pilothouse.delivery.charts.engine.execution.trace import exec_error
from pilothouse.delivery.charts.engine.values.kinds import GoFunction, NilMap
from pilothouse.delivery.charts.engine.values.printing import print_value
from pilothouse.delivery.charts.engine.values.quote import go_quote

MAX_STEPS = 5_000_000
MAX_OUTPUT = 256 * 1024 * 1024
MAX_DEPTH = 1000
_STACK = 20_000


class Limits:
    """What one render may still spend: loop steps and template calls, output characters, call depth."""

    def __init__(self, steps: int = MAX_STEPS, output: int = MAX_OUTPUT) -> None:
        self.steps = steps
        self.output = output
        self.depth = 0

    def spend(self, steps: int) -> None:
        """Take `steps` off the budget; raises BudgetExceeded."""
        self.steps -= steps
        if self.steps < 0:
            raise BudgetExceeded("the render took too many steps; look for a loop that multiplies itself")

    def join(self, parts: list[str]) -> str:
        """Join written pieces, checking the sizes first."""
        size = sum(map(len, parts))
        self.output -= size
        if size > MAX_TEXT or self.output < 0:
            raise BudgetExceeded("the render wrote too much text")
        return "".join(parts)


def _fail(message: str) -> Any:
    raise Fault(message)


def _opt_map(value: Any) -> Any:
    return NilMap() if value is None else value


def _opt_list(value: Any) -> Any:
    return [] if value is None else value


class TemplateSet:
    """Named templates over a function table."""

    def __init__(
        self,
        functions: Mapping[str, GoFunction],
        cache: CodeCache,
        *,
        missing: str = "zero",
        limits: Limits | None = None,
        parent: TemplateSet | None = None,
    ) -> None:
        self.functions = functions
        self.cache = cache
        self.missing = missing
        self.limits = limits or Limits()
        self.templates: dict[str, Definition] = dict(parent.templates) if parent else {}
        self.bodies: dict[str, tuple[Definition, Callable[..., None]]] = {}
        self.known: dict[CodeType, CompiledTemplate] = parent.known if parent else {}
        self.scope: dict[str, Any] = dict(parent.scope) if parent else self._helpers(functions)
        self.scope["template"] = self._template
        self.parts: Callable[[], list[str]] = parent.parts if parent else list
        """Makes what an included template writes to."""
        if sys.getrecursionlimit() < _STACK:
            sys.setrecursionlimit(_STACK)

    def _helpers(self, functions: Mapping[str, GoFunction]) -> dict[str, Any]:
        access = Access(self.missing)
        scope: dict[str, Any] = {f"f_{name}": caller(function) for name, function in functions.items()}
        scope.update(
            field=access.field,
            chain=access.chain,
            loose=access.loose_chain,
            method=access.method,
            show=print_value,
            fail=_fail,
            opt_map=_opt_map,
            opt_list=_opt_list,
            items=self._items,
            pairs=self._pairs,
        )
        return scope

    def bind(self, functions: Mapping[str, GoFunction]) -> None:
        """Replace functions that depend on the set itself (include, tpl)."""
        for name, function in functions.items():
            self.scope[f"f_{name}"] = caller(function)

    def _items(self, value: Any) -> list[Any]:
        found = elements(value, False)
        self.limits.spend(len(found) + 1)
        return found

    def _pairs(self, value: Any) -> list[Any]:
        found = elements(value, True)
        self.limits.spend(len(found) + 1)
        return found

    def add(self, name: str, source: str) -> None:
        """Parse a file into the set; a later definition replaces an earlier one unless it is empty."""
        for defined, template in self.cache.parse(name, source, self.functions).items():
            if defined in self.templates and template.is_empty:
                continue
            self.templates[defined] = template

    def body(self, name: str) -> Callable[..., None] | None:
        """Return the function that runs a template, compiling it when first asked for."""
        template = self.templates.get(name)
        if template is None:
            return None
        ready = self.bodies.get(name)
        if ready is None or ready[0] is not template:
            compiled = self.cache.compile(template)
            self.known[compiled.code] = compiled
            ready = template, FunctionType(compiled.code, self.scope)
            self.bodies[name] = ready
        return ready[1]

    def _template(self, name: str, data: Any, write: Callable[[str], None]) -> None:
        body = self.body(name)
        if body is None:
            raise Fault(f"template {go_quote(name)} not defined")
        limits = self.limits
        limits.spend(1)
        limits.depth += 1
        if limits.depth > MAX_DEPTH:
            raise BudgetExceeded("exceeded maximum template depth (1000)")
        body(data, write)
        limits.depth -= 1

    def execute(self, name: str, data: Any) -> str:
        """Run a template and return its output; raises ExecError with Go's message."""
        parts = self.parts()
        self.write(name, data, parts)
        return self.limits.join(parts)

    def write(self, name: str, data: Any, parts: list[str]) -> None:
        """Run a template into `parts`, which keeps what was written when it fails."""
        body = self.body(name)
        if body is None:
            raise ExecError(f'template: no template {go_quote(name)} associated with template "gotpl"')
        self.limits.spend(1)
        depth = self.limits.depth
        try:
            body(data, parts.append)
        except Fault as fault:
            self.limits.depth = depth
            raise exec_error(fault, self.known) from fault
        except RecursionError:
            self.limits.depth = depth
            raise ExecError("template: exceeded maximum template depth") from None
