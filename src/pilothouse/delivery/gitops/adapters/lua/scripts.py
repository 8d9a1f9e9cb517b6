"""The scripts of kinds, and which of them an object gets: an exact entry first, then wildcards in sorted order."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import msgspec


class Action(msgspec.Struct, frozen=True):
    """An action: its name and the script that does it."""

    name: str
    script: str


class Customization(msgspec.Struct, frozen=True, kw_only=True):
    """What users say about one kind, or all kinds that match a pattern."""

    health: str = ""
    discovery: str = ""
    actions: tuple[Action, ...] = ()
    is_merged: bool = False
    """Whether the built-in actions are offered too."""
    open_libs: bool = False
    ignore_differences: Mapping[str, Any] | None = None

    def action(self, name: str) -> str:
        """Return the script of an action, empty when there is none."""
        return next((action.script for action in self.actions if action.name == name), "")


class Scripts:
    """Customizations by `group/Kind` (`Kind` alone for the core group); `*` stands for any text."""

    def __init__(self, entries: Mapping[str, Customization] | None = None, problems: tuple[str, ...] = ()) -> None:
        """Keep the entries; `problems` are those of reading them, to be shown."""
        self.entries = dict(entries or {})
        self.problems = problems
        self._patterns = sorted(name for name in self.entries if "*" in name)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.entries)

    @property
    def ignored_differences(self) -> dict[str, dict[str, Any]]:
        """What is not compared of the objects of a kind, by `group/Kind`."""
        return {name: dict(each.ignore_differences) for name, each in self.entries.items() if each.ignore_differences}

    def of(self, group: str, kind: str, part: str) -> Customization | None:
        """Return the entry for a kind that has `part` (health, discovery, ...), None when there is none."""
        name = f"{group}/{kind}" if group else kind
        exact = self.entries.get(name)
        if exact is not None and getattr(exact, part):
            return exact
        for pattern in self._patterns:
            if fnmatchcase(name, pattern) and getattr(self.entries[pattern], part):
                return self.entries[pattern]
        return None
