"""Reads and writes in etcd, by the contract of the other engines.

Every write is one transaction with a comparison of the key's revision, so several API servers on one etcd never overwrite each
other. A call whose answer is lost may have been carried out: it is reported as unavailable and never sent again from here.
"""

from __future__ import annotations

import asyncio
import math

from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock, Entropy, SystemClock
from pilothouse.kit.errors import CallFailed, TooLarge
from pilothouse.store.etcd import messages
from pilothouse.store.etcd.watches import Channel, EtcdWatch
from pilothouse.store.revisions import Compacted, Entry, Mismatch, RangeResult, StoreStopped
from pilothouse.store.state import prefix_end

PAGE = 2_000
"""Keys read at once: bounds the memory of a start with many objects."""
KEEP_HISTORY_S = 300.0
"""History is forgotten after this long, as kube-apiserver asks of its etcd."""
CATCH_UP_S = 0.05
"""Time a change that was written elsewhere gets to arrive, before a marker is written behind it."""
MARKERS = "/registry/pilothouse.io/progress/"
_OUT_OF_RANGE, _INVALID_ARGUMENT, _RESOURCE_EXHAUSTED = 11, 3, 8


class EtcdStore:
    """A store in etcd; several servers may use it at once."""

    is_shared = True

    def __init__(self, channel: Channel, clock: Clock | None = None, entropy: Entropy | None = None) -> None:
        """Speak through `channel`; use `open`."""
        self._channel, self._clock = channel, clock or SystemClock()
        self._marker = f"{MARKERS}{(entropy or Entropy()).uuid()}"
        self._revision = self._oldest = 0
        self._moved = asyncio.Event()
        self._asking: asyncio.Task[int] | None = None
        self._scope = TaskScope("etcd")
        self._stop_reason = ""

    @classmethod
    async def open(
        cls, channel: Channel, clock: Clock | None = None, entropy: Entropy | None = None, *, root: str = "/registry/"
    ) -> EtcdStore:
        """Find out where etcd is; raises `StoreStopped` when it does not answer. `root` is the prefix of all keys."""
        store = cls(channel, clock, entropy)
        span = root.encode(), prefix_end(root).encode()
        newest = messages.read_range(await store._call(messages.RANGE, messages.range_request(*span, limit=1, is_newest=True)))
        store._revision = newest.entries[0].revision if newest.entries else 0
        store._oldest = await store._find_oldest(newest.revision)
        store._scope.spawn(store._forget(), "compaction")
        return store

    async def _find_oldest(self, newest: int) -> int:
        """Return the revision etcd was compacted to, 0 if it never was: halves what is left to look at, as etcd does not tell."""
        low, high = 1, newest
        while low < high:
            middle = (low + high) // 2
            try:
                await self._call(messages.RANGE, messages.range_request(self._marker.encode(), revision=middle))
                high = middle
            except _Gone:
                low = middle + 1
        return low if low > 1 else 0

    async def _call(self, method: str, request: bytes) -> bytes:
        if self._stop_reason:
            raise StoreStopped(self._stop_reason)
        try:
            return await self._channel.call(method, request)
        except CallFailed as error:
            raise _meaning(error) from None

    @property
    def revision(self) -> int:
        """Newest revision this process knows of; `progress` asks etcd."""
        return self._revision

    @property
    def oldest_revision(self) -> int:
        """History is complete after this revision."""
        return self._oldest

    def _seen(self, revision: int) -> None:
        if revision > self._revision:
            self._revision = revision
        self._moved.set()
        self._moved = asyncio.Event()

    async def get(self, key: str) -> Entry | None:
        """Return the entry of `key`, or None; all members of etcd agree on it."""
        answer = messages.read_range(await self._call(messages.RANGE, messages.range_request(key.encode())))
        return _entry(answer.entries[0]) if answer.entries else None

    async def range(self, prefix: str, *, revision: int = 0, limit: int = 0, start: str = "") -> RangeResult:
        """Return entries in key order, all as they were at one revision, see `Store.range`."""
        at, end = max(prefix, start).encode(), prefix_end(prefix).encode()
        found: list[Entry] = []
        while True:
            count = min(PAGE, limit - len(found)) if limit else PAGE
            request = messages.range_request(at, end, revision=revision, limit=count)
            try:
                answer = messages.read_range(await self._call(messages.RANGE, request))
            except _Gone:
                raise Compacted(revision, self._oldest) from None
            revision = revision or answer.revision
            found += [_entry(item) for item in answer.entries]
            if not answer.has_more or (limit and len(found) >= limit):
                return RangeResult(found, revision, answer.has_more, answer.count - len(answer.entries))
            at = answer.entries[-1].key + b"\0"

    async def txn(self, key: str, expected: int | None, value: bytes | None, *, ttl_s: float = 0.0) -> int:
        """Write if the key is at revision `expected`, see `Store.txn`."""
        lease = 0
        if ttl_s and value is not None:
            granted = await self._call(messages.GRANT, messages.grant_request(max(1, math.ceil(ttl_s))))
            lease = messages.read_grant(granted)
        request = messages.write_request(key.encode(), expected, value, lease)
        answer = messages.read_write(await self._call(messages.TXN, request))
        if not answer.is_done:
            assert expected is not None, "a write without a condition is always done"
            raise Mismatch(key, expected, answer.found.revision if answer.found else 0, winner=answer.revision)
        if value is None and not answer.deleted:
            return self._revision
        self._seen(answer.revision)
        return answer.revision

    def watch(self, prefix: str, from_revision: int) -> EtcdWatch:
        """Follow writes under `prefix`; raises `Compacted` when it is known to be too old, else from the iteration."""
        if from_revision < self._oldest:
            raise Compacted(from_revision, self._oldest)
        span = prefix.encode(), prefix_end(prefix).encode()
        return EtcdWatch(self._channel, span, from_revision, self._clock, self._seen)

    async def compact(self, revision: int) -> None:
        """Drop history up to `revision`."""
        self._oldest = max(self._oldest, revision)
        try:
            await self._call(messages.COMPACT, messages.compact_request(revision))
        except _Gone:
            return  # somebody else did

    async def _forget(self) -> None:
        """Compact etcd every few minutes to what it was a few minutes ago; servers that share it do no harm to each other."""
        before = self._revision
        while True:
            await self._clock.sleep(KEEP_HISTORY_S)
            try:
                await self.compact(before)
            except StoreStopped:
                continue
            before = self._revision

    async def progress(self) -> int:
        """Return a revision that every open watch will be given everything up to, not older than what any server wrote before.

        Callers that come while etcd is being asked share the next question.
        """
        if self._asking is not None:
            earlier = self._asking
            await asyncio.wait([earlier])
            if self._asking is earlier:
                self._asking = None
        if self._asking is None:
            self._asking = self._scope.spawn(self._ask(), "progress")
        return await asyncio.shield(self._asking)

    async def _ask(self) -> int:
        """Ask a majority for the newest revision, and make sure that a watched key has it or a later one.

        Keys that nobody watches move etcd's revision too, and old servers cannot tell watches that nothing came: then a key of
        our own is written behind.
        """
        newest = messages.read_range(await self._call(messages.RANGE, messages.range_request(self._marker.encode()))).revision
        deadline = self._clock.monotonic() + CATCH_UP_S
        while self._revision < newest and self._clock.monotonic() < deadline:
            try:
                async with asyncio.timeout(CATCH_UP_S):
                    await self._moved.wait()
            except TimeoutError:
                break
        if self._revision >= newest:
            return newest
        return await self.txn(self._marker, None, b"")

    async def snapshot(self) -> None:
        """Nothing: etcd looks after its own files."""

    async def close(self) -> None:
        """Take this server's marker away and end every call; safe to call twice."""
        if self._stop_reason:
            return
        self._stop_reason = "the store is closed"
        await self._scope.close()
        await self._channel.close()


class _Gone(StoreStopped):
    """The revision asked for was compacted."""


def _entry(found: messages.KeyValue) -> Entry:
    return Entry(found.key.decode(), found.value, found.revision, found.create_revision)


def _meaning(error: CallFailed) -> Exception:
    if error.code == _OUT_OF_RANGE:
        return _Gone(error.message)
    is_size = "too large" in error.message or "larger than max" in error.message
    if error.code in (_INVALID_ARGUMENT, _RESOURCE_EXHAUSTED) and is_size:
        return TooLarge(
            f"etcd refuses the value: {error.message}", fix="make the object smaller, or raise etcd's --max-request-bytes"
        )
    if "database space exceeded" in error.message:
        fix = "compact and defragment etcd, then `etcdctl alarm disarm`"
        return StoreStopped(f"etcd takes no more writes: {error.message}", fix=fix, retry_after_s=5.0)
    return StoreStopped(f"etcd does not answer: {error.message}", fix="check that etcd runs and has a leader", retry_after_s=1.0)
