"""The log store: preconditions on the newest pending state, acknowledgement after the disk has it.

Writes of one loop tick form a batch; while the writer thread syncs a batch the next one collects, so the more writers there
are the more share one sync, without any timer. Reads are answered from memory at the last durable revision.

When the disk is full, what was pending is refused and taken back from the log, and later writes are tried anew. Any other error,
above all of a sync, stops the writer for good: what is on the medium is not known, and a second sync would not tell.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from pilothouse.kit.clock import Clock, SystemClock
from pilothouse.kit.faults import Faults
from pilothouse.store.expiry import Expiry, SteadyTime
from pilothouse.store.log import snapshots
from pilothouse.store.log.disk import Disk, LogFile, SystemCalls
from pilothouse.store.log.lock import lock_directory
from pilothouse.store.log.records import Record, encode
from pilothouse.store.log.segments import drop_segments, drop_unused, is_whole, open_segment, read_records, segment_name
from pilothouse.store.revisions import Entry, Event, Mismatch, StoreFull, StoreStopped
from pilothouse.store.state import State, StateReader

logger = logging.getLogger("pilothouse.store")
NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT))


class LogConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the log engine."""

    keep_events: int = 20_000
    """Events of history kept in memory for watches and old reads."""
    snapshot_every: int = 10_000
    """Writes between two snapshots; also the history that survives a restart at least, unless it was compacted."""
    max_pending: int = 20_000
    """Unsynced writes at which new ones are refused."""


class _Write(msgspec.Struct, frozen=True):
    event: Event
    expires_at: float
    frame: bytes
    done: asyncio.Future[int]


