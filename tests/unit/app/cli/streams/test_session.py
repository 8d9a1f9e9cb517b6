"""Opening a WebSocket to a server: the handshake, the server's refusals, and nobody there."""

from __future__ import annotations

import asyncio

import pytest

from pilothouse.app.cli.access import RequestFailed
from pilothouse.app.cli.streams.session import connect
from pilothouse.kit.errors import Unavailable
from pilothouse.wire.duplex import Duplex
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.http.server import HttpServer
from pilothouse.wire.kubeconfig import ClusterAccess
from pilothouse.wire.websocket import WebSocket, accept, offered


async def greet(stream: Duplex) -> None:
    socket = WebSocket(stream)
    await socket.send(b"welcome")
    await socket.close()


async def answer(request: Request) -> Response:
    if request.path != "/prefix/room" or request.header("authorization") != "Bearer secret":
        return Response(403, b'{"kind":"Status","message":"not you","reason":"Forbidden"}')
    assert request.query == [("a", "1 2")]
    return Response(101, b"", accept(request, offered(request)[0]), "", upgrade=greet)


def test_the_handshake_and_refusals() -> None:
    async def run() -> None:
        server = HttpServer(answer)
        access = ClusterAccess(f"http://127.0.0.1:{await server.start('127.0.0.1', 0)}/prefix/")
        with pytest.raises(RequestFailed, match=r"not you \(Forbidden\)"):
            await connect(access, "/room", [], "chat")
        access.token = "secret"
        socket = await connect(access, "/room", [("a", "1 2")], "chat")
        assert [await socket.receive(), await socket.receive()] == [b"welcome", None]
        await server.stop(0.1)
        with pytest.raises(Unavailable, match="no API server answers"):
            await connect(access, "/room", [], "chat")

    asyncio.run(run())
