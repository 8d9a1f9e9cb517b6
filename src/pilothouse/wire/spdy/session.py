"""The streams of one SPDY/3.1 connection, each a `Duplex`.

`Session.run` reads frames until the connection ends; every stream the other side opens is handed to `on_stream`. A stream that is
not read holds `HIGH_BYTES` and then stops the whole connection, as the reference client does: it never sends WINDOW_UPDATE, so
windows cannot be kept towards it, while ours are announced for those that keep them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pilothouse.wire.duplex import Duplex
from pilothouse.wire.spdy import frames
from pilothouse.wire.spdy.frames import FIN, Frame, FrameReader, FrameWriter, Malformed

HIGH_BYTES = 1 << 20
MAX_STREAMS = 1000
_PIECE_BYTES = 64 << 10


class Stream:
    """One stream; `headers` are those it was opened with."""

    def __init__(self, session: Session, number: int, headers: dict[str, str]) -> None:
        """Belong to `session`."""
        self.number, self.headers = number, headers
        self._session = session
        self._parts: list[bytes] = []
        self._size = 0
        self.is_ended = self.is_reset = False
        self._is_finished = False
        self._changed = asyncio.Event()

    async def read(self) -> bytes:
        """Return what came next, empty at the end; raises ConnectionResetError when the other side gave up."""
        while not self._parts:
            if self.is_reset:
                raise ConnectionResetError(f"stream {self.number} was reset")
            if self.is_ended:
                return b""
            self._changed.clear()
            await self._changed.wait()
        data, self._parts, self._size = b"".join(self._parts), [], 0
        await self._session.taken(self, len(data))
        return data

    async def write(self, data: bytes) -> None:
        """Send; raises ConnectionError when the stream or the connection is over."""
        for start in range(0, len(data), _PIECE_BYTES):
            if self.is_reset or self._is_finished:
                raise ConnectionResetError(f"stream {self.number} is over")
            await self._session.send(Frame(frames.DATA, self.number, data=data[start : start + _PIECE_BYTES]))

    async def write_eof(self) -> None:
        """Say that nothing more comes."""
        if not (self._is_finished or self.is_reset):
            self._is_finished = True
            await self._session.send(Frame(frames.DATA, self.number, FIN))
            self._session.forget_if_over(self)

    async def close(self) -> None:
        """Give the stream up: what the other side still sends is dropped."""
        if not self.is_ended:
            self.end(is_reset=self.is_reset)
        await self.write_eof()

    @property
    def is_over(self) -> bool:
        """Whether both directions ended."""
        return self.is_reset or (self.is_ended and self._is_finished)

    @property
    def is_full(self) -> bool:
        """Whether more waits than should."""
        return self._size > HIGH_BYTES

    def feed(self, data: bytes) -> None:
        """The other side sent `data`."""
        if not (self.is_ended or self.is_reset) and data:
            self._parts.append(data)
            self._size += len(data)
            self._changed.set()

    def end(self, *, is_reset: bool = False) -> None:
        """The other side sends nothing more; with `is_reset` it does not listen either."""
        self.is_ended, self.is_reset = True, self.is_reset or is_reset
        self._changed.set()


class Session:
    """One connection."""

    def __init__(self, wire: Duplex, on_stream: Callable[[Stream], None], *, is_client: bool = False) -> None:
        """Speak over `wire`; `on_stream` gets every stream the other side opens and may raise ValueError to refuse it."""
        self._wire, self._on_stream = wire, on_stream
        self._reader, self._writer = FrameReader(), FrameWriter()
        self._streams: dict[int, Stream] = {}
        self._next = 1 if is_client else 2
        self._room = asyncio.Event()

    async def run(self) -> None:
        """Serve until the connection ends; raises Malformed when the other side breaks the protocol."""
        try:
            while data := await self._wire.read():
                for frame in self._reader.feed(data):
                    await self._take(frame)
        except Malformed:
            await self.send(Frame(frames.GOAWAY, 0, value=frames.PROTOCOL_ERROR))
            raise
        finally:
            for stream in list(self._streams.values()):
                stream.end(is_reset=True)
            self._streams.clear()

    async def open(self, headers: dict[str, str]) -> Stream:
        """Open a stream to the other side."""
        stream = self._streams[self._next] = Stream(self, self._next, headers)
        self._next += 2
        await self.send(Frame(frames.SYN_STREAM, stream.number, headers=headers))
        return stream

    async def send(self, frame: Frame) -> None:
        """Send one frame."""
        await self._wire.write(self._writer.encode(frame))

    async def _take(self, frame: Frame) -> None:
        if frame.kind == frames.SYN_STREAM:
            await self._accept(frame)
        elif frame.kind == frames.PING:
            if frame.value % 2 != self._next % 2:
                await self.send(frame)
        elif frame.kind in (frames.DATA, frames.RST_STREAM, frames.SYN_REPLY, frames.HEADERS):
            stream = self._streams.get(frame.stream)
            if stream is not None:
                await self._pass_on(stream, frame)

    async def _pass_on(self, stream: Stream, frame: Frame) -> None:
        if frame.kind == frames.RST_STREAM:
            stream.end(is_reset=True)
        elif frame.kind == frames.DATA:
            stream.feed(frame.data)
        if frame.flags & FIN:
            stream.end()
        self.forget_if_over(stream)
        while stream.is_full and not stream.is_over:
            self._room.clear()
            await self._room.wait()

    async def _accept(self, frame: Frame) -> None:
        number = frame.stream
        if number % 2 == self._next % 2 or number in self._streams:
            await self.send(Frame(frames.RST_STREAM, number, value=frames.PROTOCOL_ERROR))
            return
        stream = Stream(self, number, frame.headers)
        try:
            if len(self._streams) >= MAX_STREAMS:
                raise ValueError(f"more than {MAX_STREAMS} streams")
            self._streams[number] = stream
            await self.send(Frame(frames.SYN_REPLY, number))
            if frame.flags & FIN:
                stream.end()
            self._on_stream(stream)
        except ValueError:
            self._streams.pop(number, None)
            await self.send(Frame(frames.RST_STREAM, number, value=frames.REFUSED_STREAM))

    async def taken(self, stream: Stream, size: int) -> None:
        """A reader took `size` bytes of a stream: there is room for more."""
        self._room.set()
        if stream.number in self._streams and not stream.is_ended:
            await self.send(Frame(frames.WINDOW_UPDATE, stream.number, value=size))

    def forget_if_over(self, stream: Stream) -> None:
        """Drop a stream nobody can use any more."""
        if stream.is_over:
            self._streams.pop(stream.number, None)
            self._room.set()
