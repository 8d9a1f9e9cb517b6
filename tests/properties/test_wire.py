"""Bytes of any kind sent to the HTTP edge, to a WebSocket and to a SPDY session: an answer or an end, never a failure of ours."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.kit.errors import BadRequest
from pilothouse.wire.duplex import Duplex
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.http.server import HttpServer, ServerLimits
from pilothouse.wire.spdy.frames import SYN_STREAM, Frame, FrameReader, FrameWriter, Malformed
from pilothouse.wire.websocket import WebSocket, accept, is_websocket
from tests.unit.wire.pair import pair

REQUEST = (
    b"POST /a?b=c HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-key: AAAA\r\n"
    b"sec-websocket-version: 13\r\ncontent-length: 3\r\n\r\nabc"
    b"GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
)
FRAMES = b"\x81\x85\x01\x02\x03\x04hello\x89\x80\x00\x00\x00\x00\x88\x82\x00\x00\x00\x00\x03\xe8"


def damaged(whole: bytes) -> st.SearchStrategy[bytes]:
    """`whole` with bytes changed, taken out or put in, or anything at all."""
    cuts = st.lists(st.tuples(st.integers(0, len(whole)), st.integers(0, 8), st.binary(max_size=8)), max_size=6)

    def apply(changes: list[tuple[int, int, bytes]]) -> bytes:
        out = whole
        for place, size, new in changes:
            out = out[:place] + new + out[place + size :]
        return out

    return st.one_of(cuts.map(apply), st.binary(max_size=300))


async def echo(stream: Duplex) -> None:
    socket = WebSocket(stream, max_message_bytes=1000)
    with contextlib.suppress(ConnectionError):
        while (message := await socket.receive()) is not None:
            await socket.send(message)


async def answer(request: Request) -> Response:
    if is_websocket(request):
        try:
            return Response(101, b"", accept(request), "", upgrade=echo)
        except BadRequest as error:
            return Response(400, str(error).encode())
    return Response(200, b"ok")


class Failures(logging.Handler):
    """Collects what background tasks failed with."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record.getMessage())


@given(st.lists(damaged(REQUEST.replace(b"POST", b"GET")) | damaged(REQUEST), min_size=1, max_size=3), damaged(FRAMES))
def test_the_edge_answers_or_ends(parts: list[bytes], rest: bytes) -> None:
    async def run() -> None:
        server = HttpServer(answer, limits=ServerLimits(receive_timeout_s=0.02, idle_timeout_s=0.02))
        port = await server.start("127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionError):
            for part in [*parts, rest]:
                writer.write(part)
                await writer.drain()
            writer.write_eof()
            async with asyncio.timeout(5):
                received = await reader.read()
            assert not received or received.startswith(b"HTTP/1.1 ")
        writer.close()
        await server.stop(0.1)
        assert not server.connections

    failures = Failures()
    logging.getLogger("pilothouse.aio").addHandler(failures)
    try:
        asyncio.run(run())
    finally:
        logging.getLogger("pilothouse.aio").removeHandler(failures)
    assert not failures.found


@given(damaged(FRAMES))
def test_a_websocket_ends_with_its_bytes(data: bytes) -> None:
    async def run() -> None:
        client, server = pair()
        await client.write(data)
        await client.write_eof()
        async with asyncio.timeout(5):
            await echo(server)

    asyncio.run(run())


@given(damaged(FrameWriter().encode(Frame(SYN_STREAM, 1, headers={"streamtype": "data", "port": "80"})) * 2))
def test_frames_are_read_or_refused(data: bytes) -> None:
    reader = FrameReader()
    with contextlib.suppress(Malformed):
        for frame in reader.feed(data):
            assert 0 <= frame.stream < 1 << 31
