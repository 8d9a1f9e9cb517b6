"""The seam for time and randomness: both are values that are passed in.

`SystemClock` and `Entropy()` are what the platform runs on; tests use `ManualClock` and `Entropy(seed)` so that a run can be
repeated exactly. Engines never see a clock at all: they are given `now` as a number (seconds since 1970, UTC).
"""

from __future__ import annotations

import asyncio
import heapq
import os
import random
import time
from datetime import UTC, datetime
from typing import Protocol


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
        await asyncio.sleep(delay_s)


class ManualClock:
    """A clock for tests that moves only when `advance` is called."""

    def __init__(self, start: float = 1_750_000_000.0) -> None:
        """Begin at `start` seconds since 1970."""
        self._now = start
        self._start = start
        self._order = 0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since this clock was made."""
        return self._now - self._start

    async def sleep(self, delay_s: float) -> None:
        """Return once the clock was advanced by `delay_s`."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._order += 1
        heapq.heappush(self._sleepers, (self._now + delay_s, self._order, future))
        await future

    async def advance(self, delay_s: float) -> None:
        """Move on by `delay_s`, waking every sleeper on the way in order."""
        target = self._now + delay_s
        await self._settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            when, _, future = heapq.heappop(self._sleepers)
            self._now = max(self._now, when)
            if not future.done():
                future.set_result(None)
            await self._settle()
        self._now = target

    async def _settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


class Entropy:
    """All randomness of the platform; with a seed, a run can be repeated."""

    def __init__(self, seed: int | None = None) -> None:
        """Use the operating system's randomness, or a generator started from `seed`."""
        self._random: random.Random = random.SystemRandom() if seed is None else random.Random(seed)
        self._seeded = seed is not None

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


def parse_rfc3339(text: str) -> float:
    """Read an RFC 3339 time as seconds since 1970; raises ValueError when it is none."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
