"""Commands and attached programs under a real supervisor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from pilothouse.cluster.nodeagent.adapters.commands import RunningCommand, attach, execute
from pilothouse.cluster.nodeagent.adapters.supervisor import Connection
from pilothouse.cluster.nodeagent.errors import StartFailed
from pilothouse.cluster.nodeagent.supervisor import procfs
from tests.unit.cluster.nodeagent.support import launch_spec, supervised

ALL = frozenset(("stdin", "stdout", "stderr"))


def under_supervisor(folder: Path, argv: list[str], test: Callable[[str, Any], Awaitable[None]], **spec: Any) -> None:
    async def run() -> None:
        async with supervised(folder) as (connection, events), asyncio.timeout(20):
            await connection.call("sandbox", id="pod", address="10.244.0.2")
            await connection.call("start", spec={**launch_spec(folder, "a", argv), "sandbox": "pod", **spec})
            await test(str(folder), events)

    asyncio.run(run())


async def everything(command: RunningCommand, stream: str = "stdout") -> bytes:
    out = b""
    while data := await command.read(stream):
        out += data
    return out


def test_a_command_has_input_two_outputs_and_an_exit_code(tmp_path: Path) -> None:
    async def test(folder: str, _events: object) -> None:
        command = await execute(folder, "a", ["sh", "-c", "cat; echo bad >&2; pwd; exit 3"], ALL)
        reading = asyncio.ensure_future(everything(command))
        await command.write(b"x" * 300_000)
        await command.close_stdin()
        assert await everything(command, "stderr") == b"bad\n"
        assert (await command.wait(), await reading) == (3, b"x" * 300_000 + b"/tmp\n")
        await command.close()
        await command.close()

    under_supervisor(tmp_path, ["sleep", "60"], test, cwd="/tmp")


def test_what_a_command_leaves_running_does_not_hold_its_end_up(tmp_path: Path) -> None:
    async def test(folder: str, _events: object) -> None:
        command = await execute(folder, "a", ["sh", "-c", "echo done; sleep 50 &"], frozenset(("stdout",)))
        assert await everything(command) == b"done\n"
        await command.close()
        with pytest.raises(StartFailed, match="not found"):
            await execute(folder, "a", ["no-such-program"], ALL)

    under_supervisor(tmp_path, ["sleep", "60"], test)


def test_a_terminal_has_a_size(tmp_path: Path) -> None:
    async def test(folder: str, _events: object) -> None:
        command = await execute(folder, "a", ["sh", "-c", "read x; stty size; tty"], frozenset(("stdin", "stdout", "tty")))
        command.resize(101, 33)
        command.resize(0, 99999)
        await command.write(b"go\n")
        shown = (await everything(command)).decode().split()
        assert shown[:3] == ["go", "33", "101"] and shown[3].startswith("/dev/pts/")
        assert await command.wait() == 0
        await command.close()

    under_supervisor(tmp_path, ["sleep", "60"], test)


def test_closing_kills_the_command(tmp_path: Path) -> None:
    async def test(folder: str, _events: object) -> None:
        command = await execute(folder, "a", ["sh", "-c", "echo $$; exec sleep 60"], frozenset(("stdout",)))
        pid = int(await command.read("stdout"))
        assert procfs.start_time(pid)
        await command.close()
        while procfs.start_time(pid):
            await asyncio.sleep(0.01)

    under_supervisor(tmp_path, ["sleep", "60"], test)


def test_attaching_reaches_the_program_itself_and_reading_once_ends_it(tmp_path: Path) -> None:
    async def test(folder: str, events: Any) -> None:
        first = await attach(folder, "a", frozenset(("stdin", "stdout")), is_stdin_once=False)
        second = await attach(folder, "a", ALL, is_stdin_once=True)
        await first.write(b"hello\n")
        assert await first.read("stdout") == await second.read("stdout") == b"hello\n"
        await first.close()
        await second.write(b"bye\n")
        await second.close_stdin()
        assert await everything(second) == b"bye\n"
        assert await everything(second, "stderr") == b""
        assert await second.wait() == 0
        await second.close()
        assert (await events.exit_of("a"))["exitCode"] == 0

    under_supervisor(tmp_path, ["cat"], test, stdin=True)


def test_attaching_to_a_terminal(tmp_path: Path) -> None:
    async def test(folder: str, events: Any) -> None:
        command = await attach(folder, "a", frozenset(("stdin", "stdout", "tty")), is_stdin_once=False)
        command.resize(77, 11)
        await command.write(b"stty size; exit 4\n")
        assert b"11 77" in await everything(command)
        await command.close()
        assert (await events.exit_of("a"))["exitCode"] == 4

    under_supervisor(tmp_path, ["sh"], test, stdin=True, tty=True)


def test_clients_that_vanish_at_once_do_not_harm_the_supervisor(tmp_path: Path) -> None:
    async def test(folder: str, events: Any) -> None:
        for _ in range(40):
            side = Connection(folder)
            side.open()
            asking = [asyncio.ensure_future(side.request("exec", [0, 1, 2], id="a", spec={"argv": ["true"]})) for _ in range(3)]
            await asyncio.sleep(0)
            side.close()
            await asyncio.gather(*asking, return_exceptions=True)
        command = await execute(folder, "a", ["echo", "still here"], frozenset(("stdout",)))
        assert await everything(command) == b"still here\n"
        await command.close()
        assert not events.exits

    under_supervisor(tmp_path, ["sleep", "60"], test)
