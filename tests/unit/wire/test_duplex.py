"""Sockets as streams, and two streams joined."""

import asyncio
import socket
from pathlib import Path

import pytest

from pilothouse.wire import tls
from pilothouse.wire.duplex import SocketDuplex, splice, unchecked_context
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


def test_tls_begins_on_a_connected_socket(tmp_path: Path) -> None:
    authority = tls.create_authority("nobody-knows", 1_750_000_000)
    made = tls.issue(authority, "server", 1_750_000_000, names=("somewhere.else",), is_server=True)
    certificate, key = tls.write_pair(tmp_path, "server", made)

    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read(99)).upper())
        writer.close()

    async def run() -> None:
        context = tls.server_context(certificate, key, authority.certificate_pem)
        server = await asyncio.start_server(shout, "127.0.0.1", 0, ssl=context)
        plain = await asyncio.start_server(shout, "127.0.0.1", 0)
        stream = await SocketDuplex.of(connected(server), unchecked_context())
        await stream.write(b"ping")
        assert await stream.read() == b"PING"
        await stream.close()
        with pytest.raises(OSError):
            await SocketDuplex.of(connected(plain), unchecked_context())
        server.close()
        plain.close()

    asyncio.run(run())


def connected(server: asyncio.Server) -> socket.socket:
    sock = socket.create_connection(server.sockets[0].getsockname())
    sock.setblocking(False)
    return sock
