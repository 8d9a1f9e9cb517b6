"""Log files: which ones there are, what they hold, where the next record goes.

A segment `log-<revision>` begins with a magic and holds records from that revision on. Every start opens a new segment, so a
file is never appended to after a crash; a torn tail is cut before. Only the newest segment with records may have one: damage
anywhere else means the medium lost acknowledged data and is refused with the place.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, zip_longest

from pilothouse.kit.errors import PilothouseError
from pilothouse.store.log.disk import Disk, LogFile
from pilothouse.store.log.records import Record, decode

MAGIC = b"PHLOG001"
PREFIX = "log-"


class DamagedLog(PilothouseError):
    """Acknowledged records cannot be read back."""

    reason = "DamagedLog"


def segment_name(revision: int) -> str:
    """Return the file name of the segment whose first record is `revision`."""
    return f"{PREFIX}{revision:020d}"


def first_revision(name: str) -> int:
    """Return the first revision of the segment called `name`."""
    return int(name.removeprefix(PREFIX))


def segment_names(disk: Disk) -> list[str]:
    """Return the segments in order of revision."""
    return [name for name in disk.names() if name.startswith(PREFIX) and name[len(PREFIX) :].isdigit()]


def is_whole(disk: Disk) -> bool:
    """Whether the log is there from the first write of all on."""
    names = segment_names(disk)
    return bool(names) and first_revision(names[0]) == 1


def read_records(disk: Disk, after_revision: int) -> Iterator[Record]:
    """Yield every intact record above `after_revision` in order, cutting a torn tail of the newest segment with records.

    Raises `DamagedLog` when a record is missing or an older segment is damaged.
    """
    names = segment_names(disk)
    unused: list[str] = []
    while names and _is_unused(disk, names[-1]):
        unused.append(names.pop())
    begun = first_revision(unused[0]) if unused else 0
    """Everything before this revision was synced when the newest segment was made."""
    expected = after_revision + 1
    for name, following in zip_longest(names, names[1:], fillvalue=""):
        if following and first_revision(following) <= expected:
            continue
        data = disk.read(name)
        end = len(MAGIC)
        for record, end in _records(data):
            if record.revision > expected:
                raise _damaged(name, end, f"record {record.revision} follows record {expected - 1}")
            if record.revision == expected:
                expected += 1
                yield record
        if end != len(data):
            _cut(disk, name, end, is_torn=not following and expected >= begun)
    if expected < begun:
        raise _damaged(unused[0], 0, f"records {expected} to {begun - 1} are missing")
    for name in unused:
        disk.remove(name)


def _records(data: bytes) -> Iterator[tuple[Record, int]]:
    return decode(data, len(MAGIC)) if data.startswith(MAGIC) else iter(())


def _is_unused(disk: Disk, name: str) -> bool:
    """Whether no record was written to a segment: made last, or left over when making it failed."""
    return next(_records(disk.read(name)), None) is None


def _cut(disk: Disk, name: str, end: int, *, is_torn: bool) -> None:
    if not is_torn:
        raise _damaged(name, end, "a record in the middle of the log is damaged")
    disk.truncate(name, end)


def _damaged(name: str, offset: int, what: str) -> DamagedLog:
    return DamagedLog(
        f"store log {name} at byte {offset}: {what}; acknowledged writes would be lost by going on",
        fix="restore the data directory from a backup; move it away and start empty only if the data may be lost",
    )


def open_segment(disk: Disk, next_revision: int) -> LogFile:
    """Create the segment for `next_revision`, replacing an empty one of that name; after an error it is not there."""
    name = segment_name(next_revision)
    if name in disk.names():
        disk.remove(name)
    return disk.create(name, MAGIC)


def drop_unused(disk: Disk, current: str) -> None:
    """Remove what is left of segments newer than `current` that could not be made; raises OSError when that fails again."""
    for name in segment_names(disk):
        if name > current:
            disk.remove(name)


def drop_segments(disk: Disk, up_to_revision: int) -> None:
    """Remove segments all of whose records are at or below `up_to_revision`."""
    names = segment_names(disk)
    for name, following in pairwise(names):
        if first_revision(following) <= up_to_revision + 1:
            disk.remove(name)
