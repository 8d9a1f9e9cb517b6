"""The work queue: each key at most once waiting and at most once in work.

A key added while it is in work is handed out again afterwards. Failures wait 5 ms, doubling up to 1000 s. Names of the metrics
and the semantics follow client-go's workqueue.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock
from pilothouse.kit.metrics import MetricsRegistry

K = TypeVar("K")
BASE_DELAY_S = 0.005
MAX_DELAY_S = 1000.0


class QueueClosed(Exception):
    """The queue was shut down while a worker waited."""


class WorkQueue(Generic[K]):
    """A queue of distinct keys for any number of workers."""

    def __init__(self, name: str, clock: Clock, metrics: MetricsRegistry) -> None:
        """Report under the label `name`."""
        self._clock, self._name = clock, name
        self._waiting: deque[K] = deque()
        self._dirty: dict[K, float] = {}
        self._processing: set[K] = set()
        self._failures: dict[K, int] = {}
        self._delayed: dict[K, asyncio.Task[None]] = {}
        self._due: dict[K, float] = {}
        self._getters: deque[asyncio.Future[None]] = deque()
        self._scope = TaskScope(f"queue-{name}")
        self._is_closed = False
        self._adds = metrics.counter("workqueue_adds_total", "Keys added to the queue.", ["name"])
        self._retries = metrics.counter("workqueue_retries_total", "Keys added again after a failure.", ["name"])
        self._latency = metrics.histogram("workqueue_queue_duration_seconds", "Time a key waits before it is taken.", ["name"])
        depth = metrics.gauge("workqueue_depth", "Keys waiting.", ["name"])
        depth.observe_with(lambda: float(len(self._waiting)), name)

    def __len__(self) -> int:
        """Number of keys waiting."""
        return len(self._waiting)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits, is in work or is due within a second."""
        soon = self._clock.monotonic() + 1.0
        return not self._waiting and not self._processing and not any(due <= soon for due in self._due.values())

    def add(self, key: K) -> None:
        """Have `key` worked on soon."""
        if self._is_closed or key in self._dirty:
            return
        self._adds.inc(self._name)
        self._dirty[key] = self._clock.monotonic()
        if key not in self._processing:
            self._offer(key)

    def _offer(self, key: K) -> None:
        self._waiting.append(key)
        while self._getters:
            getter = self._getters.popleft()
            if not getter.done():
                getter.set_result(None)
                break

    def add_after(self, key: K, delay_s: float) -> None:
        """Have `key` worked on in `delay_s` seconds; the earlier of two wishes holds."""
        if delay_s <= 0:
            self.add(key)
            return
        due = self._clock.monotonic() + delay_s
        if self._is_closed or self._due.get(key, due + 1) <= due:
            return
        previous = self._delayed.pop(key, None)
        if previous is not None:
            previous.cancel()
        self._due[key] = due
        self._delayed[key] = self._scope.spawn(self._later(key, delay_s), "delay")

    async def _later(self, key: K, delay_s: float) -> None:
        await self._clock.sleep(delay_s)
        self._delayed.pop(key, None)
        self._due.pop(key, None)
        self.add(key)

    def add_rate_limited(self, key: K) -> float:
        """Have `key` worked on after its failure delay, which is returned in seconds."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay_s = min(MAX_DELAY_S, BASE_DELAY_S * 2.0 ** min(failures, 40))
        self._retries.inc(self._name)
        self.add_after(key, delay_s)
        return delay_s

    def failures(self, key: K) -> int:
        """Return how often in a row `key` failed."""
        return self._failures.get(key, 0)

    def forget(self, key: K) -> None:
        """Reset the failure delay of `key`."""
        self._failures.pop(key, None)

    async def get(self) -> K:
        """Wait for a key and take it; raises `QueueClosed` after `close`."""
        while not self._waiting:
            if self._is_closed:
                raise QueueClosed(self._name)
            getter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._getters.append(getter)
            await getter
        key = self._waiting.popleft()
        self._processing.add(key)
        self._latency.observe(self._clock.monotonic() - self._dirty.pop(key, self._clock.monotonic()), self._name)
        return key

    def done(self, key: K) -> None:
        """Report that the work on `key` ended."""
        self._processing.discard(key)
        if key in self._dirty:
            self._offer(key)

    async def close(self) -> None:
        """Wake every worker with `QueueClosed` and drop what is delayed."""
        self._is_closed = True
        for getter in self._getters:
            if not getter.done():
                getter.set_result(None)
        await self._scope.close()
