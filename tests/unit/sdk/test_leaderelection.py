"""Leader election: one holder, fast hand-over on release, take-over after expiry."""

import asyncio

from pilothouse.kit.clock import ManualClock
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
