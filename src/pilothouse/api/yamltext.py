"""Limits of YAML text, checked before anything is built from it.

Composing a document recurses in C and expands aliases, so nesting and size are counted on the stream of events first.
"""

from __future__ import annotations

from typing import Any

import yaml

MAX_DEPTH = 200
MAX_NODES = 200_000
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The fastest loader of plain data there is."""


class UnsafeYaml(ValueError):
    """YAML that is nested too deeply or grows too large when its aliases are expanded."""


def check_yaml(text: str) -> None:
    """Raise `UnsafeYaml` over `MAX_DEPTH` levels or `MAX_NODES` nodes with aliases expanded.

    Text that is not YAML passes: the loader tells what is wrong with it.
    """
    census = _Census()
    try:
        for event in yaml.parse(text, Loader=LOADER):
            census.count(event)
    except yaml.YAMLError:
        return


class _Census:
    """Nodes and levels so far."""

    def __init__(self) -> None:
        self.nodes = 0
        self.sizes: dict[str, int] = {}
        self.open: list[tuple[str | None, int]] = []

    def count(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._expand(event.anchor or "")
        elif isinstance(event, yaml.NodeEvent):
            self.nodes += 1
            if isinstance(event, yaml.CollectionStartEvent):
                self.open.append((event.anchor, self.nodes))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self.open.pop()
            if anchor:
                self.sizes[anchor] = self.nodes - before + 1
        if len(self.open) > MAX_DEPTH:
            raise UnsafeYaml("yaml: document is nested too deeply")
        if self.nodes > MAX_NODES:
            raise UnsafeYaml("yaml: document contains excessive aliasing")

    def _expand(self, anchor: str) -> None:
        self.nodes += self.sizes.get(anchor, 1)
        if any(name == anchor for name, _ in self.open):
            raise UnsafeYaml("yaml: an alias contains itself")
