"""The connection after `101 Switching Protocols`: bytes of another protocol, with back-pressure both ways.

The HTTP edge makes one when a client asks for an upgrade, feeds it what the parser did not take, and hands it to the handler's
`Response.upgrade`. The socket is not read while more than `HIGH_BYTES` wait to be taken.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

HIGH_BYTES = 256 << 10


class Wire(Protocol):
    """What an upgraded stream needs of its connection."""

    def set_reading(self, is_wanted: bool) -> None:
        """Read the socket, or leave bytes in it."""
        ...

    async def send_raw(self, data: bytes) -> None:
        """Write and wait while the client does not read; raises ConnectionError when it is gone."""
        ...

    def finish(self) -> None:
        """Send what is pending and close."""
        ...


class UpgradedStream:
    """The bytes of one upgraded connection."""

    def __init__(self, wire: Wire, rest: bytes) -> None:
        """Begin with `rest`, what came behind the request already."""
        self._wire = wire
        self._parts: list[bytes] = [rest] if rest else []
        self._size = len(rest)
        self._is_ended = False
        self._is_paused = False
        self._waiter: asyncio.Future[None] | None = None

    def feed(self, data: bytes) -> None:
        """The socket has `data`."""
        self._parts.append(data)
        self._size += len(data)
        if self._size > HIGH_BYTES and not self._is_paused:
            self._is_paused = True
            self._wire.set_reading(False)
        self._wake()

    def feed_eof(self) -> None:
        """The client is gone or sends nothing more."""
        self._is_ended = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def read(self) -> bytes:
        """Return what came next, empty at the end."""
        while not self._parts:
            if self._is_ended:
                return b""
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        data = b"".join(self._parts)
        self._parts, self._size = [], 0
        if self._is_paused:
            self._is_paused = False
            self._wire.set_reading(True)
        return data

    async def write(self, data: bytes) -> None:
        """Send; waits while the client does not read."""
        if self._is_ended:
            raise ConnectionResetError("client went away")
        await self._wire.send_raw(data)

    async def write_eof(self) -> None:
        """Nothing: TLS connections have no half-closed state that clients expect."""

    async def close(self) -> None:
        """Send what is pending and hang up."""
        self._wire.finish()
