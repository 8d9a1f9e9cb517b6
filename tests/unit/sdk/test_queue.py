"""The work queue: distinct keys, one worker per key, delays."""

import asyncio

import pytest

from pilothouse.kit.clock import ManualClock
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.sdk.queue import QueueClosed, WorkQueue


def queue(clock: ManualClock | None = None) -> WorkQueue[str]:
    return WorkQueue("test", clock or ManualClock(), MetricsRegistry())


def test_a_key_waits_once() -> None:
    async def run() -> None:
        work = queue()
        for key in ("a", "b", "a"):
            work.add(key)
        assert (await work.get(), await work.get()) == ("a", "b")
        assert len(work) == 0

    asyncio.run(run())


def test_a_key_added_while_in_work_comes_again_afterwards() -> None:
    async def run() -> None:
        work = queue()
        work.add("a")
        key = await work.get()
        work.add("a")
        work.add("a")
        assert len(work) == 0, "not handed to a second worker"
        work.done(key)
        assert await work.get() == "a"
        work.done("a")
        assert len(work) == 0

    asyncio.run(run())


def test_failures_wait_longer_each_time() -> None:
    async def run() -> None:
        clock = ManualClock()
        work = queue(clock)
        assert [work.add_rate_limited("a") for _ in range(4)] == [0.005, 0.01, 0.02, 0.04]
        work.forget("a")
        assert work.failures("a") == 0
        await clock.advance(0.006)
        assert await work.get() == "a"
        await work.close()

    asyncio.run(run())


def test_the_earlier_of_two_delays_holds() -> None:
    async def run() -> None:
        clock = ManualClock()
        work = queue(clock)
        work.add_after("a", 10)
        work.add_after("a", 1)
        work.add_after("a", 5)
        await clock.advance(1.1)
        assert await work.get() == "a"
        work.done("a")
        await clock.advance(20)
        assert len(work) == 0
        await work.close()

    asyncio.run(run())


def test_close_wakes_waiting_workers() -> None:
    async def run() -> None:
        work = queue()

        async def worker() -> None:
            with pytest.raises(QueueClosed):
                await work.get()

        async with asyncio.TaskGroup() as group:
            group.create_task(worker())
            await asyncio.sleep(0)
            await work.close()

    asyncio.run(run())
