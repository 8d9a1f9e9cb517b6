"""Parts of objects that the server keeps itself, such as a condition in a status: written behind the change that asks for it.

One `Upkeep` follows some resources; what is out of date is found by a pure function and written until nothing is. A write that
lost against another one is looked at again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from pilothouse.cluster.apiserver.watchcache.cache import Change, WatchCache
from pilothouse.kit.aio import TaskScope
from pilothouse.store.revisions import Mismatch

Stale = Callable[[], Iterable[tuple[Any, dict[str, Any]]]]
"""Finds (what `Write` needs to find the place, mostly the stored item; the object as it should be)."""
Write = Callable[[Any, dict[str, Any]], Awaitable[object]]


class Upkeep:
    """Keeps what `stale` finds up to date."""

    def __init__(
        self, name: str, cache: WatchCache, prefixes: tuple[str, ...], stale: Stale, write: Write,
        pause: Callable[[], Awaitable[None]] | None = None,
    ) -> None:  # fmt: skip
        """Follow the resources stored below `prefixes`; nothing is written before `start`, and only after a `pause`."""
        self.name, self._prefixes, self._stale, self._write, self._pause = name, prefixes, stale, write, pause
        self._tasks: TaskScope | None = None
        self._is_running = self._is_due = False
        cache.on_change.append(self._on_change)

    def start(self) -> None:
        """Write what is out of date, now and after every change."""
        self._tasks = TaskScope(self.name)
        self._begin()

    async def stop(self) -> None:
        """End; safe to call twice."""
        tasks, self._tasks = self._tasks, None
        if tasks is not None:
            await tasks.close()

    def _on_change(self, prefix: str, change: Change) -> Any:
        if prefix in self._prefixes:
            self._begin()

    def _begin(self) -> None:
        self._is_due = True
        if self._tasks is not None and not self._is_running:
            self._is_running = True
            self._tasks.spawn(self._run(), "write")

    async def _run(self) -> None:
        try:
            while self._is_due:
                if self._pause is not None:
                    await self._pause()
                self._is_due = False
                for item, obj in list(self._stale()):
                    try:
                        await self._write(item, obj)
                    except Mismatch:
                        self._is_due = True
        finally:
            self._is_running = False
