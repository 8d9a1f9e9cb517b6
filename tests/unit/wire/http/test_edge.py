"""What all connections of a server share."""

import asyncio

from pilothouse.wire.http.edge import gather
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.http.server import HttpServer, ServerLimits


def test_one_connection_too_many_is_turned_away_and_a_place_is_given_back() -> None:
    async def run() -> None:
        async def ok(_: Request) -> Response:
            return Response(200, b"ok")

        server = HttpServer(ok, limits=ServerLimits(max_connections=1))
        port = await server.start("127.0.0.1", 0)
        _, first = await asyncio.open_connection("127.0.0.1", port)
        while not server.connections:
            await asyncio.sleep(0.001)
        reader, second = await asyncio.open_connection("127.0.0.1", port)
        try:
            assert await reader.read() == b""
        except ConnectionResetError:
            pass
        first.close()
        while server.connections:
            await asyncio.sleep(0.001)
        reader, third = await asyncio.open_connection("127.0.0.1", port)
        third.write(b"GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
        assert b"200 OK" in await reader.read()
        for writer in (second, third):
            writer.close()
        await server.stop()

    asyncio.run(run())


def test_tiny_pieces_of_a_body_are_kept_together() -> None:
    pieces: list[bytes | bytearray] = []
    sent = [b"a" * 5000, *(b"%d" % number for number in range(10_000)), b"b" * 5000, b"c"]
    for piece in sent:
        gather(pieces, piece)
    assert b"".join(pieces) == b"".join(sent)
    assert len(pieces) == 4
