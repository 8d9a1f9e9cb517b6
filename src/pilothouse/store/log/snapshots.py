"""Snapshots: the live state written down, so that a start replays only what came after.

A snapshot file `snapshot-<revision>` is a magic, a header record and one record per key in the log's own format, then an end
record that counts them; without a matching end it is ignored. The last two are kept: a start loads the older one and replays
from there, which gives watchers history across a restart for at least one snapshot interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from pilothouse.store.log.disk import Disk
from pilothouse.store.log.records import Record, decode, encode
from pilothouse.store.revisions import Entry

MAGIC = b"PHSNAP01"
PREFIX = "snapshot-"
KEPT = 2
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


def load_oldest(disk: Disk) -> Snapshot:
    """Return the oldest complete snapshot, or an empty state at revision 0."""
    for name in _names(disk):
        snapshot = _load(disk, name)
        if snapshot is not None:
            return snapshot
    return Snapshot(0, [], [])


def drop_old(disk: Disk, compacted: int = 0) -> int:
    """Remove snapshots that no history is read from, and what a crash left half written.

    The newest `KEPT` stay, of those not made before the last one that is at or before `compacted`. Returns the revision of the
    oldest snapshot that is left, 0 when the log from the first write on is still needed.
    """
    names = _names(disk)
    unfinished = [name for name in disk.names() if name.startswith(PREFIX) and name.endswith(".tmp")]
    kept = names[-KEPT:]
    useless = [name for name in kept if int(name.removeprefix(PREFIX)) <= compacted][:-1]
    kept = kept[len(useless) :]
    for name in [*names[: len(names) - len(kept)], *unfinished]:
        disk.remove(name)
    oldest = int(kept[0].removeprefix(PREFIX)) if kept else 0
    return oldest if len(kept) == KEPT or oldest <= compacted else 0
