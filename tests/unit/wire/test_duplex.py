"""Sockets as streams, and two streams joined."""

import asyncio
import socket

from pilothouse.wire.duplex import SocketDuplex, splice
from tests.unit.wire.pair import pair


def test_a_socket_is_a_stream_with_two_ends() -> None:
    async def run() -> None:
        left, right = socket.socketpair()
        one, other = await SocketDuplex.of(left), await SocketDuplex.of(right)
        await one.write(b"question")
        assert await other.read() == b"question"
        await one.write_eof()
        assert await other.read() == b""
        await other.write(b"answer")
        assert await one.read() == b"answer"
        await one.close()
        await one.close()
        await other.close()

    asyncio.run(run())


def test_joined_streams_pass_both_ways_and_end_together() -> None:
    async def run() -> None:
        client, left = pair()
        right, server = pair()
        joined = asyncio.ensure_future(splice(left, right))
        await client.write(b"ping")
        assert await server.read() == b"ping"
        await client.write_eof()
        assert await server.read() == b""
        await server.write(b"pong")
        await server.write_eof()
        assert [await client.read(), await client.read()] == [b"pong", b""]
        await joined
        assert left.is_closed and right.is_closed

    asyncio.run(run())
