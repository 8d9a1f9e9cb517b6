"""Streams over one connection: opened, read, ended, refused, and held up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from pilothouse.wire.spdy import frames, session
from pilothouse.wire.spdy.frames import Frame, FrameReader, FrameWriter, Malformed
from pilothouse.wire.spdy.session import Session, Stream
from tests.unit.wire.pair import End, pair


class Peer:
    """A client that speaks in frames, and the streams the server saw."""

    def __init__(self, wire: End, server: Session, opened: asyncio.Queue[Stream]) -> None:
        self.wire, self.server, self.opened = wire, server, opened
        self._writer, self._reader = FrameWriter(), FrameReader()
        self._found: list[Frame] = []

    async def send(self, *sent: Frame) -> None:
        await self.wire.write(b"".join(self._writer.encode(frame) for frame in sent))

    async def next(self) -> Frame:
        while not self._found:
            self._found += self._reader.feed(await self.wire.read())
        return self._found.pop(0)

    async def open(self, number: int, **headers: str) -> Stream:
        await self.send(Frame(frames.SYN_STREAM, number, headers=headers))
        assert (await self.next()).kind == frames.SYN_REPLY
        return await self.opened.get()


def talk(test: Callable[[Peer], Awaitable[None]]) -> None:
    async def run() -> None:
        client, wire = pair()
        opened: asyncio.Queue[Stream] = asyncio.Queue()

        def take(stream: Stream) -> None:
            if stream.headers.get("refuse"):
                raise ValueError("not this one")
            opened.put_nowait(stream)

        server = Session(wire, take)
        running = asyncio.ensure_future(server.run())
        async with asyncio.timeout(5):
            await test(Peer(client, server, opened))
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(run())


def test_a_stream_carries_bytes_both_ways_until_both_ended() -> None:
    async def test(peer: Peer) -> None:
        stream = await peer.open(1, streamtype="data")
        await peer.send(Frame(frames.DATA, 1, data=b"ping"))
        assert await stream.read() == b"ping"
        update = await peer.next()
        assert (update.kind, update.stream, update.value) == (frames.WINDOW_UPDATE, 1, 4)
        await peer.send(Frame(frames.DATA, 1, frames.FIN))
        assert await stream.read() == b""
        await stream.write(b"pong")
        await stream.write_eof()
        assert await peer.next() == Frame(frames.DATA, 1, data=b"pong")
        assert await peer.next() == Frame(frames.DATA, 1, frames.FIN)
        with pytest.raises(ConnectionResetError):
            await stream.write(b"more")

    talk(test)


def test_a_reset_stream_breaks_and_pings_come_back() -> None:
    async def test(peer: Peer) -> None:
        stream = await peer.open(1)
        await peer.send(Frame(frames.RST_STREAM, 1, value=frames.CANCEL), Frame(frames.PING, value=1))
        assert await peer.next() == Frame(frames.PING, value=1)
        with pytest.raises(ConnectionResetError):
            await stream.read()

    talk(test)


def test_streams_are_refused_with_a_reset() -> None:
    async def test(peer: Peer) -> None:
        await peer.send(Frame(frames.SYN_STREAM, 1, headers={"refuse": "1"}), Frame(frames.SYN_STREAM, 2))
        assert [(await peer.next()).kind for _ in range(2)] == [frames.SYN_REPLY, frames.RST_STREAM]
        own = await peer.next()
        assert (own.kind, own.stream, own.value) == (frames.RST_STREAM, 2, frames.PROTOCOL_ERROR)

    talk(test)


def test_a_stream_nobody_reads_stops_the_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "HIGH_BYTES", 10)

    async def test(peer: Peer) -> None:
        stream = await peer.open(1)
        await peer.send(Frame(frames.DATA, 1, data=b"x" * 20))
        await asyncio.sleep(0.01)
        await peer.send(Frame(frames.PING, value=3))
        await asyncio.sleep(0.01)
        assert peer.wire.incoming.empty()
        assert len(await stream.read()) == 20
        assert {(await peer.next()).kind, (await peer.next()).kind} == {frames.PING, frames.WINDOW_UPDATE}

    talk(test)


def test_the_end_of_the_connection_breaks_every_stream() -> None:
    async def run() -> None:
        left, right = pair()
        opened: list[Stream] = []
        client, server = Session(left, opened.append, is_client=True), Session(right, opened.append)
        running = [asyncio.ensure_future(one.run()) for one in (client, server)]
        stream = await client.open({"a": "b"})
        await stream.write(b"hello")
        while not opened:
            await asyncio.sleep(0)
        assert opened[0].headers == {"a": "b"} and await opened[0].read() == b"hello"
        await left.close()
        await right.close()
        await asyncio.wait(running, timeout=5)
        with pytest.raises(ConnectionResetError):
            await opened[0].read()

    asyncio.run(run())


def test_garbage_ends_the_session_with_a_farewell() -> None:
    async def run() -> None:
        client, wire = pair()
        await client.write(b"GET / HTTP/1.1\r\n\r\n" + b"\x80\x02" + b"x" * 400000)
        with pytest.raises(Malformed):
            await Session(wire, lambda stream: None).run()
        assert [frame.kind for frame in FrameReader().feed(await client.read())] == [frames.GOAWAY]

    asyncio.run(run())
