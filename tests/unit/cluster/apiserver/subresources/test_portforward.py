"""Ports of Pods over SPDY in a WebSocket, over SPDY alone, and over channels."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable

import pytest

from pilothouse.cluster.apiserver.subresources.portforward import TUNNEL
from pilothouse.wire.duplex import Duplex
from pilothouse.wire.spdy.session import Session, Stream
from pilothouse.wire.websocket import Tunnel
from tests.unit.cluster.apiserver.driver import Driver, serve
from tests.unit.cluster.apiserver.subresources.remote import Node, Program, begin, bound_pod, upgrade
from tests.unit.wire.pair import pair


async def connection(session: Session, request: int, port: int) -> tuple[Stream, Stream]:
    headers = {"port": str(port), "requestid": str(request)}
    error = await session.open({**headers, "streamtype": "error"})
    await error.write_eof()
    return await session.open({**headers, "streamtype": "data"}), error


def forwarded(test: Callable[[Session, Node], Awaitable[None]], *, is_tunnelled: bool) -> None:
    async def run(driver: Driver) -> None:
        node = driver.server.backend.node_proxy = Node(Program())
        await bound_pod(driver)
        wire: Duplex
        if is_tunnelled:
            client, task, _ = begin(await upgrade(driver, "p/portforward", TUNNEL))
            wire = Tunnel(client)
        else:
            headers = {"upgrade": "SPDY/3.1", "x-stream-protocol-version": "portforward.k8s.io"}
            response = await upgrade(driver, "p/portforward", headers=headers)
            assert response.upgrade is not None
            wire, far = pair()
            task = asyncio.ensure_future(response.upgrade(far))  # type: ignore[arg-type]
        session = Session(wire, lambda stream: None, is_client=True)
        running = asyncio.ensure_future(session.run())
        async with asyncio.timeout(5):
            await test(session, node)
            await wire.close()
            await asyncio.wait([task])
        running.cancel()

    serve(run)


@pytest.mark.parametrize("is_tunnelled", [True, False])
def test_connections_side_by_side(is_tunnelled: bool) -> None:
    async def test(session: Session, node: Node) -> None:
        pairs = [await connection(session, number, 80) for number in range(3)]
        for number, (data, _) in enumerate(pairs):
            await data.write(b"to %d" % number)
        while len(node.far) < 3:
            await asyncio.sleep(0)
        for number, far in enumerate(node.far):
            assert await far.read() == b"to %d" % number
            await far.write(b"from %d" % number)
            await far.write_eof()
        for number, (data, error) in enumerate(pairs):
            assert [await data.read(), await data.read()] == [b"from %d" % number, b""]
            assert await error.read() == b""
        assert all(far.other.is_closed for far in node.far)

    forwarded(test, is_tunnelled=is_tunnelled)


def test_a_client_that_finished_sending_still_gets_its_answer() -> None:
    async def test(session: Session, node: Node) -> None:
        data, _ = await connection(session, 1, 80)
        await data.write(b"question")
        await data.write_eof()
        while not node.far:
            await asyncio.sleep(0)
        assert [await node.far[0].read(), await node.far[0].read()] == [b"question", b""]
        await node.far[0].write(b"answer")
        assert await data.read() == b"answer"
        await node.far[0].write_eof()
        assert await data.read() == b""

    forwarded(test, is_tunnelled=True)


def test_a_port_nobody_listens_on_is_told_on_the_error_stream() -> None:
    async def test(session: Session, node: Node) -> None:
        data, error = await connection(session, 1, 81)
        text = (await error.read()).decode()
        assert text.startswith("error forwarding port 81 to pod p, uid ") and text.endswith("connect: connection refused")
        assert await data.read() == b""
        refused = await session.open({"streamtype": "data", "port": "x"})
        with pytest.raises(ConnectionResetError):
            await refused.read()

    forwarded(test, is_tunnelled=True)


def test_the_older_channels() -> None:
    async def test(driver: Driver) -> None:
        node = driver.server.backend.node_proxy = Node(Program())
        await bound_pod(driver)
        client, task, near = begin(await upgrade(driver, "p/portforward?ports=80,81", "v4.channel.k8s.io"))
        async with asyncio.timeout(5):
            opened = [await client.receive() for _ in range(4)]
            assert opened == [bytes([number]) + struct.pack("<H", 80 + number // 2) for number in range(4)]
            failed = await client.receive()
            assert failed is not None and failed[:1] == b"\x03" and b"error forwarding port 81" in failed
            await client.send(b"\x00ping")
            assert await node.far[0].read() == b"ping"
            await node.far[0].write(b"pong")
            assert await client.receive() == b"\x00pong"
            await near.close()
            await task

    serve(test)
