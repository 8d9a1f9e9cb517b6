"""Go templates with sprig's functions outside of charts: one text, one value, one result.

Called by who fills templates that are no chart, as the generators of GitOps do. The functions that need a chart (include, tpl,
lookup) are not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pilothouse.delivery.charts.engine.execution.definitions import CodeCache
from pilothouse.delivery.charts.engine.execution.faults import BudgetExceeded, ExecError, FunctionError
from pilothouse.delivery.charts.engine.execution.templates import TemplateSet
from pilothouse.delivery.charts.engine.functions import standard_functions
from pilothouse.delivery.charts.engine.template.parser import ParseError
from pilothouse.delivery.charts.engine.values.kinds import signature
from pilothouse.delivery.charts.errors import RenderFailed
from pilothouse.kit.clock import Clock, Entropy

MAX_KEPT = 1000


class TextTemplates:
    """Templates over one table of functions; those that were used lately stay compiled."""

    def __init__(
        self, name: str, functions: Mapping[str, tuple[str, Callable[..., Any]]], clock: Clock, entropy: Entropy
    ) -> None:
        """Call the templates `name` in messages.

        `functions` adds to sprig's: by name a Go signature such as `string -> string` and what carries it out, which raises
        ValueError with a message for the user.
        """
        self._name, self._clock, self._entropy = name, clock, entropy
        self._own = {key: signature(key, text, _told(call)) for key, (text, call) in functions.items()}
        self._kept: dict[tuple[str, str], TemplateSet] = {}
        self._bases: dict[str, TemplateSet] = {}

    def render(self, text: str, data: Any, missing: str = "default") -> str:
        """Return the filled text. `missing` is Go's option missingkey. Raises RenderFailed in Go's words."""
        try:
            return self._set(text, missing).execute(self._name, data)
        except ParseError as error:
            raise RenderFailed(f"failed to parse template {text}: {error}") from None
        except (ExecError, BudgetExceeded) as error:
            raise RenderFailed(f"failed to execute go template {text}: {error}") from None

    def _set(self, text: str, missing: str) -> TemplateSet:
        found = self._kept.get((text, missing))
        if found is None:
            base = self._bases.get(missing)
            if base is None:
                functions = {**standard_functions(self._clock.now(), self._entropy), **self._own}
                base = self._bases[missing] = TemplateSet(functions, CodeCache(), missing=missing)
            found = TemplateSet(base.functions, base.cache, missing=missing, parent=base)
            found.add(self._name, text)
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
                base.known.clear()
            self._kept[text, missing] = found
        return found


def _told(call: Callable[..., Any]) -> Callable[..., Any]:
    def told(*args: Any) -> Any:
        try:
            return call(*args)
        except ValueError as error:
            raise FunctionError(str(error)) from None

    return told
