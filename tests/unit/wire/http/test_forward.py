"""One exchange with a server over a stream: bodies of every kind, upgrades, and servers that misbehave."""

from __future__ import annotations

import asyncio

import pytest

from pilothouse.kit.errors import Unavailable
from pilothouse.wire.http.forward import forward, request_bytes
from pilothouse.wire.http.messages import Request, Response
from tests.unit.wire.pair import End, pair


async def ask(*parts: bytes, method: str = "GET", is_ended: bool = True) -> tuple[Response, bytes]:
    near, far = pair()
    for part in parts:
        await far.write(part)
    if is_ended:
        await far.write_eof()
    response = await forward(near, Request(method, "/a"))
    body = await response.read()
    assert near.is_closed
    return response, body


@pytest.mark.parametrize(
    "parts",
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx: 1\r\n\r\nhe", b"llo"),
        (b"HTTP/1.1 200 OK\r\nx: 1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n", b"2\r\nlo\r\n0\r\n\r\n"),
        (b"HTTP/1.0 200 OK\r\nx: 1\r\n\r\n", b"hello"),
        (b"HTTP/1.1 200 O", b"K\r\nx: 1\r\nConnection: close\r\n\r\nhello"),
    ],
)
def test_bodies_of_every_kind(parts: tuple[bytes, ...]) -> None:
    response, body = asyncio.run(ask(*parts))
    assert (response.status, response.headers, body) == (200, [("x", "1")], b"hello")


def test_a_head_has_no_body() -> None:
    response, body = asyncio.run(ask(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", method="HEAD", is_ended=False))
    assert (response.status, body) == (200, b"")


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000])
def test_servers_that_do_not_answer_in_http(answer: bytes) -> None:
    with pytest.raises(Unavailable, match="error trying to reach service"):
        asyncio.run(ask(answer))


def test_requests_are_for_one_exchange() -> None:
    request = Request("POST", "/a b", [("q", "1")], {"host": "h"}, b"xyz")
    assert request_bytes(request) == b"POST /a%20b?q=1 HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: 3\r\n\r\nxyz"


def test_an_upgrade_joins_both_connections() -> None:
    async def run() -> None:
        near, far = pair()
        client, edge = pair()
        await far.write(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: Upgrade\r\n\r\nfirst")
        response = await forward(near, Request("GET", "/a", headers={"upgrade": "echo"}, can_upgrade=True))
        assert response.status == 101 and response.upgrade is not None
        joined = asyncio.ensure_future(response.upgrade(edge))
        assert await client.read() == b"first"
        await read_request(far)
        await client.write(b"up")
        assert await far.read() == b"up"
        await client.write_eof()
        await far.write_eof()
        await joined
        assert near.is_closed and edge.is_closed

    asyncio.run(run())


async def read_request(far: End) -> None:
    assert (await far.read()).startswith(b"GET /a HTTP/1.1\r\nupgrade: echo\r\nconnection: Upgrade\r\n")
