"""The contract of a store: records, failures and the `Store` protocol.

One 64-bit revision counts the writes of the whole store. Preconditions are tested against the newest pending state, while
readers and watchers see only what is durable; an acknowledged write is never lost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec

from pilothouse.kit.errors import Conflict, Expired, Unavailable


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One live key."""

    key: str
    value: bytes
    revision: int
    """Revision of the last write: the object's resourceVersion."""
    create_revision: int


class Event(msgspec.Struct, frozen=True, gc=False):
    """One durable write. `value` is None for a deletion, `previous` None for a creation."""

    revision: int
    key: str
    value: bytes | None
    previous: bytes | None
    create_revision: int
    previous_revision: int = 0
    """Revision that `previous` had; 0 for a creation."""


class RangeResult(msgspec.Struct, frozen=True):
    """A page of entries in key order, and the revision it is true at."""

    entries: list[Entry]
    revision: int
    has_more: bool = False
    remaining: int = 0
    """How many entries of the range follow this page."""


class Mismatch(Conflict):
    """The precondition of a write did not hold; nothing was written."""

    def __init__(self, key: str, expected: int, found: int, winner: int = 0) -> None:
        """Tell the revision that was expected, the one found (0: the key does not exist), and that of a pending deletion."""
        super().__init__(f"key {key} is at revision {found}, expected {expected}")
        self.key, self.expected, self.found = key, expected, found
        self.winner = winner or found
        """Once readers see this revision they see why the precondition failed."""


class Compacted(Expired):
    """History before `oldest` is gone."""

    def __init__(self, requested: int, oldest: int) -> None:
        """Tell the revision asked for and the oldest one still served."""
        super().__init__(f"too old resource version: {requested} ({oldest})")
        self.requested, self.oldest = requested, oldest


class StoreStopped(Unavailable):
    """The engine refuses writes: it is closed, or the disk failed."""

    reason = "StoreStopped"


class StoreFull(StoreStopped):
    """There is no room on the disk for more writes; they are taken again as soon as there is."""

    reason = "InsufficientStorage"
    http_code = 507
    retry = "after"


class Watch(Protocol):
    """An open watch: iterate for batches of events, in order, without gaps."""

    def __aiter__(self) -> AsyncIterator[list[Event]]:
        """Iterate over batches; raises `Compacted` when the reader fell too far behind."""
        ...

    def close(self) -> None:
        """End the iteration."""
        ...


class Store(Protocol):
    """What every engine does."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes write too: then `revision` may be behind, and `progress` tells what is newest."""
        ...

    @property
    def revision(self) -> int:
        """Newest durable revision."""
        ...

    @property
    def oldest_revision(self) -> int:
        """History is complete after this revision: watches and old reads may begin here."""
        ...

    async def get(self, key: str) -> Entry | None:
        """Return the entry of `key`, or None."""
        ...

    async def range(self, prefix: str, *, revision: int = 0, limit: int = 0, start: str = "") -> RangeResult:
        """Return entries whose key begins with `prefix`, from key `start` on, at most `limit` (0: all).

        `revision` 0 reads the newest state; an older revision is answered from history or raises `Compacted`.
        """
        ...

    async def txn(self, key: str, expected: int | None, value: bytes | None, *, ttl_s: float = 0.0) -> int:
        """Write (`value` None deletes) if the key is at revision `expected` and return the new revision once durable.

        `expected` 0 means "must not exist", None means no precondition. `ttl_s` > 0 deletes the key after that time.
        Raises `Mismatch`, or `StoreStopped`. Deleting an absent key without precondition returns the current revision.
        """
        ...

    def watch(self, prefix: str, from_revision: int) -> Watch:
        """Follow writes under `prefix` with revision > `from_revision`; raises `Compacted` when that is too old."""
        ...

    async def compact(self, revision: int) -> None:
        """Drop history up to `revision`."""
        ...

    async def progress(self) -> int:
        """Return a revision that every watcher opened before has been given everything up to."""
        ...

    async def snapshot(self) -> None:
        """Write the live state down so that start-up replays less."""
        ...

    async def close(self) -> None:
        """Finish pending writes and release files; safe to call twice."""
        ...
