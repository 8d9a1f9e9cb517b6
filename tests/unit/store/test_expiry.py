"""Keys with a time to live while somebody sets the clock, or the machine sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from pilothouse.kit.clock import ManualClock
from pilothouse.kit.faults import Faults
from pilothouse.store.log import LogConfig, LogStore
from pilothouse.store.log.disk import Disk
from pilothouse.store.memory import MemoryStore
from pilothouse.store.revisions import Store
from pilothouse.testing.disks import SimulatedFiles

HOUR_S = 3600.0
TTL_S = 10.0


class SettableClock(ManualClock):
    """A clock whose wall time somebody sets, of a machine that may sleep."""

    ahead_s = 0.0

    def suspend(self, delay_s: float) -> None:
        """Sleep: when time goes on, everything that was due meanwhile is due at once."""
        self._now += delay_s

    def now(self) -> float:
        return super().now() + self.ahead_s


def log_store(clock: ManualClock, files: SimulatedFiles) -> LogStore:
    return LogStore(Disk(files), LogConfig(), clock, Faults())


STORES: dict[str, Callable[[ManualClock], Store]] = {
    "memory": MemoryStore, "log": lambda clock: log_store(clock, SimulatedFiles()),
}  # fmt: skip


@asynccontextmanager
async def opened(name: str) -> AsyncIterator[tuple[Store, SettableClock]]:
    clock = SettableClock()
    store = STORES[name](clock)
    try:
        yield store, clock
    finally:
        await store.close()


async def until(clock: ManualClock, delay_s: float) -> None:
    """Let time pass in small steps, as the sweeper sees it, and let the writer thread follow."""
    for _ in range(round(delay_s)):
        await clock.advance(1)
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("jump_s", [HOUR_S, -HOUR_S, 0.0])
@pytest.mark.parametrize("name", STORES)
def test_setting_the_clock_ends_nothing_early_or_late(name: str, jump_s: float) -> None:
    async def story() -> None:
        async with opened(name) as (store, clock):
            await store.txn("/event", 0, b"x", ttl_s=TTL_S)
            clock.ahead_s = jump_s
            await until(clock, TTL_S - 2)
            assert await store.get("/event") is not None
            await until(clock, 4)
            assert await store.get("/event") is None
            assert store.revision == 2

    asyncio.run(story())


@pytest.mark.parametrize("name", STORES)
def test_a_machine_that_slept_ends_each_key_once_and_none_that_was_written_again(name: str) -> None:
    async def story() -> None:
        async with opened(name) as (store, clock):
            for key in ("/a", "/b", "/renewed", "/kept"):
                await store.txn(key, 0, b"x", ttl_s=TTL_S if key != "/kept" else 0.0)
            clock.suspend(HOUR_S)
            await store.txn("/renewed", 3, b"y", ttl_s=TTL_S)
            await until(clock, 3)
            assert [entry.key for entry in (await store.range("/")).entries] == ["/kept", "/renewed"]
            assert store.revision == 7, "two deletions"

    asyncio.run(story())


@pytest.mark.parametrize(("jump_s", "is_there"), [(HOUR_S, False), (0.0, True), (-HOUR_S, True)])
def test_over_a_restart_the_wall_clock_counts(jump_s: float, is_there: bool) -> None:
    async def story() -> None:
        clock, files = SettableClock(), SimulatedFiles()
        store = log_store(clock, files)
        await store.txn("/event", 0, b"x", ttl_s=TTL_S)
        await store.close()
        clock.ahead_s = jump_s
        again = log_store(clock, files)
        await until(clock, 3)
        assert (await again.get("/event") is not None) is is_there
        await again.close()

    asyncio.run(story())
