"""HTTP/2 over real sockets, spoken by a client of the same library: streams side by side, windows, limits, endings."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings
import pytest

from pilothouse.wire import tls
from pilothouse.wire.http import http2
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.http.server import HttpServer, ServerLimits

BIG = b"0123456789" * 100_000


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, window: int) -> None:
        self.reader, self.writer = reader, writer
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.h2.initiate_connection()
        if window:
            self.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
        self.heads: dict[int, dict[str, str]] = {}
        self.bodies: dict[int, bytes] = {}
        self.ended: set[int] = set()
        self.reset: dict[int, int] = {}
        self.is_over = False
        self.does_acknowledge = True

    def send(self, method: str, path: str, body: bytes = b"", *, is_whole: bool = True, **headers: str) -> int:
        """Begin a stream and return its number."""
        number = self.h2.get_next_available_stream_id()
        lines = [(":method", method), (":path", path), (":scheme", "https"), (":authority", "host"), *headers.items()]
        self.h2.send_headers(number, lines, end_stream=is_whole and not body)
        if body:
            self.h2.send_data(number, body, end_stream=is_whole)
        self.flush()
        return number

    def flush(self) -> None:
        self.writer.write(self.h2.data_to_send())

    async def until(self, ready: Callable[[], Any]) -> None:
        """Read until something is true or the server closes."""
        async with asyncio.timeout(10):
            while not ready() and not self.is_over:
                data = await self.reader.read(1 << 16)
                if not data:
                    self.is_over = True
                    return
                for event in self.h2.receive_data(data):
                    self.on_event(event)
                self.flush()

    def on_event(self, event: Any) -> None:
        if isinstance(event, h2.events.ResponseReceived):
            self.heads[event.stream_id] = dict(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            self.bodies[event.stream_id] = self.bodies.get(event.stream_id, b"") + event.data
            if self.does_acknowledge:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self.ended.add(event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            self.reset[event.stream_id] = event.error_code

    async def answer(self, number: int) -> tuple[int, bytes]:
        """Return status and body of a stream."""
        await self.until(lambda: number in self.ended)
        return int(self.heads[number][":status"]), self.bodies.get(number, b"")


class Service:
    """The handler of a test."""

    def __init__(self) -> None:
        self.waiting = asyncio.Event()
        self.cancelled = 0

    async def handle(self, request: Request) -> Response:
        if request.path == "/big":
            return Response(200, BIG, [], "text/plain")
        if request.path == "/watch":
            return Response(200, self.events())
        if request.path == "/wait":
            try:
                await self.waiting.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        if request.path == "/empty":
            return Response(204)
        facts = {"method": request.method, "path": request.path, "query": request.query, "size": len(request.body)}
        facts |= {"host": request.header("host"), "user": request.peer.common_name, "upgrade": request.can_upgrade}
        return Response(200, json.dumps(facts).encode(), [("Connection", "close"), ("X-Own", "1")])

    async def events(self) -> AsyncIterator[bytes]:
        try:
            for number in range(1_000_000):
                yield b"%d\n" % number
                await asyncio.sleep(0.001)
        finally:
            self.cancelled += 1


def served(
    test: Callable[[Callable[..., Awaitable[Client]], Service, HttpServer], Awaitable[None]],
    folder: Path,
    limits: ServerLimits | None = None,
) -> None:
    async def run() -> None:
        authority = tls.create_authority("ca", 1_780_000_000)
        pair = tls.issue(authority, "localhost", 1_780_000_000, names=("127.0.0.1",), is_server=True)
        user = tls.issue(authority, "ada", 1_780_000_000)
        for name, each in (("server", pair), ("user", user)):
            tls.write_pair(folder, name, each)
        service = Service()
        server_context = tls.server_context(folder / "server.crt", folder / "server.key", authority.certificate_pem)
        server = HttpServer(service.handle, tls=server_context, limits=limits)
        port = await server.start("127.0.0.1", 0)
        context = ssl.create_default_context(cadata=authority.certificate_pem.decode())
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.load_cert_chain(folder / "user.crt", folder / "user.key")

        async def connect(protocols: tuple[str, ...] = ("h2",), window: int = 0) -> Client:
            context.set_alpn_protocols(list(protocols))
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
            assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == ("h2" if protocols == ("h2",) else "http/1.1")
            return Client(reader, writer, window)

        try:
            async with asyncio.timeout(30):
                await test(connect, service, server)
        finally:
            await server.stop(drain_s=0.2)

    asyncio.run(run())


def test_requests_are_answered_side_by_side(tmp_path: Path) -> None:
    async def test(connect: Callable[..., Awaitable[Client]], service: Service, _: HttpServer) -> None:
        client = await connect()
        slow = client.send("GET", "/wait")
        status, body = await client.answer(client.send("POST", "/a%20b?x=1&x=2", b"hello", cookie="c"))
        assert status == 200
        assert json.loads(body) == {
            "method": "POST", "path": "/a b", "query": [["x", "1"], ["x", "2"]], "size": 5, "host": "host", "user": "ada",
            "upgrade": False,
        }  # fmt: skip
        assert slow not in client.ended
        head = client.heads[3]
        assert head["x-own"] == "1" and head["content-length"] == str(len(body)) and "connection" not in head
        service.waiting.set()
        assert (await client.answer(slow))[0] == 200
        assert (await client.answer(client.send("GET", "/empty"))) == (204, b"")
        assert (await client.answer(client.send("HEAD", "/big"))) == (200, b"")

    served(test, tmp_path)


def test_who_speaks_both_gets_the_cheaper_one(tmp_path: Path) -> None:
    async def test(connect: Callable[..., Awaitable[Client]], _: Service, __: HttpServer) -> None:
        client = await connect(("h2", "http/1.1"))
        client.writer.write(b"GET /x HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
        assert (await client.reader.read()).startswith(b"HTTP/1.1 200 OK")

    served(test, tmp_path)


def test_a_client_may_know_without_asking(tmp_path: Path) -> None:
    async def test(connect: Callable[..., Awaitable[Client]], _: Service, server: HttpServer) -> None:
        client = await connect(("h2", "http/1.1"))
        assert (await client.answer(client.send("GET", "/x")))[0] == 200
        assert len(server.connections) == 1

    served(test, tmp_path)


def test_long_answers_follow_the_windows_of_the_client(tmp_path: Path) -> None:
    async def test(connect: Callable[..., Awaitable[Client]], _: Service, __: HttpServer) -> None:
        client = await connect(window=1000)
        numbers = [client.send("GET", "/big") for _ in range(3)]
        for number in numbers:
            assert await client.answer(number) == (200, BIG)
        packed = client.send("GET", "/big", **{"accept-encoding": "gzip"})
        status, body = await client.answer(packed)
        assert (status, gzip.decompress(body)) == (200, BIG)

    served(test, tmp_path)


def test_a_reader_that_never_opens_its_window_is_given_up(tmp_path: Path) -> None:
    async def test(connect: Callable[..., Awaitable[Client]], _: Service, __: HttpServer) -> None:
        client = await connect()
        client.does_acknowledge = False
        number = client.send("GET", "/big")
        await client.until(lambda: number in client.reset)
        assert client.reset[number] == h2.errors.ErrorCodes.CANCEL
        client.does_acknowledge = True

    served(test, tmp_path, ServerLimits(write_timeout_s=0.2))


def test_watches_stream_until_the_client_resets_them(tmp_path: Path) -> None:
    async def test(connect: Callable[..., Awaitable[Client]], service: Service, _: HttpServer) -> None:
        client = await connect()
        number = client.send("GET", "/watch")
        await client.until(lambda: b"5\n" in client.bodies.get(number, b""))
        client.h2.reset_stream(number)
        client.flush()
        waiting = client.send("GET", "/wait")
        await client.answer(client.send("GET", "/x"))
        client.h2.reset_stream(waiting)
        client.flush()
        while service.cancelled < 2:
            assert (await client.answer(client.send("GET", "/x")))[0] == 200

    served(test, tmp_path)


def test_a_body_over_the_limit_is_refused_and_the_connection_lives_on(tmp_path: Path) -> None:
    async def test(connect: Callable[..., Awaitable[Client]], _: Service, __: HttpServer) -> None:
        client = await connect()
        status, body = await client.answer(client.send("POST", "/x", b"y" * 2000, is_whole=False))
        assert (status, json.loads(body)["reason"]) == (413, "RequestEntityTooLarge")
        assert (await client.answer(client.send("GET", "/x")))[0] == 200

    served(test, tmp_path, ServerLimits(max_body_bytes=1000))


def test_bodies_side_by_side_have_a_limit_together(tmp_path: Path) -> None:
    async def test(connect: Callable[..., Awaitable[Client]], service: Service, server: HttpServer) -> None:
        client = await connect()
        numbers = [client.send("POST", "/", b"x" * 900, is_whole=False) for _ in range(http2.BODIES + 1)]
        await client.until(lambda: client.reset)
        assert client.reset == {numbers[-1]: h2.errors.ErrorCodes.ENHANCE_YOUR_CALM}
        client.h2.end_stream(numbers[0])
        client.flush()
        status, body = await client.answer(numbers[0])
        assert status == 200 and json.loads(body)["size"] == 900

    served(test, tmp_path, ServerLimits(max_body_bytes=1000))


def test_a_request_that_never_ends_is_reset(tmp_path: Path) -> None:
    async def test(connect: Callable[..., Awaitable[Client]], _: Service, __: HttpServer) -> None:
        client = await connect()
        number = client.send("POST", "/x", b"y", is_whole=False)
        await client.until(lambda: number in client.reset)

    served(test, tmp_path, ServerLimits(receive_timeout_s=0.1))


def test_opening_and_resetting_without_end_closes_the_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http2, "FREE_RESETS", 20)

    async def test(connect: Callable[..., Awaitable[Client]], _: Service, __: HttpServer) -> None:
        client = await connect()
        for _round in range(40):
            client.h2.reset_stream(client.send("GET", "/wait"))
            client.flush()
        await client.until(lambda: False)
        assert client.is_over

    served(test, tmp_path)


def test_nonsense_ends_the_connection_and_nothing_else(tmp_path: Path) -> None:
    async def test(connect: Callable[..., Awaitable[Client]], _: Service, server: HttpServer) -> None:
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 100, b"\0" * 10_000):
            client = await connect()
            client.writer.write(data)
            await client.reader.read()
        other = await connect()
        assert (await other.answer(other.send("GET", "/x")))[0] == 200
        assert len(server.connections) <= 2

    served(test, tmp_path)


def test_a_server_that_stops_ends_watches_and_finishes_requests(tmp_path: Path) -> None:
    async def test(connect: Callable[..., Awaitable[Client]], service: Service, server: HttpServer) -> None:
        client, watching = await connect(), await connect()
        number, watch = client.send("GET", "/wait"), watching.send("GET", "/watch")
        await watching.until(lambda: watch in watching.bodies)
        await client.answer(client.send("GET", "/x"))
        stopping = asyncio.ensure_future(server.stop(drain_s=5))
        await watching.until(lambda: False)
        assert watching.is_over
        refused = client.send("GET", "/x")
        await client.until(lambda: refused in client.reset)
        service.waiting.set()
        assert (await client.answer(number))[0] == 200
        await stopping

    served(test, tmp_path)