class LogStore(StateReader):
    """A durable store in one directory."""

    def __init__(self, disk: Disk, config: LogConfig, clock: Clock, faults: Faults, lock: int = -1) -> None:
        """Recover from `disk`; use `LogStore.open` for a directory of the machine."""
        self._disk, self._config, self._clock, self._faults, self._lock = disk, config, clock, faults, lock
        self._state = _recover(disk, config)
        self._segment: LogFile = open_segment(disk, self._state.revision + 1)
        self._segment_name = segment_name(self._state.revision + 1)
        self._assigned = self._state.revision
        self._written = self._state.revision
        self._pending: dict[str, _Write] = {}
        self._discarded = 0
        """How often pending writes were discarded."""
        self._turn: asyncio.Future[None] | None = None
        """Done when the batch under way is: made by those who wait for it."""
        self._queue: list[_Write] = []
        self._is_flushing = False
        self._stop_reason = ""
        self._is_closed = False
        self._is_torn = self._is_full = False
        self._snapshot_at = self._state.revision + config.snapshot_every
        self._snapshot: asyncio.Future[None] | None = None
        self._compacted = 0
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._idle = asyncio.Event()
        self._idle.set()
        self._time = SteadyTime(clock)
        self._expiry = Expiry(self._state, clock, self._time, self.txn)
        if self._state.deadlines:
            self._expiry.wake()

    @classmethod
    async def open(
        cls, root: Path, config: LogConfig | None = None, clock: Clock | None = None, faults: Faults | None = None
    ) -> LogStore:
        """Lock and recover the directory `root`.

        Raises `DataDirectoryLocked`, `UnknownFormat`, `DamagedLog`, `StoreFull` without room to begin a log, or `StoreStopped`.
        """
        lock = -1
        try:
            lock = lock_directory(root)
            return cls(Disk(SystemCalls(root / "log")), config or LogConfig(), clock or SystemClock(), faults or Faults(), lock)
        except OSError as error:
            _let_go(lock)
            if error.errno in NO_ROOM:
                raise _no_room() from None
            raise StoreStopped(f"data directory {root}: {error}", fix="look at the disk, or at who may write there") from None
        except BaseException:
            _let_go(lock)
            raise

    async def txn(self, key: str, expected: int | None, value: bytes | None, *, ttl_s: float = 0.0) -> int:
        """Write if the newest pending state of the key is at `expected`, see `Store.txn`."""
        if self._faults.plan is not None:
            await self._faults.hit("store.txn", key=key)
        if self._stop_reason:
            raise self._stopped()
        if len(self._queue) >= self._config.max_pending:
            raise StoreStopped(f"{len(self._queue)} writes wait for the disk", retry_after_s=1.0)
        current = self._newest(key)
        found = 0 if current is None else current.revision
        if expected is not None and found != expected:
            raise Mismatch(key, expected, found, await self._settled(key) or found)
        if current is None and value is None:
            await self._settled(key)
            return self._state.revision
        event = self._state.next_event(key, current, value, self._assigned + 1)
        expires_at = self._time.now() + ttl_s if ttl_s else 0.0
        frame = encode(Record(event.revision, event.create_revision, expires_at, key, value))
        write = _Write(event, expires_at, frame, asyncio.get_running_loop().create_future())
        self._assigned += 1
        self._pending[key] = write
        self._queue.append(write)
        if not self._is_flushing:
            self._is_flushing = True
            self._idle.clear()
            asyncio.get_running_loop().call_soon(self._flush)
        revision = await write.done
        if ttl_s and not self._is_closed:
            self._expiry.wake()
        return revision

    def _newest(self, key: str) -> Entry | None:
        write = self._pending.get(key)
        if write is None:
            return self._state.entries.get(key)
        event = write.event
        return None if event.value is None else Entry(key, event.value, event.revision, event.create_revision)

    async def _settled(self, key: str) -> int:
        """Return the revision of the pending write of `key` once it is durable, 0 if there is none; raises what it fails with.

        An answer that follows from a pending write must not be given before readers can see that write.
        """
        write = self._pending.get(key)
        if write is None:
            return 0
        discarded = self._discarded
        while self._state.revision < write.event.revision:
            if self._discarded != discarded:
                raise self._stopped() if self._stop_reason else _no_room()
            self._turn = self._turn or asyncio.get_running_loop().create_future()
            await asyncio.wait([self._turn])
        return write.event.revision

    def _wake_settled(self) -> None:
        if self._turn is not None:
            self._turn.set_result(None)
            self._turn = None

    def _flush(self) -> None:
        batch, self._queue = self._queue, []
        data = b"".join([write.frame for write in batch])
        future = asyncio.get_running_loop().run_in_executor(self._writer, self._write_and_sync, data, batch[-1].event.revision)
        future.add_done_callback(lambda done: self._finish(batch, done.exception()))

    def _write_and_sync(self, data: bytes, last_revision: int) -> None:
        self._is_torn = True
        if self._faults.plan is not None:
            self._faults.hit_now("store.write")
        try:
            self._segment.append(data)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            self._segment.undo()
            self._is_torn = False
            raise
        if self._faults.plan is not None:
            self._faults.hit_now("store.sync")
        self._segment.sync()
        self._is_torn = False
        self._written = last_revision

    def _finish(self, batch: list[_Write], error: BaseException | None) -> None:
        if error is not None:
            self._refuse(batch, error)
            return
        if self._is_full:
            self._is_full = False
            logger.warning("the disk has room again, writes are accepted")
        for write in batch:
            self._state.apply(write.event, write.expires_at)
            if self._pending.get(write.event.key) is write:
                del self._pending[write.event.key]
        self._state.history.publish()
        self._wake_settled()
        for write in batch:
            if not write.done.done():
                write.done.set_result(write.event.revision)
        if self._queue:
            self._flush()
        else:
            self._is_flushing = False
            self._idle.set()
        if self._state.revision >= self._snapshot_at and self._snapshot is None:
            self._begin_snapshot()

    def _refuse(self, batch: list[_Write], error: BaseException) -> None:
        """Discard everything that is pending; for good, unless the disk is only full."""
        is_full = isinstance(error, OSError) and error.errno in NO_ROOM and not self._is_torn
        if not is_full:
            self._stop_reason = f"the store's log could not be written: {error}"
            logger.error("%s; no further writes are accepted", self._stop_reason)
        elif not self._is_full:
            logger.error("no room on the disk for the store's log; writes are refused until there is")
        self._is_full = is_full
        self._discarded += 1
        self._wake_settled()
        failed, self._queue = [*batch, *self._queue], []
        self._pending.clear()
        self._assigned = self._state.revision
        self._is_flushing = False
        self._idle.set()
        for write in failed:
            if not write.done.done():
                write.done.set_exception(_no_room() if is_full else self._stopped())

    def _stopped(self) -> StoreStopped:
        fix = "" if self._is_closed else "look at the disk of the data directory, then restart: what was acknowledged is there"
        return StoreStopped(self._stop_reason, fix=fix)

    def _begin_snapshot(self) -> asyncio.Future[None]:
        """Write the state down in the background; the loop only copies references."""
        self._snapshot_at = self._state.revision + self._config.snapshot_every
        args = (self._state.revision, list(self._state.entries.values()), dict(self._state.deadlines))
        future = asyncio.get_running_loop().run_in_executor(None, self._write_snapshot, *args)
        self._snapshot = future
        future.add_done_callback(self._snapshot_done)
        return future

    def _write_snapshot(self, revision: int, entries: list[Entry], deadlines: dict[str, tuple[float, int]]) -> None:
        self._disk.replace(snapshots.snapshot_name(revision), snapshots.encode_snapshot(revision, entries, deadlines))
        self._writer.submit(self._roll).result()
        window = self._config.snapshot_every
        oldest = snapshots.drop_old(self._disk, window, self._compacted, is_log_whole=is_whole(self._disk))
        if oldest:
            drop_segments(self._disk, oldest)

    def _roll(self) -> None:
        """Begin a new segment so that older ones can be dropped later; runs in the writer thread, between batches.

        A segment whose last write failed must stay the newest: only there is a torn tail cut at the next start.
        """
        if self._is_torn:
            raise OSError("the log could not be written, its segment stays the newest")
        drop_unused(self._disk, self._segment_name)
        fresh = open_segment(self._disk, self._written + 1)
        self._segment.close()
        self._segment, self._segment_name = fresh, segment_name(self._written + 1)

    def _snapshot_done(self, future: asyncio.Future[None]) -> None:
        self._snapshot = None
        error = None if future.cancelled() else future.exception()
        if error is not None:
            logger.warning("snapshot failed, the log is kept and grows: %s", error)

    async def compact(self, revision: int) -> None:
        """Drop history up to `revision`, in memory; on the disk as well when nothing newer was written."""
        await super().compact(revision)
        self._compacted = max(self._compacted, revision)
        if self._snapshot is not None:
            await asyncio.wait([self._snapshot])
        await self._begin_snapshot()

    async def snapshot(self) -> None:
        """Write the live state down now."""
        await (self._snapshot or self._begin_snapshot())

    async def close(self) -> None:
        """Refuse new writes, finish pending ones, release the files and the lock; safe to call twice."""
        is_first, self._is_closed = not self._is_closed, True
        self._stop_reason = self._stop_reason or "the store is closed"
        await self._expiry.stop()
        await self._idle.wait()
        if self._snapshot is not None:
            await asyncio.wait([self._snapshot])
        if is_first:
            self._writer.shutdown()
            self._segment.close()
            _let_go(self._lock)


def _let_go(lock: int) -> None:
    if lock >= 0:
        os.close(lock)


def _no_room() -> StoreFull:
    return StoreFull("there is no room on the disk for more writes", fix="free room; nothing else is needed", retry_after_s=5.0)


def _recover(disk: Disk, config: LogConfig) -> State:
    """Load a snapshot and replay the log behind it."""
    base = snapshots.load(disk, config.snapshot_every, is_log_whole=is_whole(disk))
    state = State(base.entries, base.revision, config.keep_events)
    for key, expires_at in base.deadlines:
        state.restore_deadline(key, expires_at, state.entries[key].revision)
    for record in read_records(disk, base.revision):
        current = state.entries.get(record.key)
        event = state.next_event(record.key, current, record.value, record.revision)
        state.apply(event, record.expires_at)
    return state
