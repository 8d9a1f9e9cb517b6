"""Write the protobuf form of objects; the API server calls it when a client accepts nothing else.

Fields are written in the order of their numbers. A field that the tree does not have is left out: readers take its zero value.
Source: the `generated.proto` files of Kubernetes, and the protocol buffers encoding guide.
"""

from __future__ import annotations

import base64
import struct
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
import orjson

from pilothouse.api.scheme.protobuf.reading import MAGIC, META, table
from pilothouse.kit.errors import BadRequest

_VARINTS = frozenset(("int32", "int64", "uint32", "uint64"))
_BOOL_ZERO = b"\x00"


class NoProtobuf(BadRequest):
    """A kind has no protobuf form."""

    reason = "NotAcceptable"


class _Field(msgspec.Struct, frozen=True, gc=False):
    number: int
    name: str
    kind: str
    shape: str


def encode_protobuf(tree: dict[str, Any]) -> bytes:
    """Return the protobuf body of an object or list; raises NoProtobuf for kinds without one."""
    version, kind = str(tree.get("apiVersion", "")), str(tree.get("kind", ""))
    name = table()["kinds"].get(f"{version}/{kind}")
    if name is None:
        raise NoProtobuf(f"{kind} in {version} has no protobuf form; accept application/json")
    type_meta = _bytes_field(1, version.encode()) + _bytes_field(2, kind.encode())
    unknown = _bytes_field(1, type_meta) + _bytes_field(2, _message(name, tree)) + _bytes_field(3, b"") + _bytes_field(4, b"")
    return MAGIC + unknown


def encode_event(kind: str, tree: dict[str, Any]) -> bytes:
    """Return one frame of a watch: four bytes with its length, then the event with the object as its body."""
    event = _bytes_field(1, kind.encode()) + _bytes_field(2, _bytes_field(1, encode_protobuf(tree)))
    return struct.pack(">I", len(event)) + event


@cache
def _fields(name: str) -> tuple[_Field, ...]:
    known = table()["messages"].get(name, {})
    return tuple(_Field(int(number), *field) for number, field in sorted(known.items(), key=lambda item: int(item[0])))


def _message(name: str, tree: dict[str, Any]) -> bytes:
    out: list[bytes] = []
    for field in _fields(name):
        if field.shape == "i":
            inner = _message(field.kind, tree)
            if inner:
                out.append(_bytes_field(field.number, inner))
            continue
        value = tree.get(field.name)
        if value is None:
            continue
        if field.shape == "m":
            for key, item in value.items():
                entry = _bytes_field(1, key.encode())
                out.append(_bytes_field(field.number, entry if item is None else entry + _value(2, field.kind, item)))
        elif field.shape == "r":
            out += [_value(field.number, field.kind, item) for item in value]
        else:
            out.append(_value(field.number, field.kind, value))
    return b"".join(out)


def _value(number: int, kind: str, value: Any) -> bytes:
    if kind == "string":
        return _bytes_field(number, str(value).encode())
    if kind == "bool":
        return _varint(number << 3) + (b"\x01" if value else _BOOL_ZERO)
    if kind in _VARINTS:
        return _varint(number << 3) + _varint(int(value) & 0xFFFFFFFFFFFFFFFF)
    if kind == "bytes":
        return _bytes_field(number, base64.b64decode(value))
    if kind == "double":
        return _varint(number << 3 | 1) + struct.pack("<d", value)
    special = _SPECIAL.get(kind.removeprefix(META))
    return _bytes_field(number, special(value) if special is not None else _message(kind, value))


def _bytes_field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _int_or_string(value: Any) -> bytes:
    if isinstance(value, str):
        return _value(1, "int64", 1) + _value(2, "int32", 0) + _value(3, "string", value)
    return _value(1, "int64", 0) + _value(2, "int32", value) + _value(3, "string", "")


def _time(value: str) -> bytes:
    moment = datetime.fromisoformat(value).astimezone(UTC)
    return _value(1, "int64", int(moment.timestamp())) + _value(2, "int32", moment.microsecond * 1000)


_SPECIAL: dict[str, Any] = {
    "util.intstr.IntOrString": _int_or_string,
    "api.resource.Quantity": lambda value: _value(1, "string", value),
    "apis.meta.v1.Time": _time,
    "apis.meta.v1.MicroTime": _time,
    "apis.meta.v1.FieldsV1": lambda value: _bytes_field(1, orjson.dumps(value)),
    "runtime.RawExtension": lambda value: _bytes_field(1, orjson.dumps(value)),
}
