"""Snapshots: the live state written down, so that a start replays only what came after.

A snapshot file `snapshot-<revision>` is a magic, a header record and one record per key in the log's own format, then an end
record that counts them; without a matching end it is ignored.

A start loads the newest snapshot that is at least a window of writes older than the last one, or none at all while the log is
there from the first write on. So watchers find at least that window of history after a restart, however snapshots were made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from pilothouse.store.log.disk import Disk
from pilothouse.store.log.records import Record, decode, encode
from pilothouse.store.revisions import Entry

MAGIC = b"PHSNAP01"
PREFIX = "snapshot-"
_END_KEY = "\x00end"


class Snapshot(msgspec.Struct, frozen=True):
    """State at one revision; `deadlines` are (key, expiry in seconds since 1970)."""

    revision: int
    entries: list[Entry]
    deadlines: list[tuple[str, float]]


def snapshot_name(revision: int) -> str:
    """Return the file name for `revision`."""
    return f"{PREFIX}{revision:020d}"


def encode_snapshot(revision: int, entries: Iterable[Entry], deadlines: dict[str, tuple[float, int]]) -> Iterator[bytes]:
    """Yield the file in chunks of some hundred kilobytes."""
    chunk, size, count = [MAGIC], 0, 0
    for entry in entries:
        expires_at = deadlines.get(entry.key, (0.0, 0))[0]
        frame = encode(Record(entry.revision, entry.create_revision, expires_at, entry.key, entry.value))
        chunk.append(frame)
        size += len(frame)
        count += 1
        if size > 256 << 10:
            yield b"".join(chunk)
            chunk, size = [], 0
    chunk.append(encode(Record(revision, count, 0.0, _END_KEY, b"")))
    yield b"".join(chunk)


def _load(disk: Disk, name: str) -> Snapshot | None:
    data = disk.read(name)
    if not data.startswith(MAGIC):
        return None
    entries: list[Entry] = []
    deadlines: list[tuple[str, float]] = []
    for record, _ in decode(data, len(MAGIC)):
        if record.key == _END_KEY:
            return Snapshot(record.revision, entries, deadlines) if record.create_revision == len(entries) else None
        entries.append(Entry(record.key, record.value or b"", record.revision, record.create_revision))
        if record.expires_at:
            deadlines.append((record.key, record.expires_at))
    return None


def _names(disk: Disk) -> list[str]:
    return [name for name in disk.names() if name.startswith(PREFIX) and name[len(PREFIX) :].isdigit()]


def _revision(name: str) -> int:
    return int(name.removeprefix(PREFIX))


def _base(names: list[str], window: int) -> int:
    """Return the place of the newest snapshot that is a window of writes behind the last one, -1 if none is."""
    return sum(_revision(name) <= _revision(names[-1]) - window for name in names) - 1 if names else -1


def load(disk: Disk, window: int, *, is_log_whole: bool) -> Snapshot:
    """Return the state to replay the log from, so that at least `window` writes before the last snapshot are replayed.

    That is the empty state if no snapshot is old enough and the log `is_log_whole`, there from the first write on.
    """
    names = _names(disk)
    base = _base(names, window)
    if base >= 0 or not is_log_whole:
        for name in names[max(0, base) :]:
            snapshot = _load(disk, name)
            if snapshot is not None:
                return snapshot
    return Snapshot(0, [], [])


def drop_old(disk: Disk, window: int, compacted: int, *, is_log_whole: bool) -> int:
    """Remove snapshots that no history is read from, and what a crash left half written.

    Three stay: the one a start loads, the one that will take its place, and the last. Nothing that was made before the last one
    at or before revision `compacted` is needed. Returns the revision up to which the log can go, 0 when all of it is needed.
    """
    names = _names(disk)
    unfinished = [name for name in disk.names() if name.startswith(PREFIX) and name.endswith(".tmp")]
    first = max(_base(names, window), sum(_revision(name) <= compacted for name in names) - 1)
    is_based = first >= 0 or not is_log_whole
    kept = names[max(0, first) :]
    kept = [*kept[: 2 if is_based else 1], *kept[-1:]]
    for name in [*(name for name in names if name not in kept), *unfinished]:
        disk.remove(name)
    return _revision(kept[0]) if is_based and kept else 0
