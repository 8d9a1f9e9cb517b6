"""The `memory` engine: the same semantics as `log`, nothing on disk. For tests and throw-away control planes."""

from __future__ import annotations

from pilothouse.kit.clock import Clock, SystemClock
from pilothouse.kit.faults import Faults
from pilothouse.store.expiry import Expiry, SteadyTime
from pilothouse.store.revisions import Mismatch, StoreStopped
from pilothouse.store.state import State, StateReader


class MemoryStore(StateReader):
    """A store that lives as long as its process."""

    def __init__(self, clock: Clock | None = None, faults: Faults | None = None, keep_events: int = 20_000) -> None:
        """Begin empty at revision 0."""
        self._state = State(keep_events=keep_events)
        self._faults = faults or Faults()
        self._clock = clock or SystemClock()
        self._time = SteadyTime(self._clock)
        self._expiry = Expiry(self._state, self._clock, self._time, self.txn)
        self._is_closed = False

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
        self._state.apply(event, self._time.now() + ttl_s if ttl_s else 0.0)
        self._state.history.publish()
        if ttl_s:
            self._expiry.wake()
        return event.revision

    async def snapshot(self) -> None:
        """Nothing to write down."""

    async def close(self) -> None:
        """Refuse further writes."""
        self._is_closed = True
        await self._expiry.stop()
