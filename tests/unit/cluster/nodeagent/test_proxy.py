"""The proxy daemon between real Pods: cluster addresses, NodePorts, failing endpoints, names."""

from __future__ import annotations

import asyncio
import shutil
import socket
from pathlib import Path

import pytest

from pilothouse.cluster.nodeagent.adapters.proxy import ProxyClient
from pilothouse.cluster.nodeagent.adapters.supervisor import SocketSource
from pilothouse.cluster.nodeagent.engine.services import Endpoint, Listener, ServiceTable
from pilothouse.cluster.nodeagent.supervisor import procfs
from pilothouse.cluster.nodeagent.supervisor.records import read_record
from tests.unit.cluster.nodeagent.supervisor.test_loop import SERVE, wait_for_line
from tests.unit.cluster.nodeagent.support import launch_spec, log_lines, supervised


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


ASK = """
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
print(s.recv(99).decode())
"""

RESOLVE = """
import socket, struct
name = b"".join(bytes([len(l)]) + l for l in b"web.default.svc.cluster.local".split(b".")) + b"\\0"
q = struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0) + name + struct.pack(">HH", 1, 1)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.sendto(q, ("10.96.0.10", 53))
print(".".join(str(b) for b in s.recv(512)[-4:]))
t = socket.create_connection(("10.96.0.10", 53), 5)
t.sendall(len(q).to_bytes(2, "big") + q)
print(".".join(str(b) for b in t.recv(512)[-4:]))
"""


@pytest.mark.parametrize("mode", ["auto", "userns"])
def test_services_between_pods(tmp_path: Path, mode: str) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path, mode) as (agent, events):
            hello = await agent.call("hello")
            if hello["mode"] == "none":
                pytest.skip("no namespaces on this machine")
            for number in (2, 3):
                name = f"pod{number}"
                await agent.call("sandbox", id=name, address=f"10.244.0.{number}")
                await agent.call("start", spec=launch_spec(tmp_path, name, ["python3", "-c", SERVE, name], sandbox=name))
                await wait_for_line(tmp_path, name, "up")
            proxy = ProxyClient(str(tmp_path), hello["mode"])
            await proxy.start()
            ready = tuple(Endpoint(f"10.244.0.{n}", 8080) for n in (2, 3))
            dead = Endpoint("10.244.0.9", 8080)
            port = free_port()
            table = ServiceTable(
                1,
                (
                    Listener("node", "10.96.0.7", 80, "TCP", "default/web:80", (*ready, Endpoint("10.244.0.2", 9))),
                    Listener("host", "127.0.0.1", port, "TCP", "default/web:80", ready),
                    Listener("node", "10.96.0.8", 8080, "TCP", "default/dead:80", (Endpoint("10.244.0.2", 9),)),
                ),
                {"web.default.svc": ["10.96.0.7"]},
            )
            assert dead not in ready
            await proxy.apply(table)
            assert proxy.failed == []
            await agent.call("sandbox", id="asker", address="10.244.0.4")
            for turn in range(3):
                name = f"ask{turn}"
                await agent.call(
                    "start", spec=launch_spec(tmp_path, name, ["python3", "-c", ASK, "10.96.0.7", "80"], sandbox="asker")
                )
                assert (await events.exit_of(name))["exitCode"] == 0, log_lines(tmp_path, name)
                assert log_lines(tmp_path, name)[0] in {"pod2", "pod3"}
            await agent.call("start", spec=launch_spec(tmp_path, "names", ["python3", "-c", RESOLVE], sandbox="asker"))
            await events.exit_of("names")
            assert log_lines(tmp_path, "names") == ["10.96.0.7", "10.96.0.7"]
            answers = set()
            for _ in range(4):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                answers.add(await reader.read(99))
                writer.close()
            assert answers == {b"pod2", b"pod3"}
            await proxy.apply(ServiceTable(2, (Listener("host", "127.0.0.1", port, "TCP", "default/web:80", ready[:1]),)))
            for _ in range(3):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                assert await reader.read(99) == b"pod2"
                writer.close()
            await proxy.apply(ServiceTable(3, ()))
            with pytest.raises(OSError, match="Connect call failed"):
                await asyncio.open_connection("127.0.0.1", port)
            proxy.close()

    asyncio.run(scenario())


