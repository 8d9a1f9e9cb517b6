"""Backoff doubles up to its cap, with bounded jitter."""

from __future__ import annotations

import asyncio

import pytest

from pilothouse.kit.backoff import Backoff, patiently
from pilothouse.kit.clock import Entropy, ManualClock
from pilothouse.kit.errors import Conflict, Denied, InternalError, PilothouseError, Throttled, TimedOut, Unavailable


def test_doubles_caps_and_resets() -> None:
    backoff = Backoff(1.0, 5.0)
    assert [backoff.next_delay_s() for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    backoff.reset()
    assert backoff.next_delay_s() == 1.0


def test_jitter_stays_within_its_share() -> None:
    backoff = Backoff(10.0, 10.0, Entropy(1), jitter=0.1)
    delays = [backoff.next_delay_s() for _ in range(200)]
    assert all(9.0 <= delay <= 11.0 for delay in delays)
    assert len(set(delays)) > 100


class Server:
    """Fails as told, then answers."""

    def __init__(self, *failures: PilothouseError) -> None:
        self.failures, self.asked = list(failures), 0

    async def answer(self) -> str:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


async def waited(server: Server, patience_s: float = 30.0) -> tuple[str, float]:
    clock = ManualClock()
    began = clock.monotonic()
    task = asyncio.ensure_future(patiently(clock, server.answer, patience_s))
    while not task.done():
        await clock.advance(0.05)
    return await task, clock.monotonic() - began


@pytest.mark.parametrize("kind", [Conflict, InternalError, Unavailable, Throttled, TimedOut])
def test_trouble_that_passes_is_waited_out(kind: type[PilothouseError]) -> None:
    server = Server(*(kind("not now") for _ in range(4)))
    answer, _ = asyncio.run(waited(server))
    assert (answer, server.asked) == ("done", 5)


def test_a_wait_the_server_asks_for_is_kept() -> None:
    _, took = asyncio.run(waited(Server(Throttled("later", retry_after_s=3.0))))
    assert took >= 3.0


def test_trouble_that_stays_is_told() -> None:
    server = Server(*(Unavailable("not now") for _ in range(100)))
    with pytest.raises(Unavailable):
        asyncio.run(waited(server, patience_s=5.0))
    assert 3 < server.asked < 12


def test_other_errors_are_raised_at_once() -> None:
    server = Server(Denied("no"))
    with pytest.raises(Denied):
        asyncio.run(waited(server))
    assert server.asked == 1
