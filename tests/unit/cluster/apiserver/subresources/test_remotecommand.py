"""Commands over WebSocket channels and SPDY streams, from input to exit code."""

from __future__ import annotations

import asyncio
import json

import pytest

from pilothouse.cluster.apiserver.subresources.remotecommand import failure, status_of
from pilothouse.kit.errors import Conflict
from pilothouse.wire.spdy.session import Session
from tests.unit.cluster.apiserver.driver import Driver, serve
from tests.unit.cluster.apiserver.subresources.remote import Node, Program, begin, bound_pod, upgrade
from tests.unit.wire.pair import pair

TARGET = "p/exec?stdin=1&stdout=1&stderr=1&container=c&command=run&command=it"


def test_a_status_tells_how_a_command_ended() -> None:
    assert status_of(["ls"], 0) == {"metadata": {}, "status": "Success"}
    failed = status_of(["sh", "-c", "exit 3"], 3)
    assert failed["reason"] == "NonZeroExitCode"
    assert failed["details"] == {"causes": [{"reason": "ExitCode", "message": "3"}]}
    assert failure("why")["message"] == "Internal error occurred: why"


def test_input_output_sizes_and_the_exit_code() -> None:
    async def test(driver: Driver) -> None:
        program = Program(3, b"bye")
        node = driver.server.backend.node_proxy = Node(program)
        await bound_pod(driver)
        client, task, _ = begin(await upgrade(driver, TARGET, "v5.channel.k8s.io"))
        assert await client.receive() == b"\x01"
        await client.send(b"\x04" + b'{"Width":80,"Height":24}')
        await client.send(b"\x04" + b"no json")
        await client.send(b"\x00hello")
        assert await client.receive() == b"\x01hello"
        await client.send(b"\xff\x00")
        assert await client.receive() == b"\x02bye"
        message = await client.receive()
        assert message is not None and message[0] == 3
        assert json.loads(message[1:])["details"]["causes"][0]["message"] == "3"
        assert await client.receive() is None
        await task
        assert program.sizes == [(80, 24)] and program.is_closed
        assert node.calls == [("execute", "c", ["run", "it"], frozenset(("stdin", "stdout", "stderr")))]

    serve(test)


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [("v4.channel.k8s.io", b"\x03{"), ("channel.k8s.io", b"\x03command terminated"), ("v4.base64.channel.k8s.io", b"3ey")],
)
def test_older_protocols_report_the_end_in_their_way(protocol: str, expected: bytes) -> None:
    async def test(driver: Driver) -> None:
        program = Program(1)
        driver.server.backend.node_proxy = Node(program)
        await bound_pod(driver)
        client, task, _ = begin(await upgrade(driver, TARGET, protocol))
        await client.receive()
        await program.close_stdin()
        message = await client.receive()
        assert message is not None and message.startswith(expected), message
        await client.receive()
        await task

    serve(test)


def test_text_protocols_carry_base64() -> None:
    async def test(driver: Driver) -> None:
        program = Program()
        driver.server.backend.node_proxy = Node(program)
        await bound_pod(driver)
        client, task, _ = begin(await upgrade(driver, TARGET, "base64.channel.k8s.io"))
        assert await client.receive() == b"1"
        await client.send(b"0aGk=", is_text=True)
        assert await client.receive() == b"1aGk="
        await program.close_stdin()
        assert await client.receive() is None  # success was told by an empty error channel then
        await task

    serve(test)


def test_a_client_that_leaves_ends_its_command() -> None:
    async def test(driver: Driver) -> None:
        program = Program()
        driver.server.backend.node_proxy = Node(program)
        await bound_pod(driver)
        client, task, near = begin(await upgrade(driver, TARGET, "v5.channel.k8s.io"))
        await client.receive()
        await near.close()
        await asyncio.wait_for(task, 5)
        assert program.is_closed

    serve(test)


def test_a_command_that_cannot_start_is_an_internal_error() -> None:
    async def test(driver: Driver) -> None:
        driver.server.backend.node_proxy = Node(Conflict("exec: no such file"))
        await bound_pod(driver)
        client, task, _ = begin(await upgrade(driver, TARGET, "v5.channel.k8s.io"))
        await client.receive()
        message = await client.receive()
        assert message is not None
        text = "Internal error occurred: error executing command in container: exec: no such file"
        assert json.loads(message[1:])["message"] == text
        await client.receive()
        await task

    serve(test)


def test_the_same_over_spdy() -> None:
    async def test(driver: Driver) -> None:
        program = Program(4, b"bye")
        driver.server.backend.node_proxy = Node(program)
        await bound_pod(driver)
        headers = {"upgrade": "SPDY/3.1", "x-stream-protocol-version": "v4.channel.k8s.io"}
        response = await upgrade(driver, TARGET, headers=headers)
        assert response.upgrade is not None
        near, far = pair()
        task = asyncio.ensure_future(response.upgrade(far))  # type: ignore[arg-type]
        session = Session(near, lambda stream: None, is_client=True)
        running = asyncio.ensure_future(session.run())
        streams = {kind: await session.open({"streamtype": kind}) for kind in ("error", "stdin", "stdout", "stderr")}
        await streams["stdin"].write(b"hello")
        assert await streams["stdout"].read() == b"hello"
        await streams["stdin"].write_eof()
        assert await streams["stderr"].read() == b"bye"
        assert b'"ExitCode","message":"4"' in await streams["error"].read()
        await task
        running.cancel()

    serve(test)
