"""Connections taken over by another protocol, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pilothouse.wire.duplex import Duplex
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.http.server import HttpServer, ServerLimits
from pilothouse.wire.http.upgrade import HIGH_BYTES, UpgradedStream

HEAD = b"GET /%b HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def shout(stream: Duplex) -> None:
    while data := await stream.read():
        await stream.write(data.upper())
        if data.endswith(b"bye"):
            return


async def flood(stream: Duplex) -> None:
    for _ in range(200):
        await stream.write(b"x" * 65536)


async def answer(request: Request) -> Response:
    if not request.can_upgrade or request.path == "/plain":
        return Response(200, b"plain", content_type="text/plain")
    return Response(101, b"", [("upgrade", "echo")], "", upgrade=flood if request.path == "/flood" else shout)


def serve(body: Callable[[HttpServer, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
    async def run() -> None:
        server = HttpServer(answer, limits=ServerLimits(write_high_bytes=65536))
        port = await server.start("127.0.0.1", 0)
        try:
            async with asyncio.timeout(10):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                await body(server, reader, writer)
                writer.close()
        finally:
            await server.stop(0.2)

    asyncio.run(run())


def test_bytes_behind_the_request_belong_to_the_other_protocol() -> None:
    async def body(_server: HttpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD % b"" + b"early")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head == b"HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\n\r\n"
        assert await reader.readexactly(5) == b"EARLY"
        writer.write(b"GET / HTTP/1.1\r\n\r\nbye")
        assert await reader.read() == b"GET / HTTP/1.1\r\n\r\nBYE"

    serve(body)


def test_a_handler_may_answer_in_http() -> None:
    async def body(_server: HttpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD % b"plain" + b"left")
        assert (await reader.read()).endswith(b"connection: close\r\n\r\nplain")

    serve(body)


def test_a_slow_reader_stops_the_writer_and_a_stop_ends_it() -> None:
    async def body(server: HttpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD % b"flood")
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.05)
        assert len(server.connections) == 1
        assert len(await reader.readexactly(200 * 65536)) == 200 * 65536
        assert await reader.read() == b""

    serve(body)


class Wire:
    def __init__(self) -> None:
        self.reading: list[bool] = []

    def set_reading(self, is_wanted: bool) -> None:
        self.reading.append(is_wanted)

    async def send_raw(self, data: bytes) -> None: ...

    def finish(self) -> None: ...


def test_the_socket_is_left_alone_while_nobody_takes_what_came() -> None:
    async def run() -> None:
        wire = Wire()
        stream = UpgradedStream(wire, b"a")
        stream.feed(b"x" * HIGH_BYTES)
        stream.feed(b"more")
        assert wire.reading == [False]
        assert len(await stream.read()) == HIGH_BYTES + 5
        assert wire.reading == [False, True]
        stream.feed_eof()
        assert await stream.read() == b""

    asyncio.run(run())
