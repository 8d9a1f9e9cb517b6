"""Reading the protobuf form of objects, in which typed clients send theirs; the result is the tree the JSON form would give."""

from __future__ import annotations

import base64
import struct
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson

from pilothouse.api.scheme.table import load_facts
from pilothouse.kit.errors import BadRequest

MAGIC = b"k8s\x00"
MAX_DEPTH = 100
META = "io.k8s.apimachinery.pkg."
_BLANK = {"string": "", "bool": False}


class _Malformed(Exception):
    """The bytes are no message."""


@cache
def table() -> dict[str, Any]:
    """Return the messages of each kind and the fields of each message."""
    return load_facts("fields.bin")


def decode_protobuf(raw: bytes) -> dict[str, Any]:
    """Return the tree of a body; raises BadRequest."""
    if not raw.startswith(MAGIC):
        raise BadRequest("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    try:
        envelope = dict(_fields(memoryview(raw)[4:]))
        type_meta = dict(_fields(envelope.get(1, b"")))
        version, kind = bytes(type_meta.get(1, b"")).decode(), bytes(type_meta.get(2, b"")).decode()
        name = table()["kinds"].get(f"{version}/{kind}")
        if kind == "DeleteOptions":
            name = f"{META}apis.meta.v1.DeleteOptions"
        if name is None:
            raise BadRequest(f'no kind "{kind}" is registered for version "{version}" in the protobuf table')
        tree: dict[str, Any] = _message(name, memoryview(envelope.get(2, b"")), 0)
    except (
        _Malformed,
        UnicodeDecodeError,
        struct.error,
        TypeError,
        IndexError,
        AttributeError,
        OverflowError,
        ValueError,
    ) as error:
        raise BadRequest(f"the protobuf body cannot be read: {str(error) or type(error).__name__}") from None
    return {**tree, "apiVersion": version, "kind": kind}


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise _Malformed("unexpected EOF")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def _fields(data: Any) -> list[tuple[int, Any]]:
    data = memoryview(data)
    out: list[tuple[int, Any]] = []
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, position = _varint(data, position)
            out.append((number, value))
            continue
        size = {1: 8, 5: 4}.get(wire)
        if wire == 2:
            size, position = _varint(data, position)
        if size is None or position + size > len(data):
            raise _Malformed("unexpected EOF")
        out.append((number, data[position : position + size]))
        position += size
    return out


def _message(name: str, data: memoryview, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise _Malformed(f"nested more than {MAX_DEPTH} levels deep")
    special = _SPECIAL.get(name.removeprefix(META))
    if special is not None:
        return special(dict(_fields(data)))
    known = table()["messages"].get(name, {})
    out: dict[str, Any] = {}
    for number, value in _fields(data):
        field = known.get(str(number))
        if field is None:
            continue
        key, kind, shape = field
        if shape == "m":
            pair = dict(_fields(value))
            out.setdefault(key, {})[bytes(pair.get(1, b"")).decode()] = _entry(kind, pair.get(2), depth)
        elif shape == "r":
            out.setdefault(key, []).append(_value(kind, value, depth))
        elif shape == "i":
            out.update(_value(kind, value, depth))
        else:
            out[key] = _value(kind, value, depth)
    return out


def _entry(kind: str, value: Any, depth: int) -> Any:
    if value is None:
        return _BLANK.get(kind, "") if kind in ("string", "bytes", "bool") else _value(kind, b"", depth)
    return _value(kind, value, depth)


def _value(kind: str, value: Any, depth: int) -> Any:
    if kind == "string":
        return bytes(value).decode()
    if kind == "bytes":
        return base64.b64encode(bytes(value)).decode()
    if kind == "bool":
        return bool(value)
    if kind in ("int32", "int64"):
        return value - (1 << 64) if value >= 1 << 63 else value
    if kind in ("uint32", "uint64"):
        return value
    if kind == "double":
        return struct.unpack("<d", bytes(value))[0]
    return _message(kind, memoryview(value), depth + 1)


def _int_or_string(fields: dict[int, Any]) -> Any:
    return bytes(fields.get(3, b"")).decode() if fields.get(1) else _value("int32", fields.get(2, 0), 0)


def _moment(fields: dict[int, Any]) -> datetime | None:
    seconds = _value("int64", fields.get(1, 0), 0)
    return datetime.fromtimestamp(seconds, UTC) if fields else None


def _time(fields: dict[int, Any]) -> str | None:
    moment = _moment(fields)
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _micro_time(fields: dict[int, Any]) -> str | None:
    moment = _moment(fields)
    if moment is None:
        return None
    return moment.replace(microsecond=fields.get(2, 0) // 1000 % 1_000_000).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _raw_json(fields: dict[int, Any]) -> Any:
    raw = bytes(fields.get(1, b""))
    return orjson.loads(raw) if raw else {}


_SPECIAL: dict[str, Any] = {
    "util.intstr.IntOrString": _int_or_string,
    "api.resource.Quantity": lambda fields: bytes(fields.get(1, b"")).decode() or "0",
    "apis.meta.v1.Time": _time,
    "apis.meta.v1.MicroTime": _micro_time,
    "apis.meta.v1.FieldsV1": _raw_json,
    "runtime.RawExtension": _raw_json,
}
