"""Programs with somebody at the other end: commands run inside a container, and a container's own program when attached to.

`execute` and `attach` ask the supervisor and return a `RunningCommand`: the API server's way to its input, output, terminal and
end. The descriptors are read when asked for only, so a slow client holds the program up and nothing is buffered here.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import struct
import termios

from pilothouse.cluster.nodeagent.adapters.supervisor import Connection
from pilothouse.cluster.nodeagent.errors import RuntimeFailure, SupervisorUnavailable
from pilothouse.cluster.nodeagent.supervisor.protocol import Message

CHUNK_BYTES = 64 << 10
LOST_CODE = 137
_MAX_SIDE = 65535


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


class RunningCommand:
    """One program as its client sees it; `close` must be called, and kills a command that still runs."""

    def __init__(self) -> None:
        """Begin without descriptors; `execute` and `attach` fill them in."""
        self.side: Connection | None = None
        self.stdin = -1
        self.terminal = -1
        self.outputs: dict[str, int] = {}
        self.attached_to = ""
        """The container whose own program this is; empty for a command."""
        self.is_stdin_once = False
        self._exit: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiters: set[asyncio.Future[None]] = set()

    def heard(self, message: Message) -> None:
        """The supervisor tells how a command ended."""
        if message.get("event") == "exec-exit":
            self.end(int(message["exitCode"]))

    def end(self, code: int) -> None:
        """The program is over: readers get what is left."""
        if not self._exit.done():
            self._exit.set_result(code)
        self._wake()

    def _wake(self) -> None:
        for waiter in self._waiters:
            _wake(waiter)

    async def wait(self) -> int:
        """Return the exit code once the program is over."""
        return await asyncio.shield(self._exit)

    async def read(self, stream: str) -> bytes:
        """Return what came on `stdout` or `stderr`, empty at the end."""
        while (fd := self.outputs.get(stream, -1)) >= 0:
            try:
                data = os.read(fd, CHUNK_BYTES)
            except BlockingIOError:
                if self._exit.done():
                    break
                await self._ready(fd, is_write=False)
            except OSError:  # the terminal of a program that is over
                break
            else:
                if data:
                    return data
                break
        self._drop(stream)
        return b""

    def _drop(self, stream: str) -> None:
        fd = self.outputs.pop(stream, -1)
        if fd >= 0 and fd != self.terminal:
            os.close(fd)
        if not self.outputs and self.attached_to:
            self.end(0)

    async def _ready(self, fd: int, *, is_write: bool) -> None:
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiters.add(waiter)
        add, remove = (loop.add_writer, loop.remove_writer) if is_write else (loop.add_reader, loop.remove_reader)
        add(fd, _wake, waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)
            remove(fd)

    async def write(self, data: bytes) -> None:
        """Give the program input; what nobody reads any more is dropped."""
        while data and self.stdin >= 0 and not self._exit.done():
            try:
                data = data[os.write(self.stdin, data) :]
            except BlockingIOError:
                await self._ready(self.stdin, is_write=True)
            except OSError:
                return

    async def close_stdin(self) -> None:
        """End the input; a terminal has no end, and a container's own program goes on waiting unless it reads once."""
        if self.stdin < 0 or self.stdin == self.terminal:
            return
        os.close(self.stdin)
        self.stdin = -1
        if self.is_stdin_once and self.side is not None:
            with contextlib.suppress(RuntimeFailure, SupervisorUnavailable):
                await self.side.request("close-stdin", id=self.attached_to)

    def resize(self, width: int, height: int) -> None:
        """Tell the terminal its size in characters."""
        if self.terminal >= 0 and 0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE:
            with contextlib.suppress(OSError):
                fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    async def close(self) -> None:
        """Let go of everything; safe to call twice."""
        await self.close_stdin()
        if self.side is not None:
            self.side.close()
        self._wake()
        for fd in {self.stdin, self.terminal, *self.outputs.values()} - {-1}:
            os.close(fd)
        self.stdin = self.terminal = -1
        self.outputs = {}


def _hold(command: RunningCommand, stream: str, fd: int) -> None:
    os.set_blocking(fd, False)
    if stream == "stdin":
        command.stdin = fd
    else:
        command.outputs[stream] = fd


def _child_side(command: RunningCommand, streams: frozenset[str]) -> list[int]:
    """Return what the program gets as stdin, stdout and stderr; the other ends stay with `command`."""
    if "tty" in streams:
        command.terminal, slave = os.openpty()
        os.set_blocking(command.terminal, False)
        command.stdin, command.outputs = command.terminal, {"stdout": command.terminal}
        return [slave, os.dup(slave), os.dup(slave)]
    given = []
    for stream in ("stdin", "stdout", "stderr"):
        if stream not in streams:
            given.append(os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC))
            continue
        reader, writer = os.pipe2(os.O_CLOEXEC)
        own, others = (writer, reader) if stream == "stdin" else (reader, writer)
        _hold(command, stream, own)
        given.append(others)
    return given


async def execute(data_dir: str, container_id: str, argv: list[str], streams: frozenset[str]) -> RunningCommand:
    """Run `argv` inside a container; `streams` names what is wanted of stdin, stdout, stderr and tty. Raises StartFailed."""
    command = RunningCommand()
    given: list[int] = []
    try:
        command.side = Connection(data_dir, command.heard, lambda: command.end(LOST_CODE))
        command.side.open()
        given = _child_side(command, streams)
        spec: Message = {"argv": argv, "tty": "tty" in streams, "env": {"TERM": "xterm"} if "tty" in streams else {}}
        await command.side.request("exec", given, id=container_id, spec=spec)
    except BaseException:
        await command.close()
        raise
    finally:
        for fd in given:
            os.close(fd)
    return command


async def attach(data_dir: str, container_id: str, streams: frozenset[str], *, is_stdin_once: bool) -> RunningCommand:
    """Follow a container's own program from now on, and give it input where it has any; its end is the end of its output."""
    command = RunningCommand()
    command.attached_to, command.is_stdin_once = container_id, is_stdin_once
    wanted = [name for name in ("stdout", "stderr") if name in streams]
    given: list[int] = []
    try:
        command.side = Connection(data_dir, command.heard, lambda: command.end(LOST_CODE))
        command.side.open()
        for name in wanted:
            reader, writer = os.pipe2(os.O_CLOEXEC)
            given.append(writer)
            _hold(command, name, reader)
        _, received = await command.side.request("attach", given, id=container_id, streams=wanted)
        for fd in received:
            _take_input(command, fd, is_wanted="stdin" in streams)
    except BaseException:
        await command.close()
        raise
    finally:
        for fd in given:
            os.close(fd)
    return command


def _take_input(command: RunningCommand, fd: int, *, is_wanted: bool) -> None:
    os.set_blocking(fd, False)
    if os.isatty(fd):
        command.terminal, command.stdin = fd, fd if is_wanted else -1
    elif is_wanted:
        command.stdin = fd
    else:
        os.close(fd)
