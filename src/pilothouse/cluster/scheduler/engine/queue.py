"""Pods that wait for a node: active by priority and age, in backoff, or set aside until something changes."""

from __future__ import annotations

import heapq

from pilothouse.api.meta import ObjectKey

INITIAL_BACKOFF_S = 1.0
MAX_BACKOFF_S = 10.0
SET_ASIDE_S = 300.0


class SchedulingQueue:
    """Keys in the order they are tried. Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        """Begin empty."""
        self._heap: list[tuple[int, int, ObjectKey]] = []
        self._active: dict[ObjectKey, int] = {}
        self._aside: dict[ObjectKey, tuple[float, int]] = {}
        self._backoff: list[tuple[float, ObjectKey]] = []
        self._attempts: dict[ObjectKey, int] = {}
        self._priority: dict[ObjectKey, int] = {}
        self._order = 0

    def __len__(self) -> int:
        """Number of Pods ready to be tried."""
        return len(self._active)

    @property
    def unschedulable(self) -> int:
        """Number of Pods set aside."""
        return len(self._aside)

    def add(self, key: ObjectKey, priority: int) -> None:
        """Have a Pod tried, unless it waits already."""
        self._priority[key] = priority
        if key in self._active:
            return
        self._aside.pop(key, None)
        self._order += 1
        self._active[key] = self._order
        heapq.heappush(self._heap, (-priority, self._order, key))

    def pop(self) -> ObjectKey | None:
        """Take the most urgent Pod."""
        while self._heap:
            _, order, key = heapq.heappop(self._heap)
            if self._active.get(key) == order:
                del self._active[key]
                self._attempts[key] = self._attempts.get(key, 0) + 1
                return key
        return None

    def set_aside(self, key: ObjectKey, now: float) -> None:
        """Remember a Pod that fits nowhere."""
        self._aside[key] = (now, self._attempts.get(key, 1))

    def retry_later(self, key: ObjectKey, now: float) -> None:
        """Try a Pod again after its backoff: its binding failed."""
        heapq.heappush(self._backoff, (now + self._backoff_s(key), key))

    def _backoff_s(self, key: ObjectKey) -> float:
        attempts = max(1, self._attempts.get(key, 1))
        return float(min(MAX_BACKOFF_S, INITIAL_BACKOFF_S * 2.0 ** min(attempts - 1, 10)))

    def forget(self, key: ObjectKey) -> None:
        """Drop a Pod that is bound or gone."""
        self._active.pop(key, None)
        self._aside.pop(key, None)
        self._attempts.pop(key, None)
        self._priority.pop(key, None)

    def something_changed(self, now: float) -> None:
        """Move Pods set aside to backoff: a node or a Pod changed."""
        for key, (since, _) in list(self._aside.items()):
            del self._aside[key]
            heapq.heappush(self._backoff, (since + self._backoff_s(key), key))
        self.release(now)

    def release(self, now: float) -> None:
        """Make Pods active whose backoff is over or that were set aside for too long."""
        while self._backoff and self._backoff[0][0] <= now:
            _, key = heapq.heappop(self._backoff)
            if key in self._priority:
                self.add(key, self._priority[key])
        for key, (since, _) in list(self._aside.items()):
            if now - since >= SET_ASIDE_S:
                self.add(key, self._priority.get(key, 0))

    def next_release_s(self, now: float) -> float | None:
        """Return the seconds until `release` has something to do, None when nothing waits."""
        times = [self._backoff[0][0]] if self._backoff else []
        times += [since + SET_ASIDE_S for since, _ in self._aside.values()]
        return max(0.0, min(times) - now) if times else None
