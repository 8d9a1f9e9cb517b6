"""What the API server reaches on a node, with a real Pod behind it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pilothouse.cluster.nodeagent.errors import ForwardFailed, RuntimeFailure
from pilothouse.kit.errors import NotFound
from tests.unit.cluster.nodeagent.cluster import cluster, container, is_ready, shell

SERVER = "import socket as s; l = s.create_server(('127.0.0.1', 7000)); c = l.accept()[0]; c.sendall(c.recv(9).upper())"
OUT = frozenset(("stdout",))


def test_commands_and_ports_of_a_pod(tmp_path: Path) -> None:
    async def run() -> None:
        async with cluster(tmp_path) as running:
            gate = running.agent.node_proxy
            server = container("c", "python3", "-c", SERVER, workingDir="/usr")
            await running.create_pod("p", server, shell("d", "sleep 60"))
            await running.wait("p", is_ready)
            command = await gate.execute("default", "p", "c", ["pwd"], OUT)
            assert (await command.read("stdout"), await command.wait()) == (b"/usr\n", 0)
            await command.close()
            with pytest.raises(RuntimeFailure, match='exec: "nothing": executable file not found in'):
                await gate.execute("default", "p", "c", ["nothing"], OUT)
            with pytest.raises(NotFound, match=r'container not found \("x"\)'):
                await gate.attach("default", "p", "x", OUT)
            with pytest.raises(NotFound, match='pod "q" not found in namespace "default"'):
                await gate.execute("default", "q", "c", ["pwd"], OUT)
            await answered(gate)
            with pytest.raises(ForwardFailed, match=r"127\.0\.0\.1:7001: connect: connection refused"):
                await gate.dial("default", "p", 7001)
            with pytest.raises(ForwardFailed, match=r"dial tcp 10\.\d+\.\d+\.\d+:7000: connect: connection refused"):
                await gate.dial("default", "p", 7000, is_inside=False)

    asyncio.run(run())


async def answered(gate: object) -> None:
    """Talk to the program, which listens on the Pod's loopback only, once it listens."""
    while True:
        try:
            stream = await gate.dial("default", "p", 7000)  # type: ignore[attr-defined]
            break
        except ForwardFailed:
            await asyncio.sleep(0.05)
    await stream.write(b"ping")
    assert await stream.read() == b"PING"
    await stream.close()
