"""Requests and frames of any kind at the HTTP edge: whoever sends them loses a connection at most, and nobody else anything.

Frames are drawn as a client that knows HTTP/2 would send them, in any order and on any stream, and then damaged.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import hpack
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.wire.http.heads import HTTP2_PREFACE
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.http.server import HttpServer, ServerLimits

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
GET = [(":method", "GET"), (":path", "/a"), (":scheme", "https"), (":authority", "x")]
POST = [(":method", "POST"), (":path", "/stream"), (":scheme", "https"), (":authority", "x"), ("content-length", "3")]
LIMITS = ServerLimits(receive_timeout_s=0.05, idle_timeout_s=0.05, write_timeout_s=0.05, max_head_bytes=4096, max_body_bytes=4096)
STREAMS = st.sampled_from((0, 1, 1, 3, 3, 5, 2, 0x7FFFFFFF))
SHORT_REQUESTS = (
    b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n", b"POST /stream HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc",
    b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx: y\r\n\r\n",
    b"GET / HTTP/1.1\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n", b"GET / HTTP/1.1\r\na: " + b"b" * 5000 + b"\r\n\r\n",
    b"POST / HTTP/1.1\r\ncontent-length: 99999999999999999999\r\n\r\n", HTTP2_PREFACE,
)  # fmt: skip


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Return a frame, whatever sense it makes."""
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def block(head: list[tuple[str, str]]) -> bytes:
    """Return a head as a client sends it first."""
    return hpack.Encoder().encode(head)


HEADS = st.one_of(
    st.sampled_from(
        (block(GET), block(POST), block(GET[:2]), block([*GET, ("Bad Name", "x")]), block([*GET, ("a", "b" * 5000)]))
    ),
    st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=4).map(lambda more: block([*GET, *more])),
    st.binary(max_size=40),
)
NUMBER = st.integers(0, 0xFFFFFFFF).map(lambda number: number.to_bytes(4, "big"))
PAYLOADS = {
    DATA: st.binary(max_size=5000), HEADERS: HEADS, PRIORITY: NUMBER.map(lambda number: number + b"\x10"), RST_STREAM: NUMBER,
    SETTINGS: st.lists(st.tuples(st.integers(0, 9), NUMBER), max_size=4).map(
        lambda rows: b"".join(key.to_bytes(2, "big") + value for key, value in rows)
    ),
    PUSH_PROMISE: st.binary(max_size=20), PING: st.binary(min_size=8, max_size=8), GOAWAY: st.binary(min_size=8, max_size=20),
    WINDOW_UPDATE: NUMBER, CONTINUATION: HEADS, 77: st.binary(max_size=20),
}  # fmt: skip
USUAL = {DATA: (0, 1), HEADERS: (4, 5), SETTINGS: (0, 1), PING: (0, 1), CONTINUATION: (4,)}


def frames_of(kind: int) -> st.SearchStrategy[bytes]:
    """Frames of a type, with the flags it knows or others."""
    flags = st.sampled_from(USUAL.get(kind, (0,))) | st.integers(0, 255)
    streams = st.just(0) if kind in (SETTINGS, PING, GOAWAY) else STREAMS
    return st.builds(frame, st.just(kind), flags, st.one_of(streams, STREAMS), st.one_of(PAYLOADS[kind], st.binary(max_size=12)))


FRAMES = st.lists(st.sampled_from(sorted(PAYLOADS)).flatmap(frames_of), min_size=1, max_size=12)


async def endless() -> AsyncIterator[bytes]:
    """A body in pieces."""
    for _ in range(3):
        yield b"x" * 2000


async def answer(request: Request) -> Response:
    """A handler with both kinds of answers."""
    return Response(200, endless() if request.path == "/stream" else b"ok")


async def send(port: int, pieces: list[bytes]) -> bytes:
    """Send everything, whether or not somebody listens, and read to the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(5):
            received = await reader.read()
    writer.close()
    return received


def at_the_edge(pieces: list[bytes]) -> bytes:
    """Send pieces to a server while somebody else asks it something; returns what came back."""
    troubles: list[dict[str, Any]] = []

    async def run() -> bytes:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: troubles.append(context))
        server = HttpServer(answer, limits=LIMITS)
        port = await server.start("127.0.0.1", 0)
        received = await send(port, pieces)
        assert b"\r\n\r\nok" in await send(port, [b"GET /a HTTP/1.1\r\nconnection: close\r\n\r\n"])
        await server.stop(0.5)
        assert not server.connections
        return received

    received = asyncio.run(run())
    assert not troubles, troubles
    return received


@given(FRAMES)
def test_frames_in_any_order(frames: list[bytes]) -> None:
    received = at_the_edge([HTTP2_PREFACE, frame(SETTINGS, 0, 0, b""), *frames])
    assert received[3] == SETTINGS


@given(FRAMES, st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=6)), min_size=1, max_size=5), st.integers(1, 60))
def test_damaged_frames(frames: list[bytes], damage: list[tuple[int, bytes]], size: int) -> None:
    whole = b"".join((HTTP2_PREFACE, frame(SETTINGS, 0, 0, b""), *frames))
    for place, new in damage:
        whole = whole[:place] + new + whole[place + len(new) :]
    at_the_edge([whole[start : start + size] for start in range(0, len(whole), size)])


@given(st.lists(st.sampled_from(SHORT_REQUESTS) | st.binary(max_size=60), min_size=1, max_size=6))
def test_requests_one_after_the_other(requests: list[bytes]) -> None:
    received = at_the_edge(requests)
    assert not received or received.startswith((b"HTTP/1.1 ", b"\x00"))
