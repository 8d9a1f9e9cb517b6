"""The supervisor with real programs, in every isolation this machine allows."""

from __future__ import annotations

import asyncio
import json
import os
import selectors
import signal
import socket
from pathlib import Path

import pytest

from pilothouse.cluster.nodeagent.adapters.supervisor import Connection, SocketSource, connect, is_running
from pilothouse.cluster.nodeagent.errors import RuntimeFailure, StartFailed, SupervisorUnavailable
from pilothouse.cluster.nodeagent.supervisor import procfs
from pilothouse.cluster.nodeagent.supervisor.loop import Supervisor
from pilothouse.cluster.nodeagent.supervisor.sandbox.network import NodeNetwork
from tests.unit.cluster.nodeagent.support import launch_spec, log_lines, supervised

MODES = ["auto", "userns", "none"]
SERVE = """
import socket, sys
s = socket.socket()
s.bind(("0.0.0.0", 8080))
s.listen()
print("up", flush=True)
while True:
    c, _ = s.accept()
    c.sendall(sys.argv[1].encode())
    c.close()
"""


async def wait_for_line(folder: Path, name: str, text: str) -> None:
    async with asyncio.timeout(15):
        while not (folder / f"{name}.log").exists() or text not in log_lines(folder, name):
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("mode", MODES)
def test_program_runs_logs_and_leaves_a_record(tmp_path: Path, mode: str) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path, mode) as (agent, events):
            await agent.call("sandbox", id="pod", address="10.244.0.2")
            spec = launch_spec(tmp_path, "a", ["sh", "-c", "echo out; echo err >&2; echo $COLOR; exit 3"], sandbox="pod")
            spec["env"]["COLOR"] = "blue"
            answer = await agent.call("start", spec=spec)
            assert answer["pid"] > 1
            ended = await events.exit_of("a")
            assert (ended["exitCode"], ended["reason"], ended["signal"]) == (3, "Error", 0)
            assert sorted(log_lines(tmp_path, "a")) == ["blue", "err", "out"]
            record = json.loads((tmp_path / "a" / "record.json").read_text())
            assert record["exitCode"] == 3 and record["finishedAt"] >= record["startedAt"]

    asyncio.run(scenario())


@pytest.mark.parametrize("mode", ["auto", "userns"])
def test_two_pods_bind_the_same_port_and_reach_each_other(tmp_path: Path, mode: str) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path, mode) as (agent, events):
            hello = await agent.call("hello")
            if hello["mode"] == "none":
                pytest.skip("no namespaces on this machine")
            for number, name in ((2, "one"), (3, "two")):
                await agent.call("sandbox", id=name, address=f"10.244.0.{number}")
                await agent.call("start", spec=launch_spec(tmp_path, name, ["python3", "-c", SERVE, name], sandbox=name))
                await wait_for_line(tmp_path, name, "up")
            await agent.call("sandbox", id="asker", address="10.244.0.4")
            ask = "import socket;print(socket.create_connection(('10.244.0.2',8080),5).recv(9).decode())"
            await agent.call("start", spec=launch_spec(tmp_path, "asker", ["python3", "-c", ask], sandbox="asker"))
            await events.exit_of("asker")
            assert log_lines(tmp_path, "asker") == ["one"]
            source = SocketSource(str(tmp_path))
            sock = await source.take()
            await asyncio.get_running_loop().sock_connect(sock, ("10.244.0.3", 8080))
            assert await asyncio.get_running_loop().sock_recv(sock, 9) == b"two"
            sock.close()
            source.close()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", 8080), 0.5)

    asyncio.run(scenario())


def test_service_addresses_are_local_to_the_node(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path) as (agent, events):
            if (await agent.call("hello"))["mode"] == "none":
                pytest.skip("no namespaces on this machine")
            await agent.call("sandbox", id="p", address="10.244.0.2")
            source = SocketSource(str(tmp_path))
            listener = await source.take()
            listener.bind(("10.96.0.7", 80))
            listener.listen()
            ask = "import socket;print(socket.create_connection(('10.96.0.7',80),5).recv(9).decode())"
            await agent.call("start", spec=launch_spec(tmp_path, "asker", ["python3", "-c", ask], sandbox="p"))
            connection, peer = await asyncio.get_running_loop().sock_accept(listener)
            assert peer[0] == "10.244.0.2"
            connection.sendall(b"hello")
            connection.close()
            await events.exit_of("asker")
            assert log_lines(tmp_path, "asker") == ["hello"]
            listener.close()
            source.close()

    asyncio.run(scenario())


def test_agent_restart_leaves_programs_running(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path) as (agent, _):
            pid = (await agent.call("start", spec=launch_spec(tmp_path, "a", ["sleep", "60"])))["pid"]
            ticks = procfs.start_time(pid)
            agent.close()
            again = await connect(str(tmp_path))
            listed = (await again.call("list"))["containers"]
            assert [(c["id"], c["pid"], c["exitCode"]) for c in listed] == [("a", pid, None)]
            assert procfs.is_alive(pid, ticks)
            again.close()

    asyncio.run(scenario())


