"""The seam for time and randomness: both are values that are passed in.

`SystemClock` and `Entropy()` are what the platform runs on; tests use `ManualClock` and `Entropy(seed)` so that a run can be
repeated exactly (`kit.virtualtime` has the clock that also knows when all is quiet). Engines never see a clock at all: they are
given `now` as a number (seconds since 1970, UTC).
"""

from __future__ import annotations

import heapq
import os
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, Protocol


def _asyncio() -> ModuleType | Any:
    """Bring in the event loop, which costs 20 ms, only where somebody waits: a command that renders a chart does not."""
    import asyncio

    return asyncio


class Timer(Protocol):
    """A call that is due later."""

    def cancel(self) -> None:
        """Have it not happen."""
        ...


class Clock(Protocol):
    """Wall time, monotonic time and sleeping."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        ...

    async def sleep(self, delay_s: float) -> None:
        """Return after `delay_s` seconds of this clock."""
        ...

    def call_later(self, delay_s: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` on the event loop in `delay_s` seconds of this clock."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        return time.monotonic()

    async def sleep(self, delay_s: float) -> None:
        """Sleep on the event loop."""
        await _asyncio().sleep(delay_s)

    def call_later(self, delay_s: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` on the event loop in `delay_s` seconds."""
        timer: Timer = _asyncio().get_running_loop().call_later(delay_s, callback)
        return timer


_TIDY = 1024
"""Alarms from which on cancelled ones are dropped: nobody may ever come to their time."""


class Alarm:
    """A call that a clock in memory owes; alarms of one moment go off in the order they were set."""

    __slots__ = ("callback", "name", "order", "when")

    def __init__(self, when: float, order: int, callback: Callable[[], object], name: str) -> None:
        """Call `callback` at `when`, seconds since 1970; `name` says whose it is."""
        self.when, self.order, self.name = when, order, name
        self.callback: Callable[[], object] | None = callback

    def __lt__(self, other: Alarm) -> bool:
        """Order by time, then by age."""
        return (self.when, self.order) < (other.when, other.order)

    def cancel(self) -> None:
        """Have it not go off."""
        self.callback = None


class ManualClock:
    """A clock for tests that moves only when `advance` is called."""

    def __init__(self, start: float = 1_750_000_000.0) -> None:
        """Begin at `start` seconds since 1970."""
        self._now = start
        self._start = start
        self._order = 0
        self._alarms: list[Alarm] = []
        self._tidy_at = _TIDY

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since this clock was made."""
        return self._now - self._start

    async def sleep(self, delay_s: float) -> None:
        """Return once the clock was advanced by `delay_s`."""
        future = _asyncio().get_running_loop().create_future()
        alarm = self.call_later(delay_s, lambda: None if future.done() else future.set_result(None))
        try:
            await future
        finally:
            alarm.cancel()

    def call_later(self, delay_s: float, callback: Callable[[], object]) -> Alarm:
        """Call `callback` once the clock was advanced by `delay_s`."""
        try:
            task = _asyncio().current_task()
        except RuntimeError:  # set outside of any loop
            task = None
        self._order += 1
        if len(self._alarms) >= self._tidy_at:
            self._alarms = self.pending()
            self._tidy_at = max(_TIDY, 2 * len(self._alarms))
        alarm = Alarm(self._now + delay_s, self._order, callback, task.get_name() if task is not None else "")
        heapq.heappush(self._alarms, alarm)
        return alarm

    async def advance(self, delay_s: float) -> None:
        """Move on by `delay_s`, waking every sleeper on the way in order."""
        target = self._now + delay_s
        await self._settle()
        while self._go_off(target):
            await self._settle()
        self._now = target

    def pending(self) -> list[Alarm]:
        """Return what is due later, the next first."""
        return sorted(alarm for alarm in self._alarms if alarm.callback is not None)

    def _go_off(self, limit: float) -> bool:
        """Move to the next alarm that is due until `limit` and let it go off; False when there is none."""
        while self._alarms and (self._alarms[0].callback is None or self._alarms[0].when <= limit):
            alarm = heapq.heappop(self._alarms)
            callback, alarm.callback = alarm.callback, None
            if callback is not None:
                self._now = max(self._now, alarm.when)
                callback()
                return True
        return False

    async def _settle(self) -> None:
        for _ in range(10):
            await _asyncio().sleep(0)


class Entropy:
    """All randomness of the platform; with a seed, a run can be repeated."""

    def __init__(self, seed: int | None = None) -> None:
        """Use the operating system's randomness, or a generator started from `seed`."""
        self._random: random.Random = random.SystemRandom() if seed is None else random.Random(seed)
        self._seed = seed
        self._seeded = seed is not None

    @property
    def is_seeded(self) -> bool:
        """Whether a run can be repeated."""
        return self._seeded

    def restart(self, label: str) -> None:
        """With a seed: go on with numbers that depend on the seed and `label` only, whatever was drawn before."""
        if self._seeded:
            self._random.seed(f"{self._seed}/{label}")

    def uuid(self) -> str:
        """Return a random UUID (version 4) in its text form."""
        raw = bytearray(self.token_bytes(16))
        raw[6] = raw[6] & 0x0F | 0x40
        raw[8] = raw[8] & 0x3F | 0x80
        digits = raw.hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def token_bytes(self, size_bytes: int) -> bytes:
        """Return random bytes; unguessable unless seeded."""
        return self._random.randbytes(size_bytes) if self._seeded else os.urandom(size_bytes)

    def choice(self, alphabet: str) -> str:
        """Return one character of `alphabet`."""
        return self._random.choice(alphabet)

    def suffix(self, length: int = 5) -> str:
        """Return a name suffix from the alphabet Kubernetes uses for generated names."""
        return "".join(self._random.choices("bcdfghjklmnpqrstvwxz2456789", k=length))

    def uniform(self, low: float, high: float) -> float:
        """Return a number between `low` and `high`."""
        return self._random.uniform(low, high)

    def randrange(self, stop: int) -> int:
        """Return a whole number from 0 to `stop` - 1."""
        return self._random.randrange(stop)


def rfc3339(epoch_s: float) -> str:
    """Format seconds since 1970 as Kubernetes `Time`: second precision, UTC, trailing Z."""
    return datetime.fromtimestamp(int(epoch_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_micro(epoch_s: float) -> str:
    """Format seconds since 1970 as Kubernetes `MicroTime`."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def year_start(epoch_s: float) -> float:
    """Return the beginning of the year (UTC) that a moment lies in, in seconds since 1970."""
    return datetime(datetime.fromtimestamp(epoch_s, UTC).year, 1, 1, tzinfo=UTC).timestamp()


def parse_rfc3339(text: str) -> float:
    """Read an RFC 3339 time as seconds since 1970; raises ValueError when it is none."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
