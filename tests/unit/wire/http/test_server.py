"""A listening server: it drains, then lets nobody in."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pilothouse.wire import tls
from pilothouse.wire.http.client import HttpTransport
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.http.server import HttpServer
from pilothouse.wire.kubeconfig import ClusterAccess


def test_stopping_finishes_what_is_under_way_and_refuses_the_rest() -> None:
    async def run() -> None:
        begun, may_end = asyncio.Event(), asyncio.Event()

        async def slow(_: Request) -> Response:
            begun.set()
            await may_end.wait()
            return Response(200, b"done")

        server = HttpServer(slow)
        port = await server.start("127.0.0.1", 0)
        transport = HttpTransport(ClusterAccess(f"http://127.0.0.1:{port}"))
        asked = asyncio.ensure_future(transport.send(Request("GET", "/")))
        await begun.wait()
        stopping = asyncio.ensure_future(server.stop())
        await asyncio.sleep(0)
        may_end.set()
        assert await (await asked).read() == b"done"
        await stopping
        assert not server.connections
        with pytest.raises(OSError, match=r"refused|Connect"):
            await asyncio.open_connection("127.0.0.1", port)
        await transport.close()

    asyncio.run(run())


def test_an_address_that_is_taken_is_an_error() -> None:
    async def run() -> None:
        async def none(_: Request) -> Response:
            return Response(204)

        first, second = HttpServer(none), HttpServer(none)
        port = await first.start("127.0.0.1", 0)
        with pytest.raises(OSError, match="in use"):
            await second.start("127.0.0.1", port)
        await second.stop()
        await first.stop()

    asyncio.run(run())


def test_clients_that_rest_or_watch_do_not_delay_the_end(tmp_path: Path) -> None:
    async def run() -> None:
        streaming = asyncio.Event()

        async def handler(request: Request) -> Response:
            async def endless() -> AsyncIterator[bytes]:
                yield b"first"
                streaming.set()
                await asyncio.Event().wait()

            return Response(200, endless() if request.path == "/watch" else b"done")

        authority = tls.create_authority("ca", time.time())
        paths = tls.write_pair(
            tmp_path, "server", tls.issue(authority, "server", time.time(), names=("127.0.0.1",), is_server=True)
        )
        server = HttpServer(handler, tls=tls.server_context(*paths, authority.certificate_pem))
        port = await server.start("127.0.0.1", 0)
        context = ssl.create_default_context(cadata=authority.certificate_pem.decode())
        resting, watching = [await asyncio.open_connection("127.0.0.1", port, ssl=context) for _ in range(2)]
        for (reader, writer), path in ((resting, "/"), (watching, "/watch")):
            writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
        await streaming.wait()
        for _, writer in (resting, watching):
            writer.transport.pause_reading()  # they do not notice
        await asyncio.wait_for(server.stop(), 2)
        assert not server.connections
        for _, writer in (resting, watching):
            writer.transport.abort()

    asyncio.run(run())