def test_stop_terminates_then_kills(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path) as (agent, events):
            polite = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"
            await agent.call("start", spec=launch_spec(tmp_path, "polite", ["sh", "-c", polite]))
            await agent.call(
                "start", spec=launch_spec(tmp_path, "deaf", ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done"])
            )
            for name in ("polite", "deaf"):
                await wait_for_line(tmp_path, name, "up")
            await agent.call("stop", id="polite", grace_s=20)
            await agent.call("stop", id="deaf", grace_s=0.3)
            assert (await events.exit_of("polite"))["exitCode"] == 0
            assert "bye" in log_lines(tmp_path, "polite")
            deaf = await events.exit_of("deaf")
            assert (deaf["exitCode"], deaf["signal"]) == (137, signal.SIGKILL)

    asyncio.run(scenario())


@pytest.mark.parametrize("mode", MODES)
def test_daemon_that_leaves_its_group_is_killed_with_the_container(tmp_path: Path, mode: str) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path, mode) as (agent, events):
            command = "setsid sh -c 'echo $$ ; exec sleep 300' & sleep 0.3; exit 0"
            await agent.call("start", spec=launch_spec(tmp_path, "a", ["sh", "-c", command]))
            await events.exit_of("a")
            daemon = int(log_lines(tmp_path, "a")[0])
            async with asyncio.timeout(10):
                while procfs.start_time(daemon):
                    await asyncio.sleep(0.02)

    asyncio.run(scenario())


def test_reap_kills_daemons_even_when_the_supervisor_was_killed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path) as (agent, _):
            command = "setsid sh -c 'echo $$ ; exec sleep 300' & wait"
            await agent.call("start", spec=launch_spec(tmp_path, "a", ["sh", "-c", command]))
            async with asyncio.timeout(10):
                while not log_lines(tmp_path, "a"):
                    await asyncio.sleep(0.02)
            daemon = int(log_lines(tmp_path, "a")[0])
            assert procfs.start_time(daemon) > 0
            os.kill((await agent.call("hello"))["pid"], signal.SIGKILL)
        assert procfs.start_time(daemon) == 0
        assert not is_running(str(tmp_path))

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("argv", "text"),
    [(["no-such-program"], "executable file not found in $PATH"), (["/etc/passwd"], "Permission denied"), ([], "no command")],
)
def test_start_failures_say_why(tmp_path: Path, argv: list[str], text: str) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path) as (agent, events):
            with pytest.raises(StartFailed, match=text.replace("$", r"\$")):
                await agent.call("start", spec=launch_spec(tmp_path, "a", argv))
            assert (await agent.call("list"))["containers"] == []
            assert events.exits == {}

    asyncio.run(scenario())


def test_bad_requests_are_answered_not_fatal(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path) as (agent, _):
            for op, fields in (
                ("nonsense", {}),
                ("start", {}),
                ("signal", {"id": "x", "signal": "many"}),
                ("exec", {"id": "none"}),
            ):
                with pytest.raises(RuntimeFailure):
                    await agent.call(op, **fields)
            raw = Connection(str(tmp_path))
            raw.open()
            assert raw._channel is not None
            raw._channel.sock.sendall(b"\xff\xff\xff\xff garbage")
            with pytest.raises(SupervisorUnavailable):
                await raw.call("hello")
            assert (await agent.call("hello"))["version"] == 1

    asyncio.run(scenario())


def test_exec_runs_beside_the_program_and_is_killed_with_its_connection(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path) as (agent, _):
            await agent.call("sandbox", id="p", address="10.244.0.2")
            await agent.call("start", spec=launch_spec(tmp_path, "a", ["sleep", "60"], sandbox="p"))
            ends: asyncio.Queue[dict[str, object]] = asyncio.Queue()
            side = Connection(str(tmp_path), ends.put_nowait)
            side.open()
            reader, writer = os.pipe()
            null = os.open("/dev/null", os.O_RDONLY)
            spec = {"argv": ["sh", "-c", "echo hi; exit 4"], "env": {"PATH": "/usr/bin:/bin"}}
            await side.request("exec", [null, writer, writer], id="a", spec=spec)
            assert (await asyncio.wait_for(ends.get(), 10))["exitCode"] == 4
            assert os.read(reader, 10) == b"hi\n"
            answer, _ = await side.request("exec", [null, writer, writer], id="a", spec={**spec, "argv": ["sleep", "50"]})
            ticks = procfs.start_time(answer["pid"])
            assert ticks
            side.close()
            async with asyncio.timeout(10):
                while procfs.is_alive(answer["pid"], ticks):
                    await asyncio.sleep(0.02)
            for fd in (reader, writer, null):
                os.close(fd)

    asyncio.run(scenario())


def test_a_long_data_directory_works(tmp_path: Path) -> None:
    async def scenario() -> None:
        folder = tmp_path / ("deep" * 20) / ("er" * 30)
        folder.mkdir(parents=True)
        async with supervised(folder) as (agent, events):
            await agent.call("start", spec=launch_spec(folder, "a", ["true"]))
            assert (await events.exit_of("a"))["exitCode"] == 0

    asyncio.run(scenario())


def test_the_supervisor_is_small(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path) as (agent, _):
            pid = (await agent.call("hello"))["pid"]
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            pss_kib = int(rollup.split("\nPss:")[1].split()[0])
            assert pss_kib <= 12 * 1024

    asyncio.run(scenario())


def test_requests_of_one_connection_may_overlap(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path) as (agent, events):
            names = [f"c{number}" for number in range(6)]
            calls = [agent.call("start", spec=launch_spec(tmp_path, name, ["true"])) for name in names]
            answers = await asyncio.wait_for(asyncio.gather(*calls), 20)
            assert len({answer["pid"] for answer in answers}) == 6
            for name in names:
                assert (await events.exit_of(name))["exitCode"] == 0

    asyncio.run(scenario())


def test_a_bug_in_one_event_costs_one_descriptor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    supervisor = Supervisor(str(tmp_path), NodeNetwork("none"), {})
    reader, writer = os.pipe()
    os.write(writer, b"x")
    supervisor._selector.register(reader, selectors.EVENT_READ, lambda: 1 // 0)
    for key, _ in supervisor._selector.select(1):
        supervisor._handle(key)
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert not supervisor._selector.get_map()
    os.close(reader)
    os.close(writer)
