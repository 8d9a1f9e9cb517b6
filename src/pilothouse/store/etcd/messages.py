"""Messages of etcd's v3 API in the wire form of protobuf: those this engine sends and receives, nothing more.

Source: etcdserverpb/rpc.proto and mvccpb/kv.proto of etcd 3.4. Unknown fields are skipped, so newer servers are understood.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from pilothouse.kit.errors import Invalid

RANGE = "/etcdserverpb.KV/Range"
TXN = "/etcdserverpb.KV/Txn"
COMPACT = "/etcdserverpb.KV/Compact"
WATCH = "/etcdserverpb.Watch/Watch"
GRANT = "/etcdserverpb.Lease/LeaseGrant"
_MOD, _DESCEND, _BY_MOD = 2, 2, 3


class BadMessage(Invalid):
    """Bytes that are no message of etcd."""

    reason = "BadEtcdMessage"


class KeyValue(msgspec.Struct, frozen=True):
    """A key as etcd has it."""

    key: bytes = b""
    value: bytes = b""
    revision: int = 0
    create_revision: int = 0


class RangeAnswer(msgspec.Struct, frozen=True):
    """Answer of a range."""

    revision: int
    entries: list[KeyValue]
    has_more: bool
    count: int


class TxnAnswer(msgspec.Struct, frozen=True):
    """Answer of a transaction: whether the comparison held, how many keys it deleted, what is there if it did not hold."""

    revision: int
    is_done: bool
    deleted: int
    found: KeyValue | None


class Change(msgspec.Struct, frozen=True):
    """One event of a watch."""

    is_delete: bool
    now: KeyValue
    before: KeyValue | None


class WatchAnswer(msgspec.Struct, frozen=True):
    """One message of a watch stream."""

    revision: int
    is_cancelled: bool
    compacted: int
    reason: str
    is_fragment: bool
    changes: list[Change]


# --- the wire form


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value) if value else b""


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value if value else b""


def _message(field: int, value: bytes) -> bytes:
    """A message inside a message; present even when it is empty."""
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise BadMessage("a number of an etcd message is cut off")
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
        shift += 7


def fields(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield (field number, value of a number, value of bytes) of a message; raises `BadMessage`."""
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        kind = tag & 7
        if kind == 0:
            number, at = _read_varint(data, at)
            yield tag >> 3, number, b""
            continue
        size = {1: 8, 5: 4}.get(kind, -1)
        if kind == 2:
            size, at = _read_varint(data, at)
        if size < 0 or at + size > len(data):
            raise BadMessage("a field of an etcd message is cut off or of an unknown form")
        yield tag >> 3, 0, data[at : at + size]
        at += size


# --- requests


def range_request(key: bytes, end: bytes = b"", *, revision: int = 0, limit: int = 0, is_newest: bool = False) -> bytes:
    """Ask for keys from `key` to `end`; `is_newest` sorts by the last change, newest first, without values."""
    sort = _number(5, _DESCEND) + _number(6, _BY_MOD) + _number(8, 1) if is_newest else b""
    return _bytes(1, key) + _bytes(2, end) + _number(3, limit) + _number(4, revision) + sort


def write_request(key: bytes, expected: int | None, value: bytes | None, lease: int = 0) -> bytes:
    """Ask to write `value` (None deletes) if the key is at revision `expected`; says what is there if it is not."""
    compare = b"" if expected is None else _message(1, _number(2, _MOD) + _bytes(3, key) + _varint(6 << 3) + _varint(expected))
    if value is None:
        operation = _message(3, _bytes(1, key))
    else:
        operation = _message(2, _bytes(1, key) + _bytes(2, value) + _number(3, lease))
    return compare + _message(2, operation) + _message(3, _message(1, _bytes(1, key)))


def compact_request(revision: int) -> bytes:
    """Ask to forget history before `revision`."""
    return _number(1, revision)


def grant_request(seconds: int) -> bytes:
    """Ask for a lease."""
    return _number(1, seconds)


def watch_request(key: bytes, end: bytes, revision: int) -> bytes:
    """Ask for changes from `revision` on, with what was there before, in pieces if there are many."""
    create = _bytes(1, key) + _bytes(2, end) + _number(3, revision) + _number(6, 1) + _number(8, 1)
    return _message(1, create)


# --- answers


def _key_value(data: bytes) -> KeyValue:
    key, value, created, revision = b"", b"", 0, 0
    for field, number, raw in fields(data):
        if field == 1:
            key = raw
        elif field == 2:
            created = number
        elif field == 3:
            revision = number
        elif field == 5:
            value = raw
    return KeyValue(key, value, revision, created)


def _header_revision(data: bytes) -> int:
    return next((number for field, number, _ in fields(data) if field == 3), 0)


def read_range(data: bytes) -> RangeAnswer:
    """Read the answer of a range."""
    revision, entries, has_more, count = 0, [], False, 0
    for field, number, raw in fields(data):
        if field == 1:
            revision = _header_revision(raw)
        elif field == 2:
            entries.append(_key_value(raw))
        elif field == 3:
            has_more = bool(number)
        elif field == 4:
            count = number
    return RangeAnswer(revision, entries, has_more, count)


def read_write(data: bytes) -> TxnAnswer:
    """Read the answer of a write."""
    revision, is_done, deleted, found = 0, False, 0, None
    for field, number, raw in fields(data):
        if field == 1:
            revision = _header_revision(raw)
        elif field == 2:
            is_done = bool(number)
        elif field == 3:
            for kind, _, answer in fields(raw):
                if kind == 1:
                    found = next(iter(read_range(answer).entries), None)
                elif kind == 3:
                    deleted = next((count for part, count, _ in fields(answer) if part == 2), 0)
    return TxnAnswer(revision, is_done, deleted, found)


def read_grant(data: bytes) -> int:
    """Read the number of a lease."""
    return next((number for field, number, _ in fields(data) if field == 2), 0)


def read_watch(data: bytes) -> WatchAnswer:
    """Read one message of a watch."""
    revision = compacted = 0
    is_cancelled = is_fragment = False
    reason, changes = "", []
    for field, number, raw in fields(data):
        if field == 1:
            revision = _header_revision(raw)
        elif field == 4:
            is_cancelled = bool(number)
        elif field == 5:
            compacted = number
        elif field == 6:
            reason = raw.decode(errors="replace")
        elif field == 7:
            is_fragment = bool(number)
        elif field == 11:
            changes.append(_change(raw))
    return WatchAnswer(revision, is_cancelled, compacted, reason, is_fragment, changes)


def _change(data: bytes) -> Change:
    is_delete, now, before = False, KeyValue(), None
    for field, number, raw in fields(data):
        if field == 1:
            is_delete = number == 1
        elif field == 2:
            now = _key_value(raw)
        elif field == 3:
            before = _key_value(raw)
    return Change(is_delete, now, before)
