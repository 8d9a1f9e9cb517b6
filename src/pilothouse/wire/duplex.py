"""Byte streams in both directions: what is left of a connection once HTTP is done with it.

`Duplex` is what an upgraded request, a connection into a Pod and one stream of a multiplexed session have in common; the
WebSocket and SPDY layers stand on one and offer others. Nothing is buffered without a bound: who does not read stops the sender.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from typing import Protocol

from pilothouse.kit.aio import run_all

CHUNK_BYTES = 64 << 10


class Duplex(Protocol):
    """A stream of bytes to and from somebody."""

    async def read(self) -> bytes:
        """Return what came next, empty once the other side said that nothing more comes."""
        ...

    async def write(self, data: bytes) -> None:
        """Send, and wait while the other side does not read; raises ConnectionError when it is gone."""
        ...

    async def write_eof(self) -> None:
        """Say that nothing more comes; where a stream cannot do this, nothing happens."""
        ...

    async def close(self) -> None:
        """Give the stream up in both directions; safe to call twice."""
        ...


class SocketDuplex:
    """A connected socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the connection over."""
        self._reader, self._writer = reader, writer

    @classmethod
    async def of(cls, connected: socket.socket, tls: ssl.SSLContext | None = None) -> SocketDuplex:
        """Take a connected socket over, and begin TLS on it; raises OSError when that fails."""
        name = "" if tls is not None else None
        return cls(*await asyncio.open_connection(sock=connected, limit=CHUNK_BYTES, ssl=tls, server_hostname=name))

    async def read(self) -> bytes:
        """Return what came next."""
        return await self._reader.read(CHUNK_BYTES)

    async def write(self, data: bytes) -> None:
        """Send."""
        self._writer.write(data)
        await self._writer.drain()

    async def write_eof(self) -> None:
        """Close the half that sends."""
        if self._writer.can_write_eof() and not self._writer.is_closing():
            with contextlib.suppress(OSError):
                self._writer.write_eof()

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()


def unchecked_context() -> ssl.SSLContext:
    """Return a client's TLS context that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def copy(source: Duplex, target: Duplex) -> None:
    """Copy until the end of `source`, and tell `target` about it."""
    while data := await source.read():
        await target.write(data)
    await target.write_eof()


async def splice(one: Duplex, other: Duplex) -> None:
    """Connect two streams until both directions ended; closes both. Raises OSError when one of them broke."""
    try:
        await run_all([copy(one, other), copy(other, one)])
    finally:
        await one.close()
        await other.close()
