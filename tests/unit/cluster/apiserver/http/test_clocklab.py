"""The clock of a server with virtual time over its API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import orjson
import pytest

from pilothouse.cluster.apiserver.errors import PlainError, StatusError
from pilothouse.cluster.apiserver.http.clocklab import clock_answer
from pilothouse.kit.clock import Clock, SystemClock
from pilothouse.kit.virtualtime import VirtualClock, VirtualLoop
from pilothouse.wire.http.messages import Request


def ask(clock: Clock, method: str = "GET", body: bytes = b"") -> Any:
    async def story() -> Any:
        sleeper = asyncio.create_task(clock.sleep(60), name="sleeper")
        await asyncio.sleep(0)
        try:
            return orjson.loads(await (await clock_answer(clock, Request(method, "/debug/clock", body=body))).read())
        finally:
            sleeper.cancel()

    return _run(clock, story())


def _run(clock: Clock, story: Awaitable[Any]) -> Any:
    factory = (lambda: VirtualLoop(clock)) if isinstance(clock, VirtualClock) else None
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(story)  # type: ignore[arg-type]


def test_it_tells_time_and_timers() -> None:
    assert ask(VirtualClock()) == {
        "now": "2026-01-01T00:00:00.000000Z", "elapsedS": 0, "pending": 1, "timers": [{"inS": 60, "name": "sleeper"}],
    }  # fmt: skip


def test_it_lets_time_pass() -> None:
    found = ask(VirtualClock(), "POST", b'{"advanceS": 90.5}')
    assert (found["now"], found["elapsedS"], found["pending"]) == ("2026-01-01T00:01:30.500000Z", 90.5, 0)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"advanceS": -1}', b'{"advanceS": "1"}', b'{"advanceS": true}', b'{"advanceS": 1e300}', b'{"a": 1}'],
)
def test_bodies_that_make_no_sense_are_refused(body: bytes) -> None:
    with pytest.raises(StatusError) as caught:
        ask(VirtualClock(), "POST", body)
    assert caught.value.code == 400


def test_other_verbs_and_real_time_are_refused() -> None:
    with pytest.raises((StatusError, PlainError), match="does not allow"):
        ask(VirtualClock(), "DELETE")
    with pytest.raises(PlainError, match="404"):
        ask(SystemClock())
