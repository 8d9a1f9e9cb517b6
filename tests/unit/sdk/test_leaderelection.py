"""Leader election: one holder, fast hand-over on release, take-over after expiry."""

import asyncio

import pytest

from pilothouse.kit.clock import ManualClock, SystemClock
from pilothouse.sdk.leaderelection import ElectionConfig, LeaderElection
from pilothouse.testing.controlplane import control_plane


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
