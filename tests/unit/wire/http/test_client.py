"""The client against servers that misbehave: whatever they do is `Unavailable`, and nothing is done twice by accident."""

import asyncio
from collections.abc import Callable

import pytest

from pilothouse.kit.errors import Unavailable
from pilothouse.wire.http.client import HttpTransport
from pilothouse.wire.http.messages import Request
from pilothouse.wire.kubeconfig import ClusterAccess

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
EMPTY = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


async def serving(answers: list[bytes], seen: list[str]) -> tuple[asyncio.Server, HttpTransport]:
    """Serve one answer per request in turn; after an answer that is empty the connection is closed."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                seen.append(head.split(b" ", 1)[0].decode())
                answer = answers.pop(0) if answers else b""
                writer.write(answer)
                if answer != EMPTY:
                    return
        except asyncio.IncompleteReadError:
            return
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    return server, HttpTransport(ClusterAccess(f"http://127.0.0.1:{port}"))


def run(answers: list[bytes], body: Callable[[HttpTransport], object]) -> list[str]:
    seen: list[str] = []

    async def main() -> None:
        server, transport = await serving(answers, seen)
        async with asyncio.timeout(5):
            await body(transport)  # type: ignore[misc]
        await transport.close()
        server.close()

    asyncio.run(main())
    return seen


def test_a_stream_cut_off_in_the_middle_is_unavailable() -> None:
    async def body(transport: HttpTransport) -> None:
        response = await transport.send(Request("GET", "/", is_streaming=True))
        with pytest.raises(Unavailable):
            async for _ in response.body:  # type: ignore[union-attr]
                pass

    run([CHUNKED + b"5\r\nhel"], body)
    run([CHUNKED + b"what\r\n"], body)


def test_an_answer_that_is_not_http_is_unavailable() -> None:
    async def body(transport: HttpTransport) -> None:
        with pytest.raises(Unavailable):
            await transport.send(Request("GET", "/"))

    run([b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n"], body)
    run([b"x" * 200_000], body)


@pytest.mark.parametrize(("method", "sent"), [("GET", 2), ("POST", 1)])
def test_only_what_may_be_done_twice_is_sent_again(method: str, sent: int) -> None:
    async def body(transport: HttpTransport) -> None:
        await transport.send(Request("GET", "/"))
        with pytest.raises(Unavailable):
            await transport.send(Request(method, "/"))

    assert run([EMPTY], body) == ["GET", *[method] * sent]
