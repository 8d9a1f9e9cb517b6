"""The HTTP edge over real sockets: keep-alive, streaming, client certificates, limits."""

import asyncio
import contextlib
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from pilothouse.wire import tls
from pilothouse.wire.http.client import HttpTransport
from pilothouse.wire.http.messages import PushedBody, Request, Response, Send
from pilothouse.wire.http.server import HttpServer, ServerLimits
from pilothouse.wire.kubeconfig import ClusterAccess


async def echo(request: Request) -> Response:
    if request.path == "/stream":
        return Response(200, numbers())
    text = f"{request.method} {request.path} {request.query} {len(request.body)} {request.peer.common_name}"
    return Response(200, text.encode(), [("x-first", "1")], "text/plain")


async def numbers() -> AsyncIterator[bytes]:
    for number in range(3):
        yield b"%d\n" % number
        await asyncio.sleep(0)


def serve(body: Callable[[int], Awaitable[None]], limits: ServerLimits | None = None) -> None:
    async def run() -> None:
        server = HttpServer(echo, limits=limits)
        port = await server.start("127.0.0.1", 0)
        try:
            await body(port)
        finally:
            await server.stop()

    asyncio.run(run())


async def raw(port: int, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    async with asyncio.timeout(5):
        received = await reader.read()
    writer.close()
    return received


def test_round_trips_and_keep_alive() -> None:
    async def body(port: int) -> None:
        transport = HttpTransport(ClusterAccess(f"http://127.0.0.1:{port}"))
        for _ in range(3):
            response = await transport.send(Request("POST", "/a b", [("q", "1 2"), ("q", "3")], body=b"xyz"))
            assert await response.read() == b"POST /a b [('q', '1 2'), ('q', '3')] 3 "
            assert response.header("x-first") == "1"
        await transport.close()

    serve(body)


def test_streaming() -> None:
    async def body(port: int) -> None:
        transport = HttpTransport(ClusterAccess(f"http://127.0.0.1:{port}"))
        response = await transport.send(Request("GET", "/stream", is_streaming=True))
        assert not isinstance(response.body, bytes)
        assert [chunk async for chunk in response.body] == [b"0\n", b"1\n", b"2\n"]
        await transport.close()

    serve(body)


def test_pipelined_requests_are_answered_in_order() -> None:
    async def body(port: int) -> None:
        data = b"".join(b"GET /%d HTTP/1.1\r\nhost: x\r\n\r\n" % number for number in range(20))
        received = await raw(port, data + b"GET /last HTTP/1.1\r\nconnection: close\r\n\r\n")
        assert [int(part.split(b" ")[1][1:]) for part in received.split(b"GET")[1:-1]] == list(range(20))

    serve(body)


def test_a_request_for_another_protocol_is_answered_and_ends_the_connection() -> None:
    async def body(port: int) -> None:
        head = b"POST /exec HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n"
        received = await raw(port, head + b"GET /never HTTP/1.1\r\n\r\n")
        assert received.startswith(b"HTTP/1.1 200 ") and b"POST /exec" in received and b"/never" not in received
        assert b"connection: close" in received.lower()

    serve(body)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nbad header\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nx: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\ncontent-length: 999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET /?" + b"a=1&" * 300 + b" HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_bad_requests_get_an_answer(data: bytes, status: int) -> None:
    async def body(port: int) -> None:
        received = await raw(port, data)
        assert received.startswith(b"HTTP/1.1 %d " % status), received[:200]
        assert b'"kind":"Status"' in received

    serve(body)


def test_slow_request_is_timed_out() -> None:
    async def body(port: int) -> None:
        assert (await raw(port, b"GET / HTTP/1.1\r\nx: y\r\n")).startswith(b"HTTP/1.1 408 ")

    serve(body, ServerLimits(receive_timeout_s=0.1))


def test_trailers_are_no_headers() -> None:
    async def run() -> None:
        seen: list[dict[str, str]] = []

        async def handler(request: Request) -> Response:
            seen.append(request.headers)
            return Response(200, b"")

        server = HttpServer(handler)
        port = await server.start("127.0.0.1", 0)
        head = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        assert (await raw(port, head + b"1\r\nx\r\n0\r\nimpersonate-user: root\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        assert seen == [{"transfer-encoding": "chunked", "connection": "close"}]
        await server.stop()

    asyncio.run(run())


def test_long_answers_are_compressed_for_those_who_ask() -> None:
    async def run() -> None:
        async def handler(_: Request) -> Response:
            return Response(200, b"pod " * 50_000)

        server = HttpServer(handler)
        port = await server.start("127.0.0.1", 0)
        head, _, body = (await raw(port, b"GET / HTTP/1.1\r\nconnection: close\r\naccept-encoding: gzip\r\n\r\n")).partition(
            b"\r\n\r\n"
        )
        assert b"content-encoding: gzip" in head and b"content-length: %d" % len(body) in head
        assert gzip.decompress(body) == b"pod " * 50_000
        assert len(await raw(port, b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n")) > 200_000
        await server.stop()

    asyncio.run(run())


def test_a_long_answer_lets_others_in_between() -> None:
    async def run() -> None:
        async def handler(request: Request) -> Response:
            return Response(200, b"x" * (8 << 20) if request.path == "/long" else b"short")

        server = HttpServer(handler)
        port = await server.start("127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /long HTTP/1.1\r\nconnection: close\r\n\r\n")
        assert (await raw(port, b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n")).endswith(b"short")
        whole = await reader.read()
        assert whole.endswith(b"x" * (8 << 20)) and len(whole) < (8 << 20) + 300
        writer.close()
        await server.stop()

    asyncio.run(run())


def test_a_reader_that_takes_nothing_is_cut_off() -> None:
    async def run() -> None:
        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 65536

        async def handler(_: Request) -> Response:
            return Response(200, endless())

        server = HttpServer(handler, limits=ServerLimits(write_timeout_s=0.05, write_high_bytes=65536))
        port = await server.start("127.0.0.1", 0)
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        async with asyncio.timeout(5):
            while not server.connections:
                await asyncio.sleep(0.01)
            while server.connections:
                await asyncio.sleep(0.01)
        writer.close()
        await server.stop()

    asyncio.run(run())


def test_connections_over_the_limit_are_refused() -> None:
    async def body(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            assert await raw(port, b"GET / HTTP/1.1\r\n\r\n") == b""
        writer.close()
        await asyncio.sleep(0.02)
        assert (await raw(port, b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n")).startswith(b"HTTP/1.1 200 ")

    serve(body, ServerLimits(max_connections=1))


def test_client_certificate_becomes_the_peer(tmp_path: Path) -> None:
    authority = tls.create_authority("test-ca", 1_750_000_000)
    now = 1_750_000_000.0
    server_pair = tls.issue(authority, "server", now, names=("127.0.0.1", "localhost"), is_server=True, days=3650)
    client_pair = tls.issue(authority, "jane", now, organizations=("dev", "qa"), days=3650)
    certificate, key = tls.write_pair(tmp_path, "server", server_pair)

    async def run() -> None:
        context = tls.server_context(certificate, key, authority.certificate_pem)
        server = HttpServer(echo, tls=context)
        port = await server.start("127.0.0.1", 0)
        access = ClusterAccess(f"https://127.0.0.1:{port}")
        access.authority_pem = authority.certificate_pem
        access.certificate_pem, access.key_pem = client_pair.certificate_pem, client_pair.key_pem
        transport = HttpTransport(access)
        assert (await (await transport.send(Request("GET", "/"))).read()).endswith(b" jane")
        await transport.close()
        await server.stop()

    asyncio.run(run())


def test_stop_lets_a_request_finish() -> None:
    async def run() -> None:
        entered, release = asyncio.Event(), asyncio.Event()

        async def slow(_: Request) -> Response:
            entered.set()
            await release.wait()
            return Response(200, b"done")

        server = HttpServer(slow)
        port = await server.start("127.0.0.1", 0)
        async with asyncio.TaskGroup() as group:
            answer = group.create_task(raw(port, b"GET / HTTP/1.1\r\n\r\n"))
            await entered.wait()
            stop = group.create_task(server.stop())
            await asyncio.sleep(0.05)
            assert not stop.done()
            release.set()
        assert answer.result().endswith(b"done")
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1)

    asyncio.run(run())


@pytest.mark.parametrize("path", ["/fails", "/breaks"])
def test_a_handler_or_stream_that_fails_ends_the_connection(path: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"half"
        raise ValueError("defect")

    async def handler(request: Request) -> Response:
        if request.path == "/fails":
            raise ValueError("defect")
        return Response(200, chunks())

    async def run() -> None:
        server = HttpServer(handler)
        port = await server.start("127.0.0.1", 0)
        try:
            with contextlib.suppress(ConnectionError):
                await raw(port, f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        finally:
            await server.stop()

    asyncio.run(run())


class Pushed(PushedBody):
    """Pushes what it is told to; ends when it is told to."""

    def __init__(self) -> None:
        self.attached, self.resumed, self.over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.is_closed = False

    def attach(self, send: Send) -> None:
        self.send = send
        self.attached.set()

    def resume(self) -> None:
        self.resumed.set()

    async def ended(self) -> None:
        await self.over.wait()

    async def aclose(self) -> None:
        self.is_closed = True


def pushing(test: Callable[[Pushed, int], Awaitable[None]], limits: ServerLimits | None = None) -> Pushed:
    body = Pushed()

    async def handler(_: Request) -> Response:
        return Response(200, body)

    async def run() -> None:
        server = HttpServer(handler, limits=limits)
        port = await server.start("127.0.0.1", 0)
        try:
            async with asyncio.timeout(20):
                await test(body, port)
        finally:
            await server.stop()

    asyncio.run(run())
    return body


def test_pushed_pieces_arrive_as_chunks_and_the_connection_goes_on() -> None:
    async def test(body: Pushed, port: int) -> None:
        transport = HttpTransport(ClusterAccess(f"http://127.0.0.1:{port}"))
        for _ in range(2):
            sending = asyncio.ensure_future(transport.send(Request("GET", "/")))
            await body.attached.wait()
            assert body.send(b"one ") and body.send(b"two")
            body.over.set()
            assert await (await sending).read() == b"one two"
            body.attached.clear()
            body.over.clear()
        await transport.close()

    assert pushing(test).is_closed


def test_a_slow_reader_of_pushed_pieces_is_waited_for_then_resumed() -> None:
    async def test(body: Pushed, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        await body.attached.wait()
        sent = 0
        while body.send(b"x" * 65536):
            sent += 65536
            await asyncio.sleep(0)
        assert sent < 64 << 20
        assert not body.resumed.is_set()
        while not body.resumed.is_set():
            assert await reader.read(65536)
        writer.close()

    pushing(test)


def test_a_reader_of_pushed_pieces_that_takes_nothing_is_cut() -> None:
    async def test(body: Pushed, port: int) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        await body.attached.wait()
        while body.send(b"x" * 65536):
            await asyncio.sleep(0)
        while not body.is_closed:
            await asyncio.sleep(0.02)
        assert not body.send(b"more"), "nobody is there"
        writer.close()

    pushing(test, ServerLimits(write_timeout_s=0.3))
