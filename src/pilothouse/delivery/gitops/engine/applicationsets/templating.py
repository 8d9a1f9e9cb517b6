"""Fill texts, and trees of them, with parameters: Go templates, or the older `{{name}}`.

Rendering Go templates is somebody else's business (`RenderGo`), so that this room needs no template engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.applicationsets.asks import Params
from pilothouse.delivery.gitops.errors import GeneratorFailed

RenderGo = Callable[[str, Mapping[str, Any], Sequence[str]], str]
"""Renders a Go template with parameters and options such as `missingkey=error`; raises `GeneratorFailed`."""
WITH_VALUES = ("clusters", "clusterDecisionResource", "git", "pullRequest", "scmProvider", "plugin")
"""The generators whose `values` may speak of their own parameters."""
_TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_IS_TEMPLATE = re.compile(r"\{\{.*\}\}")
_MISSING = ("map has no entry for key", "can't evaluate field")
_NESTING = ("matrix", "merge")


class Templates:
    """One way to fill templates."""

    def __init__(self, render_go: RenderGo | None, options: Sequence[str] = ()) -> None:
        """Fill Go templates by `render_go`; without it `{{name}}` is replaced when known, and kept when not."""
        self._render_go, self._options = render_go, tuple(options)

    @property
    def is_go(self) -> bool:
        """Whether parameters keep their structure."""
        return self._render_go is not None

    def text(self, text: str, params: Mapping[str, Any]) -> str:
        """Fill one text; raises `GeneratorFailed`."""
        return self._fill(text, params, self._options)

    def _fill(self, text: str, params: Mapping[str, Any], options: Sequence[str]) -> str:
        if self._render_go is not None:
            return self._render_go(text, params, options) if "{{" in text else text
        if not _IS_TEMPLATE.search(text):
            return text
        if text.count("{{", text.rfind("}}") + 2):
            raise GeneratorFailed(f'invalid template: Cannot find end tag="}}}}" in the template={text!r}')
        return _TAG.sub(lambda found: _known(found, params), text)

    def tree(self, value: Any, params: Mapping[str, Any]) -> Any:
        """Fill every text and every key of a tree."""
        if isinstance(value, str):
            return self.text(value, params)
        if isinstance(value, Mapping):
            return {self.text(key, params): self.tree(below, params) for key, below in value.items()}
        return [self.tree(item, params) for item in value] if isinstance(value, list) else value

    def generator(self, generator: Tree, params: Mapping[str, Any]) -> Tree:
        """Fill a generator with the parameters of another; its `values` keep what only its own parameters can fill."""
        filled: Tree = {}
        for name, spec in generator.items():
            if name in WITH_VALUES and isinstance(spec, Mapping):
                rest = self.tree({key: value for key, value in spec.items() if key != "values"}, params)
                filled[name] = {**rest, **({"values": self._values(spec["values"], params)} if "values" in spec else {})}
            elif name in _NESTING and isinstance(spec, Mapping):
                inner = [self.generator(one, params) for one in spec.get("generators") or ()]
                rest = self.tree({key: value for key, value in spec.items() if key != "generators"}, params)
                filled[name] = {**rest, "generators": inner}
            else:
                filled[name] = self.tree(spec, params)
        return filled

    def _values(self, values: Any, params: Mapping[str, Any]) -> Any:
        if not isinstance(values, Mapping):
            return values
        options = [option for option in self._options if not option.startswith("missingkey=")] + ["missingkey=error"]
        found: Tree = {}
        for key, text in values.items():
            try:
                found[key] = self._fill(str(text), params, options)
            except GeneratorFailed as error:
                if not any(words in error.message for words in _MISSING):
                    raise GeneratorFailed(f'failed to pre-resolve Values key "{key}": {error.message}', fix=error.fix) from None
                found[key] = text
        return found

    def with_values(self, values: Mapping[str, str] | None, params: Params) -> Params:
        """Add the `values` of a generator, each filled with the other parameters and never with another value."""
        filled = {key: self.text(str(text), params) for key, text in (values or {}).items()}
        if self.is_go:
            return {**params, "values": filled} if filled else params
        return {**params, **{f"values.{key}": text for key, text in filled.items()}}


def _known(found: re.Match[str], params: Mapping[str, Any]) -> str:
    name = found[1].strip()
    value = params.get(name) if name else None
    return value if isinstance(value, str) else found[0]
