"""Leader election: one holder, fast hand-over on release, take-over after expiry."""

import asyncio

import pytest

from pilothouse.kit.clock import ManualClock, SystemClock
from pilothouse.sdk.leaderelection import ElectionConfig, LeaderElection
from pilothouse.testing.controlplane import control_plane
from tests.unit.store.test_expiry import SettableClock


def test_one_leads_and_hands_over() -> None:
    async def run() -> None:
        clock = ManualClock()
        async with control_plane() as manager:
            elections = [LeaderElection(manager.client, ElectionConfig("test", "default", name), clock) for name in ("a", "b")]
            for election in elections:
                await election.start()
                await clock.advance(0.1)
            first, second = elections
            for _ in range(10):
                await clock.advance(2)
            assert first.leading.is_set()
            assert not second.leading.is_set()
            await first.stop()
            for _ in range(3):
                await clock.advance(2)
            assert second.leading.is_set(), "a released lease is taken at the next try"
            await second.stop()

    asyncio.run(run())


def test_a_silent_holder_is_replaced_after_the_lease() -> None:
    async def run() -> None:
        clock = ManualClock()
        async with control_plane() as manager:
            dead = LeaderElection(manager.client, ElectionConfig("test", "default", "dead"), clock)
            assert await dead._try()
            heir = LeaderElection(manager.client, ElectionConfig("test", "default", "heir"), clock)
            await heir.start()
            for _ in range(6):
                await clock.advance(2)
            assert not heir.leading.is_set()
            for _ in range(4):
                await clock.advance(2)
            assert heir.leading.is_set()
            await heir.stop()

    asyncio.run(run())


def test_a_holder_whose_server_is_silent_stops_leading(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(*_: object) -> None:
        await asyncio.Event().wait()

    async def run() -> None:
        async with control_plane() as manager:
            config = ElectionConfig("test", "default", "a", renew_s=0.2, retry_s=0.01)
            election = LeaderElection(manager.client, config, SystemClock())
            await election.start()
            async with asyncio.timeout(5):
                await election.leading.wait()
                with monkeypatch.context() as patched:
                    patched.setattr(manager.client, "get", silent)
                    await election.lost.wait()
            assert not election.leading.is_set()
            await election.stop()

    asyncio.run(run())


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
def test_setting_the_clock_changes_no_leader(jump_s: float) -> None:
    async def run() -> None:
        clocks = SettableClock(), SettableClock()
        async with control_plane() as manager:
            elections = [
                LeaderElection(manager.client, ElectionConfig("test", "default", str(n)), clock) for n, clock in enumerate(clocks)
            ]
            for election, clock in zip(elections, clocks, strict=True):
                await election.start()
                await clock.advance(0.1)
            for clock in clocks:
                clock.ahead_s = jump_s
                for _ in range(20):
                    await asyncio.gather(*(each.advance(2) for each in clocks))
                    assert elections[0].leading.is_set() and not elections[1].leading.is_set()
            for election in elections:
                await election.stop()

    asyncio.run(run())


def test_a_holder_whose_machine_slept_too_long_leads_no_more_once_it_wakes() -> None:
    async def run() -> None:
        sleeper, heir_clock = SettableClock(), ManualClock()
        async with control_plane() as manager:
            first = LeaderElection(manager.client, ElectionConfig("test", "default", "a"), sleeper)
            await first.start()
            await sleeper.advance(0.1)
            heir = LeaderElection(manager.client, ElectionConfig("test", "default", "b"), heir_clock)
            await heir.start()
            for _ in range(12):
                await heir_clock.advance(2)
            assert heir.leading.is_set()
            sleeper.suspend(3600)
            await sleeper.advance(0)
            assert not first.leading.is_set() and first.lost.is_set()
            assert heir.leading.is_set()
            await heir.stop()
            await first.stop()

    asyncio.run(run())
