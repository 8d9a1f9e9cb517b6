"""The `memory` engine: the same semantics as `log`, nothing on disk. For tests and throw-away control planes."""

from __future__ import annotations

from pilothouse.kit.clock import Clock, SystemClock
from pilothouse.kit.faults import Faults
from pilothouse.store.expiry import Expiry
from pilothouse.store.revisions import Entry, Mismatch, RangeResult, StoreStopped
from pilothouse.store.state import State
from pilothouse.store.watch import HistoryWatch


class MemoryStore:
    """A store that lives as long as its process."""

    def __init__(self, clock: Clock | None = None, faults: Faults | None = None, keep_events: int = 20_000) -> None:
        """Begin empty at revision 0."""
        self._state = State(keep_events=keep_events)
        self._faults = faults or Faults()
        self._clock = clock or SystemClock()
        self._expiry = Expiry(self._state, self._clock, self.txn)
        self._is_closed = False

    @property
    def revision(self) -> int:
        """Newest revision."""
        return self._state.revision

    @property
    def oldest_revision(self) -> int:
        """History is complete after this revision."""
        return self._state.history.oldest - 1

    async def get(self, key: str) -> Entry | None:
        """Return the entry of `key`, or None."""
        return self._state.entries.get(key)

    async def range(self, prefix: str, *, revision: int = 0, limit: int = 0, start: str = "") -> RangeResult:
        """Return a page of entries, see `Store.range`."""
        return self._state.range(prefix, revision, limit, start)

    async def txn(self, key: str, expected: int | None, value: bytes | None, *, ttl_s: float = 0.0) -> int:
        """Write if the key is at revision `expected`, see `Store.txn`."""
        if self._is_closed:
            raise StoreStopped("the memory store is closed")
        if self._faults.plan is not None:
            await self._faults.hit("store.txn", key=key)
        current = self._state.entries.get(key)
        found = 0 if current is None else current.revision
        if expected is not None and found != expected:
            raise Mismatch(key, expected, found)
        if current is None and value is None:
            return self._state.revision
        event = self._state.next_event(key, current, value, self._state.revision + 1)
        self._state.apply(event, self._clock.now() + ttl_s if ttl_s else 0.0)
        self._state.history.publish()
        if ttl_s:
            self._expiry.wake()
        return event.revision

    def watch(self, prefix: str, from_revision: int) -> HistoryWatch:
        """Follow writes after `from_revision`, see `Store.watch`."""
        return HistoryWatch(self._state.history, prefix, from_revision)

    async def compact(self, revision: int) -> None:
        """Drop history up to `revision`."""
        self._state.history.trim(revision)

    async def progress(self) -> int:
        """Return the revision that every open watch will reach without further writes."""
        return self._state.revision

    async def snapshot(self) -> None:
        """Nothing to write down."""

    async def close(self) -> None:
        """Refuse further writes."""
        self._is_closed = True
        await self._expiry.stop()
