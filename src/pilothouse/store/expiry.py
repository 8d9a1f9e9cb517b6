"""Deletes keys whose time to live has passed; started by the first write that has one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock
from pilothouse.store.revisions import Mismatch, StoreFull, StoreStopped
from pilothouse.store.state import State

SWEEP_INTERVAL_S = 1.0
logger = logging.getLogger("pilothouse.store")


class SteadyTime:
    """Wall time as of the start plus what passed since: nothing expires early or late because somebody set the clock."""

    def __init__(self, clock: Clock) -> None:
        """Begin at the wall time of `clock`."""
        self._clock = clock
        self._offset = clock.now() - clock.monotonic()

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return self._clock.monotonic() + self._offset


class Expiry:
    """The sweeper of one engine. A key written again in the meantime is left alone (its revision changed)."""

    def __init__(
        self, state: State, clock: Clock, time: SteadyTime, txn: Callable[[str, int | None, bytes | None], Awaitable[int]]
    ) -> None:
        """Delete what is due at `time` through `txn`, the engine's own write path, so that expiry is an event like any other."""
        self._state, self._clock, self._time, self._txn = state, clock, time, txn
        self._scope = TaskScope("store-expiry")
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Make sure the sweeper runs while there are deadlines."""
        if self._task is None or self._task.done():
            self._task = self._scope.spawn(self._sweep(), "sweep")

    async def _sweep(self) -> None:
        while self._state.deadlines:
            await self._clock.sleep(SWEEP_INTERVAL_S)
            due = self._state.expired(self._time.now())
            for place, (key, revision) in enumerate(due):
                try:
                    await self._txn(key, revision, None)
                except Mismatch:
                    continue
                except StoreFull:
                    self._state.postpone(due[place:])
                    break
                except StoreStopped:
                    return

    async def stop(self) -> None:
        """End the sweeper."""
        await self._scope.close()
