"""WebSockets: the handshake of RFC 6455, frames of a client written by hand, limits."""

import asyncio
import struct
from collections.abc import Awaitable, Callable

import pytest

from pilothouse.kit.errors import BadRequest, Unavailable
from pilothouse.wire.http.messages import Request
from pilothouse.wire.websocket import Tunnel, WebSocket, accept, check_accept, client_headers, is_websocket, offered
from tests.unit.wire.pair import End, pair

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ANSWER = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # the example of RFC 6455, section 1.3


def upgrade(**more: str) -> Request:
    headers = {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13", "sec-websocket-key": KEY}
    return Request("GET", "/x", headers={**headers, **more}, can_upgrade=True)


def masked(opcode: int, data: bytes, *, fin: bool = True) -> bytes:
    mask = b"\x01\x02\x03\x04"
    size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data))
    return bytes([opcode | (0x80 if fin else 0)]) + size + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))


def talk(test: Callable[[End, WebSocket], Awaitable[None]], **options: int) -> None:
    async def run() -> None:
        client, server = pair()
        async with asyncio.timeout(5):
            await test(client, WebSocket(server, **options))

    asyncio.run(run())


def test_the_handshake_answers_the_key_of_the_standard() -> None:
    request = upgrade(**{"sec-websocket-protocol": "b, a"})
    assert is_websocket(request) and offered(request) == ["b", "a"]
    headers = dict(accept(request, "a"))
    assert headers["sec-websocket-accept"] == ANSWER and headers["sec-websocket-protocol"] == "a"
    sent = client_headers(b"0123456789abcdef", ["a", "b"])
    received = dict(accept(Request("GET", "/x", headers=sent), "b"))
    assert check_accept(sent, received) == "b"
    with pytest.raises(Unavailable):
        check_accept(sent, {**received, "sec-websocket-accept": ANSWER})


@pytest.mark.parametrize("wrong", [{"sec-websocket-version": "8"}, {"sec-websocket-key": ""}])
def test_a_handshake_of_another_kind_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        accept(upgrade(**wrong))


def test_fragments_are_joined_and_pings_answered_in_between() -> None:
    async def test(client: End, socket: WebSocket) -> None:
        await client.write(masked(2, b"one ", fin=False) + masked(9, b"hi")[:3])
        await client.write(masked(9, b"hi")[3:] + masked(0, b"two"))
        assert await socket.receive() == b"one two"
        assert await client.read() == b"\x8a\x02hi"
        await socket.send(b"x" * 200)
        assert await client.read() == b"\x82\x7e\x00\xc8" + b"x" * 200
        await client.write(masked(1, "é".encode()))
        assert await socket.receive() == "é".encode()

    talk(test)


def test_either_side_closes() -> None:
    async def test(client: End, socket: WebSocket) -> None:
        await socket.close()
        assert (await client.read())[:4] == b"\x88\x02\x03\xe8"
        await client.write(masked(2, b"late") + masked(8, b"\x03\xe8"))
        assert await socket.receive() == b"late"
        assert await socket.receive() is None
        await socket.send(b"nobody reads this")
        assert client.incoming.empty()

    talk(test)


def test_a_long_message_is_refused_before_it_is_kept() -> None:
    async def test(client: End, socket: WebSocket) -> None:
        await client.write(masked(2, b"x" * 60, fin=False) + masked(0, b"x" * 60, fin=False))
        with pytest.raises(ConnectionAbortedError, match="over the limit of 100"):
            await socket.receive()
        assert struct.unpack(">H", (await client.read())[2:4]) == (1009,)

    talk(test, max_message_bytes=100)


@pytest.mark.parametrize("junk", [b"\xff\xff\xff\xff", b"\x83\x00", b"\x82\x02ab", b"\x89\xfe\x00\x7e"])
def test_what_is_no_websocket_ends_the_connection(junk: bytes) -> None:
    async def test(client: End, socket: WebSocket) -> None:
        await client.write(junk)
        await client.write_eof()
        assert await socket.receive() is None

    talk(test)


def test_a_client_and_a_server_understand_each_other() -> None:
    async def run() -> None:
        left, right = pair()
        client, server = WebSocket(left, is_client=True), WebSocket(right)
        await client.send(b"\x00input")
        assert await server.receive() == b"\x00input"
        await server.send(b"b64", is_text=True)
        assert await client.receive() == b"b64"
        await client.close()
        assert await server.receive() is None and await client.receive() is None

    asyncio.run(run())


def test_a_tunnel_is_a_stream_of_bytes() -> None:
    async def run() -> None:
        left, right = pair()
        client, server = Tunnel(WebSocket(left, is_client=True)), Tunnel(WebSocket(right))
        await client.write(b"one")
        await client.write(b"")
        await client.write(b"two")
        assert [await server.read(), await server.read()] == [b"one", b"two"]
        await client.write_eof()
        assert await server.read() == b""
        with pytest.raises(ConnectionResetError):
            await server.write(b"late")

    asyncio.run(run())
