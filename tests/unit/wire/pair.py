"""Two ends of a byte stream in memory, for tests of what stands on a `Duplex`."""

from __future__ import annotations

import asyncio


class End:
    """One end; what is written comes out of `other`."""

    def __init__(self) -> None:
        self.other: End = self
        self.incoming: asyncio.Queue[bytes] = asyncio.Queue()
        self.is_closed = self._is_over = False

    async def read(self) -> bytes:
        if self._is_over:
            return b""
        data = await self.incoming.get()
        self._is_over = not data
        return data

    async def write(self, data: bytes) -> None:
        if self.is_closed or self.other.is_closed:
            raise ConnectionResetError("closed")
        if data:
            self.other.incoming.put_nowait(data)

    async def write_eof(self) -> None:
        self.other.incoming.put_nowait(b"")

    async def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self.other.incoming.put_nowait(b"")


def pair() -> tuple[End, End]:
    one, other = End(), End()
    one.other, other.other = other, one
    return one, other
