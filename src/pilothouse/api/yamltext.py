"""Limits of YAML text, checked before anything is built from it.

Composing a document recurses in C and expands aliases, so nesting and size are counted on the stream of events first.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

MAX_DEPTH = 200
MAX_NODES = 200_000
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The fastest loader of plain data there is."""
_INT = re.compile(r"[-+]?(?:0b[01_]+|0[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)$")
_FLOAT = re.compile(
    r"(?:[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
_OTHER = {"int": _INT, "float": _FLOAT}
_TEXT = {"timestamp", "value"}


class ManifestLoader(LOADER):  # type: ignore[misc]
    """Plain data as the reference decoder reads it: times, `=` and `22:22` are text, `1e3` is a number."""


ManifestLoader.yaml_implicit_resolvers = {
    key: [(tag, _OTHER.get(tag.rpartition(":")[2], pattern)) for tag, pattern in resolvers if tag.rpartition(":")[2] not in _TEXT]
    for key, resolvers in LOADER.yaml_implicit_resolvers.items()
}


def _number(loader: Any, node: yaml.Node) -> float | int:
    """Return a number; a whole one is an integer, as it is once the reference decoder wrote it as JSON."""
    value: float = loader.construct_yaml_float(node)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


ManifestLoader.add_constructor("tag:yaml.org,2002:float", _number)


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
    """Nodes and levels so far, aliases expanded."""

    def __init__(self) -> None:
        self.nodes = 0
        self.anchors: dict[str, tuple[int, int]] = {}
        """Nodes and levels of each anchored collection."""
        self.open: list[_Collection] = []

    def count(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._expand(event.anchor or "")
        elif isinstance(event, yaml.NodeEvent):
            self._reach(1, 0)
            if isinstance(event, yaml.CollectionStartEvent):
                self.open.append(_Collection(event.anchor, self.nodes))
                self._reach(0, 0)
        elif isinstance(event, yaml.CollectionEndEvent):
            done = self.open.pop()
            if done.anchor:
                self.anchors[done.anchor] = (self.nodes - done.before + 1, done.levels)
            self._hold(done.levels)

    def _expand(self, anchor: str) -> None:
        if any(collection.anchor == anchor for collection in self.open):
            raise UnsafeYaml("yaml: an alias contains itself")
        nodes, levels = self.anchors.get(anchor, (1, 0))
        self._reach(nodes, levels)
        self._hold(levels)

    def _hold(self, levels: int) -> None:
        """Note that the innermost open collection has something of `levels` below it."""
        if self.open:
            self.open[-1].levels = max(self.open[-1].levels, levels + 1)

    def _reach(self, nodes: int, levels: int) -> None:
        self.nodes += nodes
        if len(self.open) + levels > MAX_DEPTH:
            raise UnsafeYaml("yaml: document is nested too deeply")
        if self.nodes > MAX_NODES:
            raise UnsafeYaml("yaml: document contains excessive aliasing")


class _Collection:
    """A list or mapping that is being read: `before` counts the nodes up to it, `levels` those below and with it."""

    __slots__ = ("anchor", "before", "levels")

    def __init__(self, anchor: str | None, before: int) -> None:
        self.anchor, self.before, self.levels = anchor, before, 1
