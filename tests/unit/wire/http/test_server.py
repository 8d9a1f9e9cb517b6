"""A listening server: it drains, then lets nobody in."""

import asyncio

import pytest

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
