"""The format on disk: framed records with a checksum each.

A frame is `length u32, crc32 u32, payload`; the payload of a write is `revision u64, create revision u64, expiry f64, key
length u16, key, value`. The top bit of the key length marks a deletion. A zero or impossible length, a short frame or a wrong
checksum ends a log: everything behind it was never acknowledged.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from zlib import crc32

import msgspec

from pilothouse.kit.errors import Invalid

FRAME = struct.Struct("<II")
HEAD = struct.Struct("<QQdH")
DELETED = 0x8000
MAX_KEY_BYTES = 0x7FFF
MAX_RECORD_BYTES = 64 << 20


class KeyTooLong(Invalid):
    """A key longer than the format can hold."""

    reason = "KeyTooLong"


class RecordTooLarge(Invalid):
    """A value that could be written but not read back."""

    reason = "RecordTooLarge"


class Record(msgspec.Struct, frozen=True, gc=False):
    """One write as it stands in the log. `value` None is a deletion; `expires_at` 0 means never."""

    revision: int
    create_revision: int
    expires_at: float
    key: str
    value: bytes | None


def encode(record: Record) -> bytes:
    """Return the framed record; raises `KeyTooLong` or `RecordTooLarge`."""
    key = record.key.encode()
    if len(key) > MAX_KEY_BYTES:
        raise KeyTooLong(f"key of {len(key)} bytes; the limit is {MAX_KEY_BYTES}")
    flags = len(key) | (DELETED if record.value is None else 0)
    payload = HEAD.pack(record.revision, record.create_revision, record.expires_at, flags) + key + (record.value or b"")
    if len(payload) > MAX_RECORD_BYTES:
        raise RecordTooLarge(f"record of {len(payload)} bytes for key {record.key}; the limit is {MAX_RECORD_BYTES}")
    return FRAME.pack(len(payload), crc32(payload)) + payload


def decode_payload(payload: bytes | memoryview) -> Record:
    """Return the record of one verified payload."""
    revision, create_revision, expires_at, flags = HEAD.unpack_from(payload)
    end = HEAD.size + (flags & MAX_KEY_BYTES)
    key = bytes(payload[HEAD.size : end]).decode()
    return Record(revision, create_revision, expires_at, key, None if flags & DELETED else bytes(payload[end:]))


def decode(data: bytes, start: int) -> Iterator[tuple[Record, int]]:
    """Yield (record, offset behind it) from `start` until the data ends or stops making sense."""
    view = memoryview(data)
    position = start
    while position + FRAME.size <= len(data):
        length, checksum = FRAME.unpack_from(view, position)
        begin = position + FRAME.size
        if length < HEAD.size or length > MAX_RECORD_BYTES or begin + length > len(data):
            return
        payload = view[begin : begin + length]
        if crc32(payload) != checksum:
            return
        position = begin + length
        yield decode_payload(payload), position
