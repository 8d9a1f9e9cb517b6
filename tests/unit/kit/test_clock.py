"""Time and randomness as values."""

import asyncio
import re

import pytest

from pilothouse.kit.clock import Entropy, ManualClock, SystemClock, parse_rfc3339, rfc3339, rfc3339_micro, year_start


def test_manual_time_moves_only_when_told() -> None:
    async def run() -> None:
        clock = ManualClock()
        woken: list[float] = []

        async def sleeper(delay_s: float) -> None:
            await clock.sleep(delay_s)
            woken.append(clock.monotonic())

        tasks = [asyncio.create_task(sleeper(delay_s)) for delay_s in (3, 1, 2)]
        await clock.advance(2)
        assert woken == [1, 2]
        await clock.advance(5)
        assert woken == [1, 2, 3]
        assert clock.monotonic() == 7
        await asyncio.wait(tasks)

    asyncio.run(run())


def test_seeded_randomness_repeats() -> None:
    one, two, other = Entropy(1), Entropy(1), Entropy(2)
    assert [one.uuid(), one.suffix(), one.uniform(0, 1)] == [two.uuid(), two.suffix(), two.uniform(0, 1)]
    assert one.uuid() != other.uuid()
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", Entropy().uuid())


def test_times_there_and_back() -> None:
    assert rfc3339(1_767_225_600.9) == "2026-01-01T00:00:00Z"
    assert rfc3339_micro(1_767_225_600.25) == "2026-01-01T00:00:00.250000Z"
    assert parse_rfc3339("2026-01-01T01:00:00+01:00") == 1_767_225_600
    with pytest.raises(ValueError, match="Invalid"):
        parse_rfc3339("yesterday")


def test_alarms_that_were_cancelled_are_not_kept_for_ever() -> None:
    async def run() -> None:
        clock = ManualClock()
        for _ in range(5000):
            clock.call_later(3600, lambda: None).cancel()
        assert len(clock._alarms) < 2000
        assert clock.pending() == []

    asyncio.run(run())


def test_the_machines_clock_calls_later() -> None:
    async def run() -> None:
        called = asyncio.Event()
        SystemClock().call_later(0.001, called.set)
        await called.wait()

    asyncio.run(run())


def test_a_seed_starts_anew_for_each_label() -> None:
    first, second = Entropy(1), Entropy(1)
    first.restart("a")
    drawn = first.token_bytes(8)
    second.token_bytes(100)
    second.restart("a")
    assert second.token_bytes(8) == drawn
    second.restart("b")
    assert second.token_bytes(8) != drawn
    unseeded = Entropy()
    unseeded.restart("a")
    assert not unseeded.is_seeded and first.is_seeded


def test_the_beginning_of_the_year() -> None:
    assert rfc3339(year_start(parse_rfc3339("2026-11-23T17:00:00Z"))) == "2026-01-01T00:00:00Z"
