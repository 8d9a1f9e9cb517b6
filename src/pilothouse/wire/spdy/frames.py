"""SPDY/3.1 frames, from bytes and to bytes (the SPDY protocol draft 3.1, sections 2.2 to 2.6).

Each direction compresses its headers in one zlib stream with a dictionary both sides know, so a `FrameReader` and a
`FrameWriter` belong to one connection. Every length is bounded; what breaks the rules raises `Malformed`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import msgspec

SYN_STREAM, SYN_REPLY, RST_STREAM, SETTINGS, PING, GOAWAY, HEADERS, WINDOW_UPDATE = 1, 2, 3, 4, 6, 7, 8, 9
DATA = 0
FIN = 1
PROTOCOL_ERROR, INVALID_STREAM, REFUSED_STREAM, CANCEL = 1, 2, 3, 5
MAX_FRAME_BYTES = 1 << 20
MAX_HEADER_BYTES = 64 << 10
_VERSION = 3
_MAX_HEADERS = 100
_WORDS = (
    "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow "
    "authorization cache-control connection content-base content-encoding content-language content-length content-location "
    "content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match "
    "if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range "
    "referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get "
    "status |200 OK| version |HTTP/1.1| url public set-cookie keep-alive origin"
)
_REST = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative "
    "Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal "
    "Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, "
    "Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,"
    "application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8"
    "charset=iso-8859-1,utf-,*,enq=0."
)


def _dictionary() -> bytes:
    words = [word for part, text in enumerate(_WORDS.split("|")) for word in ([text] if part % 2 else text.split())]
    return b"".join(struct.pack(">I", len(word)) + word.encode() for word in words) + _REST.encode()


DICTIONARY = _dictionary()


class Malformed(ValueError):
    """Bytes that are no SPDY/3.1."""


class Frame(msgspec.Struct, frozen=True):
    """One frame; which fields count depends on `kind`."""

    kind: int
    stream: int = 0
    flags: int = 0
    headers: dict[str, str] = {}
    """Names in lower case; repeated values joined by a NUL."""
    data: bytes = b""
    value: int = 0
    """Status of a reset or farewell, number of a ping, delta of a window."""


class FrameReader:
    """Bytes to frames."""

    def __init__(self) -> None:
        """Begin a connection."""
        self._buffer = bytearray()
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that are complete now; raises Malformed."""
        self._buffer += data
        while len(self._buffer) >= 8:
            size = int.from_bytes(self._buffer[5:8], "big")
            if size > MAX_FRAME_BYTES:
                raise Malformed(f"frame of {size} bytes is over the limit of {MAX_FRAME_BYTES}")
            if len(self._buffer) < 8 + size:
                return
            head, payload = bytes(self._buffer[:8]), bytes(self._buffer[8 : 8 + size])
            del self._buffer[: 8 + size]
            frame = self._frame(head, payload)
            if frame is not None:
                yield frame

    def _frame(self, head: bytes, payload: bytes) -> Frame | None:
        first, flags = int.from_bytes(head[:4], "big"), head[4]
        if not first & 0x80000000:
            return Frame(DATA, first, flags, data=payload)
        version, kind = first >> 16 & 0x7FFF, first & 0xFFFF
        if version != _VERSION:
            raise Malformed(f"SPDY version {version} is not spoken, only {_VERSION}")
        try:
            return self._control(kind, flags, payload)
        except (struct.error, zlib.error) as error:
            raise Malformed(f"control frame of type {kind} is damaged: {error}") from error

    def _control(self, kind: int, flags: int, payload: bytes) -> Frame | None:
        if kind == SYN_STREAM:
            stream, _parent, _priority = struct.unpack_from(">IIH", payload)
            return Frame(kind, stream & 0x7FFFFFFF, flags, self._headers(payload[10:]))
        if kind in (SYN_REPLY, HEADERS):
            (stream,) = struct.unpack_from(">I", payload)
            return Frame(kind, stream & 0x7FFFFFFF, flags, self._headers(payload[4:]))
        if kind in (RST_STREAM, GOAWAY, WINDOW_UPDATE):
            stream, value = struct.unpack(">II", payload)
            return Frame(kind, stream & 0x7FFFFFFF, flags, value=value)
        if kind == PING:
            (value,) = struct.unpack(">I", payload)
            return Frame(kind, value=value)
        return None  # SETTINGS are advice, and unknown kinds are to be ignored

    def _headers(self, block: bytes) -> dict[str, str]:
        plain = self._inflate.decompress(block, MAX_HEADER_BYTES)
        if self._inflate.unconsumed_tail:
            raise Malformed(f"headers are over the limit of {MAX_HEADER_BYTES} bytes")
        (count,) = struct.unpack_from(">I", plain)
        if count > _MAX_HEADERS:
            raise Malformed(f"{count} headers are over the limit of {_MAX_HEADERS}")
        headers, offset = {}, 4
        for _ in range(count):
            name, offset = _text(plain, offset)
            headers[name.lower()], offset = _text(plain, offset)
        return headers


def _text(plain: bytes, offset: int) -> tuple[str, int]:
    (size,) = struct.unpack_from(">I", plain, offset)
    end = offset + 4 + size
    if end > len(plain):
        raise Malformed("a header is longer than its frame")
    return plain[offset + 4 : end].decode("latin-1"), end


class FrameWriter:
    """Frames to bytes."""

    def __init__(self) -> None:
        """Begin a connection."""
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    def encode(self, frame: Frame) -> bytes:
        """Return the bytes of a frame."""
        if frame.kind == DATA:
            return struct.pack(">II", frame.stream, frame.flags << 24 | len(frame.data)) + frame.data
        if frame.kind == SYN_STREAM:
            payload = struct.pack(">IIH", frame.stream, 0, 0) + self._block(frame.headers)
        elif frame.kind in (SYN_REPLY, HEADERS):
            payload = struct.pack(">I", frame.stream) + self._block(frame.headers)
        elif frame.kind == PING:
            payload = struct.pack(">I", frame.value)
        else:
            payload = struct.pack(">II", frame.stream, frame.value)
        return struct.pack(">HHI", 0x8000 | _VERSION, frame.kind, frame.flags << 24 | len(payload)) + payload

    def _block(self, headers: dict[str, str]) -> bytes:
        parts = [struct.pack(">I", len(headers))]
        for pair in headers.items():
            parts += [struct.pack(">I", len(text.encode("latin-1"))) + text.encode("latin-1") for text in pair]
        return self._deflate.compress(b"".join(parts)) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