def test_a_connection_outlives_its_endpoint_and_a_restart_of_the_agent(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path, "none"):
            echo = await asyncio.start_server(_echo, "127.0.0.1", 0)
            target = Endpoint("127.0.0.1", echo.sockets[0].getsockname()[1], "host")
            port = free_port()
            proxy = ProxyClient(str(tmp_path), "none")
            await proxy.start()
            await proxy.apply(ServiceTable(1, (Listener("host", "127.0.0.1", port, "TCP", "default/echo:1", (target,)),)))
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"one\n")
            assert await reader.readline() == b"one\n"
            proxy.close()
            again = ProxyClient(str(tmp_path), "none")
            await again.start()
            await again.apply(ServiceTable(2, ()))
            writer.write(b"two\n")
            writer.write_eof()
            assert await reader.read() == b"two\n"
            writer.close()
            again.close()
            echo.close()

    async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
            await writer.drain()
        writer.close()

    asyncio.run(scenario())


def test_a_port_in_use_is_reported_not_fatal(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path, "none"):
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", 0))
                taken.listen()
                proxy = ProxyClient(str(tmp_path), "none")
                await proxy.start()
                port = taken.getsockname()[1]
                await proxy.apply(ServiceTable(1, (Listener("host", "127.0.0.1", port, "TCP", "default/web:80"),)))
                assert [one["service"] for one in proxy.failed] == ["default/web:80"]
                assert "in use" in proxy.failed[0]["error"]
                proxy.close()

    asyncio.run(scenario())


def test_udp_service(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path) as (agent, _):
            hello = await agent.call("hello")
            if hello["mode"] == "none":
                pytest.skip("no namespaces on this machine")
            await agent.call("sandbox", id="p", address="10.244.0.2")
            serve = (
                "import socket\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);s.bind(('0.0.0.0',53))\n"
                "print('up',flush=True)\nwhile 1:\n d,a=s.recvfrom(99);s.sendto(d.upper(),a)"
            )
            await agent.call("start", spec=launch_spec(tmp_path, "u", ["python3", "-c", serve], sandbox="p"))
            await wait_for_line(tmp_path, "u", "up")
            proxy = ProxyClient(str(tmp_path), hello["mode"])
            await proxy.start()
            await proxy.apply(
                ServiceTable(1, (Listener("node", "10.96.0.9", 53, "UDP", "d/u:53", (Endpoint("10.244.0.2", 53),)),))
            )
            source = SocketSource(str(tmp_path))
            sock = await source.take("udp")
            loop = asyncio.get_running_loop()
            await loop.sock_connect(sock, ("10.96.0.9", 53))
            await loop.sock_sendall(sock, b"hello")
            assert await asyncio.wait_for(loop.sock_recv(sock, 99), 5) == b"HELLO"
            sock.close()
            source.close()
            proxy.close()

    asyncio.run(scenario())


def test_helpers_end_when_their_data_directory_is_removed(tmp_path: Path) -> None:
    """Somebody may delete the directory instead of running `down`; nothing must stay behind."""

    async def scenario() -> None:
        folder = tmp_path / "data"
        async with supervised(folder) as (agent, _):
            hello = await agent.call("hello")
            proxy = ProxyClient(str(folder), hello["mode"])
            await proxy.start()
            record = read_record(str(folder / "proxy.json"))
            assert record is not None
            pids = [hello["pid"], record["pid"]]
            answer = await agent.call("start", spec=launch_spec(folder, "a", ["sleep", "300"]))
            shutil.rmtree(folder)
            async with asyncio.timeout(20):
                while any(procfs.start_time(pid) for pid in [*pids, answer["pid"]]):
                    await asyncio.sleep(0.1)
            proxy.close()

    asyncio.run(scenario())
