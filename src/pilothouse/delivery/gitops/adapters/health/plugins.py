"""Probe plugins: programs of a folder and Python entry points, each run once for every question.

A plugin is started with `--timeout SECONDS --port N --probe-path PATH` and the object as JSON on standard input. It prints its
verdict as JSON on its last line, or it serves the path at the port and is asked over HTTP until it is ready. It runs in a process
group of its own, without our environment, within limits, and is killed with all it started when its time is over. Objects name
plugins and never commands: what may run is decided by whoever fills the folder and installs packages.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path

import orjson

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.health.endpoints import ask_http
from pilothouse.delivery.gitops.engine.probes.answers import Answer, program_answer
from pilothouse.delivery.gitops.engine.probes.specs import ENTRY_POINT, Probe
from pilothouse.delivery.gitops.engine.probes.targets import Target
from pilothouse.delivery.gitops.errors import ProbeFailed, ProbeSilent
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import Invalid, PilothouseError

MAX_OUTPUT = 64 << 10
POLL_S, END_S = 0.05, 2.0
_CHILD = "pilothouse.delivery.gitops.adapters.health.child"
_LIMITED = 'ulimit -t 60 -v 2097152 -f 20480 -n 256 2>/dev/null; exec "$0" "$@"'
"""A minute of CPU, 2 GB of memory, files of 10 MB, 256 open files."""


class Plugins:
    """Runs plugins."""

    def __init__(self, clock: Clock, folder: Path | None) -> None:
        """Take programs from `folder`."""
        self._clock, self._folder = clock, folder

    async def ask(self, probe: Probe, tree: Tree) -> Answer:
        """Return the verdict of a plugin; raises `ProbeFailed`."""
        port = probe.port if isinstance(probe.port, int) and probe.port else _free_port()
        is_taken = await _is_taken(port)  # by what the plugin asks: then it does not serve there itself
        command = [*self._command(probe), "--timeout", f"{probe.timeout_s:g}", "--port", str(port), "--probe-path", probe.path]
        try:
            process = await asyncio.create_subprocess_exec(
                "/bin/sh", "-c", _LIMITED, *command, *probe.args, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT, start_new_session=True, env=_environment(probe), cwd="/", close_fds=True,
            )  # fmt: skip
        except OSError as error:
            raise ProbeFailed(f"{probe.plugin} cannot be started: {error.strerror or error}") from error
        try:
            async with asyncio.timeout(probe.timeout_s):
                answer = await self._verdict(probe, process, tree, 0 if is_taken else port)
        except TimeoutError:
            raise ProbeFailed(f"no verdict within {probe.timeout_s:g} s") from None
        except Invalid as error:
            raise ProbeFailed(error.message) from None
        finally:
            await _end(process)
        return answer

    def _command(self, probe: Probe) -> list[str]:
        if probe.kind == ENTRY_POINT:
            return [sys.executable, "-m", _CHILD, probe.plugin]
        path = None if self._folder is None else (self._folder / probe.plugin).resolve()
        if path is None or not path.is_file() or not os.access(path, os.X_OK):
            raise ProbeFailed(f"there is no program {probe.plugin}", fix=f"put it into {self._folder} and make it executable")
        return [str(path)]

    async def _verdict(self, probe: Probe, process: asyncio.subprocess.Process, tree: Tree, port: int) -> Answer:
        """Return what the plugin prints, or what it serves: ready at once, another answer when its time is nearly over."""
        target, last = Target("http", "127.0.0.1", port, probe.path), None
        ends = self._clock.monotonic() + probe.timeout_s - 2 * POLL_S
        async with TaskScope("plugin") as scope:
            printed = scope.spawn(_printed(process, tree), probe.plugin)
            while last is None or self._clock.monotonic() < ends:
                done, _ = await asyncio.wait([printed], timeout=POLL_S if port else None)
                if done:
                    return _told(printed.result())
                with contextlib.suppress(ProbeSilent):
                    last = await ask_http(probe, target)
                if last is not None and last.is_healthy:
                    break
        return last


async def _is_taken(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _told(printed: Answer | PilothouseError) -> Answer:
    if isinstance(printed, PilothouseError):
        raise printed
    return printed


async def _printed(process: asyncio.subprocess.Process, tree: Tree) -> Answer | PilothouseError:
    """Return the verdict at the end of the output, or why there is none."""
    assert process.stdout is not None
    await _feed(process, tree)
    output = bytearray()
    while piece := await process.stdout.read(MAX_OUTPUT):
        output += piece
        if len(output) > MAX_OUTPUT:
            return ProbeFailed(f"it prints more than {MAX_OUTPUT >> 10} KB")
    try:
        return program_answer(await process.wait(), output.decode("utf-8", "replace"))
    except Invalid as error:
        return error


async def _feed(process: asyncio.subprocess.Process, tree: Tree) -> None:
    assert process.stdin is not None
    with contextlib.suppress(ConnectionError):  # a plugin need not read the object
        process.stdin.write(orjson.dumps(tree) + b"\n")
        await process.stdin.drain()
    process.stdin.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill the plugin with all it started; a group that is empty is gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(END_S):
            while process.stdout is not None and await process.stdout.read(MAX_OUTPUT):
                pass  # a pipe that is read to its end is closed
            await process.wait()


def _environment(probe: Probe) -> dict[str, str]:
    """Return what a plugin sees of our environment: where programs and modules are, and nothing else."""
    names = ("PATH", "LANG", "TZ", "PYTHONPATH") if probe.kind == ENTRY_POINT else ("PATH", "LANG", "TZ")
    return {name: os.environ[name] for name in names if name in os.environ}


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
