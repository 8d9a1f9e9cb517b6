"""Renders that are kept: for each Application the newest, until its parameters or something it read changes, within limits."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import msgspec
import orjson

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.sources.needs import GitNeed
from pilothouse.kit.errors import PilothouseError

MAX_BYTES = 96 << 20


class Rendering(msgspec.Struct, frozen=True):
    """What the sources of an Application are rendered to; the objects are shared and never changed."""

    objects: list[Tree]
    revisions: tuple[str, ...]
    """The commit, version or digest of each source."""
    types: tuple[str, ...] = ()
    """Directory, Helm or Kustomize, for each source that was rendered."""
    number: int = 0
    """Another one for every render: the same number means the same objects."""
    warnings: tuple[str, ...] = ()


class Kept(msgspec.Struct, frozen=True):
    """A render and what it came from."""

    parameters: bytes
    rendering: Rendering
    reads: Mapping[int, Mapping[str, str]]
    """By source: the token of every path that was read."""
    bases: Mapping[GitNeed, str] = {}
    is_revision_used: bool = False
    failure: PilothouseError | None = None
    cost: int = 0


class Memory:
    """Renders by Application."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        """Keep about `max_bytes` of manifests."""
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Any, Kept] = OrderedDict()
        self.size_bytes = 0

    def get(self, key: Any) -> Kept | None:
        """Return what is kept for an Application."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: Any, kept: Kept) -> None:
        """Keep a render in place of the one before; those used longest ago go first."""
        self.drop(key)
        self._kept[key] = kept
        self.size_bytes += kept.cost
        while self.size_bytes > self._max_bytes and len(self._kept) > 1:
            self.drop(next(iter(self._kept)))

    def drop(self, key: Any) -> None:
        """Forget an Application."""
        found = self._kept.pop(key, None)
        if found is not None:
            self.size_bytes -= found.cost

    def reads(self, key: Any) -> Mapping[int, Mapping[str, str]]:
        """Return the paths an Application's render read, by source."""
        found = self._kept.get(key)
        return found.reads if found is not None and found.failure is None else {}


def cost_of(objects: list[Tree], reads: Mapping[int, Mapping[str, str]]) -> int:
    """Return about how many bytes a render holds."""
    try:
        size = len(orjson.dumps(objects, option=orjson.OPT_NON_STR_KEYS))
    except (TypeError, ValueError):
        size = 1 << 20
    return 512 + size + sum(len(path) + 48 for paths in reads.values() for path in paths)
