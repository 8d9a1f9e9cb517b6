"""The event history and the watches that read it.

Every revision is exactly one event, so history is a gapless array and a watch is only a cursor into it: no queue per
watcher, no copy per watcher. A reader whose cursor was overtaken by trimming gets `Compacted` and starts over with a list.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from pilothouse.store.revisions import Compacted, Event

BATCH_EVENTS = 1_000
"""A watch hands out at most this many events at once."""


class History:
    """The last events in order of revision; holds between `keep` and 1.25 times `keep` of them."""

    def __init__(self, revision: int, keep: int) -> None:
        """Begin empty after `revision`."""
        self.keep = keep
        self._events: list[Event] = []
        self._oldest = revision + 1
        self._waiters: dict[asyncio.Event, None] = {}

    @property
    def oldest(self) -> int:
        """Smallest revision still held (one above the newest when empty)."""
        return self._oldest

    @property
    def newest(self) -> int:
        """Largest revision ever added."""
        return self._oldest + len(self._events) - 1

    def add(self, event: Event) -> None:
        """Append the next event; its revision must be `newest` + 1."""
        assert event.revision == self.newest + 1, f"revision {event.revision} after {self.newest}"
        self._events.append(event)
        if len(self._events) > self.keep + self.keep // 4:
            self.trim(self.newest - self.keep)

    def trim(self, revision: int) -> None:
        """Forget everything up to and including `revision`."""
        count = min(max(0, revision - self._oldest + 1), len(self._events))
        if count:
            del self._events[:count]
            self._oldest += count

    def since(self, revision: int) -> list[Event]:
        """Return the events after `revision`, oldest first; raises `Compacted` when some are gone."""
        if revision + 1 < self._oldest:
            raise Compacted(revision, self._oldest - 1)
        return self._events[revision + 1 - self._oldest :]

    def page(self, revision: int, limit: int) -> list[Event]:
        """Return at most `limit` events after `revision`."""
        if revision + 1 < self._oldest:
            raise Compacted(revision, self._oldest - 1)
        start = revision + 1 - self._oldest
        return self._events[start : start + limit]

    def publish(self) -> None:
        """Wake the watches; called once per durable batch."""
        for waiter in self._waiters:
            waiter.set()

    def register(self, waiter: asyncio.Event) -> None:
        """Have `waiter` set at each publish."""
        self._waiters[waiter] = None

    def unregister(self, waiter: asyncio.Event) -> None:
        """Stop waking `waiter`."""
        self._waiters.pop(waiter, None)


class HistoryWatch:
    """A cursor into the history, restricted to a key prefix."""

    def __init__(self, history: History, prefix: str, from_revision: int) -> None:
        """Begin after `from_revision`; raises `Compacted` at once when that is too old."""
        if from_revision + 1 < history.oldest:
            raise Compacted(from_revision, history.oldest - 1)
        self._history, self._prefix = history, prefix
        self._position = from_revision
        self._wake = asyncio.Event()
        self._is_closed = False
        history.register(self._wake)

    @property
    def position(self) -> int:
        """Revision up to which everything was handed out."""
        return self._position

    def close(self) -> None:
        """End the iteration."""
        self._is_closed = True
        self._history.unregister(self._wake)
        self._wake.set()

    async def __aiter__(self) -> AsyncIterator[list[Event]]:
        """Yield batches in order until closed."""
        try:
            while not self._is_closed:
                self._wake.clear()
                batch = self._next_batch()
                if batch:
                    yield batch
                elif self._position >= self._history.newest:
                    await self._wake.wait()
        finally:
            self.close()

    def _next_batch(self) -> list[Event]:
        page = self._history.page(self._position, BATCH_EVENTS)
        if not page:
            return []
        self._position = page[-1].revision
        return [event for event in page if event.key.startswith(self._prefix)]
