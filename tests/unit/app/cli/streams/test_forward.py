"""`port-forward`: pairs of ports, and one connection carried over a session."""

from __future__ import annotations

import asyncio

import pytest

from pilothouse.app.cli.streams.forward import carry, ports_of
from pilothouse.kit.errors import Invalid
from pilothouse.wire.spdy.session import Session, Stream
from tests.unit.wire.pair import pair


@pytest.mark.parametrize(("text", "expected"), [("80", (80, 80)), ("8080:80", (8080, 80)), (":80", (0, 80)), ("0:80", (0, 80))])
def test_pairs_of_ports(text: str, expected: tuple[int, int]) -> None:
    assert ports_of(text) == expected


@pytest.mark.parametrize("text", ["", "http", "80:", "70000", "80:0", "1:2:3"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        ports_of(text)


def test_a_connection_is_a_pair_of_streams(capsys: pytest.CaptureFixture[str]) -> None:
    async def run() -> None:
        near, far = pair()
        opened: asyncio.Queue[Stream] = asyncio.Queue()
        client, server = Session(near, lambda stream: None, is_client=True), Session(far, opened.put_nowait)
        running = [asyncio.ensure_future(one.run()) for one in (client, server)]

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await carry(client, reader, writer, 80, 7)

        local = await asyncio.start_server(serve, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*local.sockets[0].getsockname())
        error, data = await opened.get(), await opened.get()
        assert (error.headers["streamtype"], data.headers) == ("error", {"port": "80", "requestid": "7", "streamtype": "data"})
        writer.write(b"ping")
        assert await data.read() == b"ping"
        await data.write(b"pong")
        await error.write(b"it broke")
        await data.write_eof()
        await error.write_eof()
        assert await reader.read() == b"pong"
        writer.close()
        local.close()
        for task in running:
            task.cancel()

    asyncio.run(run())
    assert capsys.readouterr().err == "it broke\n"
