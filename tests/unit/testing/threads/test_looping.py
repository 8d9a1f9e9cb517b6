"""A loop in a thread: calls in, results and failures out, and an end."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from pilothouse.testing.threads.looping import HoppingTransport, LoopThread
from pilothouse.wire.http.messages import Peer, Request, Response


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def fail() -> None:
    raise LookupError("inside")


def test_calls_from_functions_and_coroutines() -> None:
    thread = LoopThread("test", asyncio.new_event_loop)
    thread.start()
    assert thread.wait(double(4)) == 8
    assert asyncio.run(thread.hop(double(5))) == 10
    with pytest.raises(LookupError, match="inside"):
        thread.wait(fail())
    thread.stop()
    thread.stop()
    with pytest.raises(RuntimeError, match="not running"):
        thread.wait(double(1))


def test_a_call_that_takes_too_long_is_cancelled() -> None:
    cancelled: list[bool] = []

    async def for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(True)

    thread = LoopThread("test", asyncio.new_event_loop)
    thread.start()
    with pytest.raises(TimeoutError):
        thread.wait(for_ever(), 0.05)
    thread.wait(double(1))
    assert cancelled == [True]
    thread.stop()


def test_streamed_bodies_hop_piece_by_piece_and_can_be_left() -> None:
    closed: list[bool] = []

    async def pieces() -> AsyncIterator[bytes]:
        try:
            for number in range(1000):
                yield b"%d" % number
        finally:
            closed.append(True)

    async def handler(request: Request) -> Response:
        assert (request.peer.common_name, request.header("user-agent")) == ("me", "agent")
        return Response(200, pieces() if request.path == "/stream" else b"whole")

    thread = LoopThread("test", asyncio.new_event_loop)
    thread.start()
    transport = HoppingTransport(thread, handler, Peer(common_name="me"), "agent")

    async def story() -> None:
        assert await (await transport.send(Request("GET", "/"))).read() == b"whole"
        response = await transport.send(Request("GET", "/stream"))
        assert not isinstance(response.body, bytes)
        body = aiter(response.body)
        assert [await anext(body), await anext(body)] == [b"0", b"1"]
        await response.aclose()
        await transport.close()

    asyncio.run(story())
    thread.stop()
    assert closed == [True]
