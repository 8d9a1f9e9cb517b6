"""The live state every engine keeps in memory: entries in key order, their history and their deadlines.

`memory` applies writes to it at once, `log` after they are on disk. Old revisions are answered by undoing history.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Iterable

from pilothouse.store.revisions import Compacted, Entry, Event, RangeResult
from pilothouse.store.watch import History, HistoryWatch


def prefix_end(prefix: str) -> str:
    """Return the smallest string above every string that begins with `prefix`."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix else "\U0010ffff"


class State:
    """Durable entries by key, at one revision."""

    def __init__(self, entries: Iterable[Entry] = (), revision: int = 0, keep_events: int = 20_000) -> None:
        """Begin with `entries` as of `revision`; keep at least `keep_events` events of history."""
        self.entries: dict[str, Entry] = {entry.key: entry for entry in entries}
        self._keys: list[str] = sorted(self.entries)
        self.revision = revision
        self.history = History(revision, keep_events)
        self.deadlines: dict[str, tuple[float, int]] = {}
        """Key to (time of expiry in seconds since 1970, revision it was set at)."""
        self._expiry_heap: list[tuple[float, str, int]] = []

    def apply(self, event: Event, expires_at: float = 0.0) -> None:
        """Make one write visible; its revision must be the next one."""
        if event.value is None:
            del self.entries[event.key]
            del self._keys[bisect_left(self._keys, event.key)]
            self.deadlines.pop(event.key, None)
        else:
            if event.previous is None:
                insort(self._keys, event.key)
            self.entries[event.key] = Entry(event.key, event.value, event.revision, event.create_revision)
            self._set_deadline(event.key, expires_at, event.revision)
        self.revision = event.revision
        self.history.add(event)

    def _set_deadline(self, key: str, expires_at: float, revision: int) -> None:
        if expires_at > 0:
            self.deadlines[key] = (expires_at, revision)
            heapq.heappush(self._expiry_heap, (expires_at, key, revision))
        else:
            self.deadlines.pop(key, None)

    def restore_deadline(self, key: str, expires_at: float, revision: int) -> None:
        """Put a deadline back that a snapshot recorded."""
        self._set_deadline(key, expires_at, revision)

    def expired(self, now: float) -> list[tuple[str, int]]:
        """Take the keys (with revision) whose time has passed."""
        due: list[tuple[str, int]] = []
        while self._expiry_heap and self._expiry_heap[0][0] <= now:
            expires_at, key, revision = heapq.heappop(self._expiry_heap)
            if self.deadlines.get(key) == (expires_at, revision):
                due.append((key, revision))
        return due

    def postpone(self, due: list[tuple[str, int]]) -> None:
        """Put back what `expired` returned and could not be deleted."""
        for key, revision in due:
            if self.deadlines.get(key, (0.0, 0))[1] == revision:
                heapq.heappush(self._expiry_heap, (self.deadlines[key][0], key, revision))

    def next_event(self, key: str, current: Entry | None, value: bytes | None, revision: int) -> Event:
        """Build the event of a write over `current`."""
        create_revision = revision if current is None else current.create_revision
        previous = None if current is None else current.value
        return Event(revision, key, value, previous, create_revision, 0 if current is None else current.revision)

    def range(self, prefix: str, revision: int, limit: int, start: str) -> RangeResult:
        """Answer `Store.range`."""
        if revision and revision < self.revision:
            return self._range_at(prefix, revision, limit, start)
        first = bisect_left(self._keys, max(prefix, start))
        last = bisect_left(self._keys, prefix_end(prefix))
        stop = min(last, first + limit) if limit else last
        entries = self.entries
        page = [entries[key] for key in self._keys[first:stop]]
        return RangeResult(page, self.revision, stop < last, max(0, last - stop))

    def _range_at(self, prefix: str, revision: int, limit: int, start: str) -> RangeResult:
        if revision < self.history.oldest - 1:
            raise Compacted(revision, self.history.oldest - 1)
        end = prefix_end(prefix)
        live = {key: self.entries[key] for key in self._keys[bisect_left(self._keys, prefix) : bisect_left(self._keys, end)]}
        for event in reversed(self.history.since(revision)):
            if not event.key.startswith(prefix):
                continue
            if event.previous is None:
                live.pop(event.key, None)
            else:
                live[event.key] = Entry(event.key, event.previous, event.previous_revision, event.create_revision)
        keys = sorted(key for key in live if key >= start)
        page = keys[:limit] if limit else keys
        return RangeResult([live[key] for key in page], revision, len(page) < len(keys), len(keys) - len(page))


class StateReader:
    """The half of a store that reads: answered from the live state, which only has what was acknowledged."""

    _state: State
    is_shared = False

    @property
    def revision(self) -> int:
        """Newest revision; with the `log` engine, the newest durable one."""
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

    def watch(self, prefix: str, from_revision: int) -> HistoryWatch:
        """Follow writes after `from_revision`, see `Store.watch`."""
        return HistoryWatch(self._state.history, prefix, from_revision)

    async def compact(self, revision: int) -> None:
        """Drop history up to `revision`."""
        self._state.history.trim(revision)

    async def progress(self) -> int:
        """Return the revision that every open watch will reach without further writes."""
        return self._state.revision
