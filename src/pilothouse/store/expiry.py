"""Deletes keys whose time to live has passed; started by the first write that has one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock
from pilothouse.store.revisions import Mismatch, StoreStopped
from pilothouse.store.state import State

SWEEP_INTERVAL_S = 1.0
logger = logging.getLogger("pilothouse.store")


class Expiry:
    """The sweeper of one engine. A key written again in the meantime is left alone (its revision changed)."""

    def __init__(self, state: State, clock: Clock, txn: Callable[[str, int | None, bytes | None], Awaitable[int]]) -> None:
        """Delete through `txn`, the engine's own write path, so that expiry is an event like any other."""
        self._state, self._clock, self._txn = state, clock, txn
        self._scope = TaskScope("store-expiry")
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Make sure the sweeper runs while there are deadlines."""
        if self._task is None or self._task.done():
            self._task = self._scope.spawn(self._sweep(), "sweep")

    async def _sweep(self) -> None:
        while self._state.deadlines:
            await self._clock.sleep(SWEEP_INTERVAL_S)
            for key, revision in self._state.expired(self._clock.now()):
                try:
                    await self._txn(key, revision, None)
                except Mismatch:
                    continue
                except StoreStopped:
                    return

    async def stop(self) -> None:
        """End the sweeper."""
        await self._scope.close()
