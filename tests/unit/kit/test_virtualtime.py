"""Time that passes only when nothing is left to do."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable

import pytest

from pilothouse.kit.aio import offload
from pilothouse.kit.clock import SystemClock
from pilothouse.kit.virtualtime import SETTLE_S, START, VirtualClock, VirtualLoop, calling


def run(body: Callable[[VirtualClock], Awaitable[None]]) -> None:
    clock = VirtualClock()
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        runner.run(body(clock))


def test_a_year_passes_at_once_and_in_order() -> None:
    async def body(clock: VirtualClock) -> None:
        seen: list[float] = []

        async def sleeper(delay_s: float) -> None:
            await clock.sleep(delay_s)
            seen.append(clock.now() - START)

        tasks = [asyncio.create_task(sleeper(delay_s)) for delay_s in (3600, 60, 86_400 * 365)]
        before = time.monotonic()
        await clock.advance(86_400 * 366)
        assert seen == [60, 3600, 86_400 * 365]
        assert clock.now() == START + 86_400 * 366
        assert time.monotonic() - before < 1
        await asyncio.gather(*tasks)

    run(body)


def test_time_stands_still_until_somebody_asks() -> None:
    async def body(clock: VirtualClock) -> None:
        task = asyncio.create_task(clock.sleep(5))
        await asyncio.sleep(0.02)
        assert not task.done() and clock.now() == START
        with clock.riding():
            await task
        assert clock.now() == START + 5

    run(body)


def test_whoever_lives_in_real_time_holds_the_clock() -> None:
    async def body(clock: VirtualClock) -> None:
        clock.is_held = lambda: True
        with clock.riding():
            task = asyncio.create_task(clock.sleep(5))
            await asyncio.sleep(0.02)
            assert not task.done()
            await clock.advance(5)
            assert task.done()

    run(body)


def test_a_stimulus_lets_only_short_delays_pass() -> None:
    async def body(clock: VirtualClock) -> None:
        short, long = asyncio.create_task(clock.sleep(SETTLE_S / 2)), asyncio.create_task(clock.sleep(SETTLE_S * 2))
        await clock.quiet()
        clock.stimulus()
        await clock.quiet()
        assert short.done() and not long.done()
        assert clock.now() == START + SETTLE_S / 2
        long.cancel()

    run(body)


def test_no_time_passes_while_work_is_off_loaded_and_results_keep_their_order() -> None:
    async def body(clock: VirtualClock) -> None:
        gate, seen = threading.Event(), []

        async def work(name: str, function: Callable[[], object]) -> None:
            await offload(function)
            seen.append((name, clock.now() - START))

        async def alarm() -> None:
            await clock.sleep(1)
            seen.append(("alarm", clock.now() - START))

        slow = asyncio.create_task(work("slow", gate.wait))
        quick = asyncio.create_task(work("quick", gate.set))  # is over first, is heard of second
        waiting = asyncio.create_task(alarm())
        await clock.advance(10)
        assert seen == [("slow", 0), ("quick", 0), ("alarm", 1)]
        await asyncio.gather(slow, quick, waiting)

    run(body)


def test_off_loaded_failures_arrive() -> None:
    async def body(clock: VirtualClock) -> None:
        with pytest.raises(ZeroDivisionError):
            await offload(lambda: 1 // 0)

    run(body)


def test_cancelled_calls_do_not_happen_and_are_not_pending() -> None:
    async def body(clock: VirtualClock) -> None:
        happened: list[str] = []
        timer = clock.call_later(1, lambda: happened.append("cancelled"))
        clock.call_later(2, lambda: happened.append("kept"))
        timer.cancel()
        assert [alarm.when - START for alarm in clock.pending()] == [2]
        await clock.advance(3)
        assert happened == ["kept"]
        assert clock.pending() == []

    run(body)


def test_an_abandoned_advance_does_not_move_time() -> None:
    async def body(clock: VirtualClock) -> None:
        task = asyncio.create_task(clock.advance(50))
        await asyncio.sleep(0)
        task.cancel()
        await clock.quiet()
        assert clock.now() == START

    run(body)


def test_no_time_passes_while_somebody_outside_is_asked() -> None:
    async def body(clock: VirtualClock) -> None:
        seen: list[float] = []

        async def ask() -> None:
            with calling(clock):
                await asyncio.sleep(0.05)  # of real time: an answer from the network
            seen.append(clock.now() - START)

        asking = asyncio.create_task(ask())
        await clock.advance(60)
        assert seen == [0]
        await asking

    run(body)


def test_real_time_passes_while_somebody_outside_is_asked() -> None:
    with calling(SystemClock()):
        pass
