"""`pilothouse exec` and `pilothouse attach`: a program in a container with this terminal at the other end."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pilothouse.app.cli.access import Api, add_flags
from pilothouse.app.cli.names import pod_of

if TYPE_CHECKING:
    from pilothouse.wire.websocket import WebSocket

PROTOCOL = "v5.channel.k8s.io"
_STDIN, _STDOUT, _STDERR, _ERROR, _RESIZE, _CLOSE = 0, 1, 2, 3, 4, 255
_CHUNK_BYTES = 32 << 10
FAILED = 1


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    for name, text in (("exec", "run a command in a container"), ("attach", "connect to the program of a container")):
        parser = subparsers.add_parser(name, help=text)
        parser.add_argument("pod", help="Pod name, or TYPE/NAME of something that selects Pods")
        parser.add_argument("-c", "--container", default="", help="container (default: the only one)")
        parser.add_argument("-i", "--stdin", action="store_true", help="pass standard input on")
        parser.add_argument("-t", "--tty", action="store_true", help="give the program a terminal")
        add_flags(parser)
        if name == "exec":
            parser.add_argument("words", nargs="+", metavar="COMMAND", help="command and arguments, after --")
        parser.set_defaults(run=run, words=[])


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    from pilothouse.app.cli.streams.session import connect

    api = Api(args)
    is_tty = args.tty and sys.stdin.isatty()
    flags = {"stdin": args.stdin, "stdout": True, "stderr": not is_tty, "tty": is_tty}
    query = [(name, "true") for name, is_set in flags.items() if is_set]
    query += [("container", args.container)] if args.container else []
    query += [("command", word) for word in args.words]
    path = f"/api/v1/namespaces/{api.namespace}/pods/{pod_of(api, args.pod)}/{args.command}"
    socket = await connect(api.access, path, query, PROTOCOL)
    with raw_terminal() if is_tty else contextlib.nullcontext():
        return await converse(socket, has_input=args.stdin, is_tty=is_tty)


@contextlib.contextmanager
def raw_terminal() -> Iterator[None]:
    """Pass every key on as it is, until the end of the block."""
    import termios
    import tty

    before = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


async def converse(socket: WebSocket, *, has_input: bool, is_tty: bool) -> int:
    """Connect this process' streams to the program's; returns its exit status."""
    from pilothouse.kit.aio import TaskScope

    async with TaskScope("exec") as scope:
        if has_input:
            scope.spawn(_send_input(socket), "input")
        if is_tty:
            scope.spawn(_follow_size(socket), "size")
        while (message := await socket.receive()) is not None:
            channel, data = message[:1], message[1:]
            if channel == bytes([_ERROR]):
                await socket.close()
                return exit_status(json.loads(data or b"{}"))
            output = sys.stderr if channel == bytes([_STDERR]) else sys.stdout
            output.buffer.write(data)
            output.buffer.flush()
    print("error: the connection to the program was lost", file=sys.stderr)
    return FAILED


def exit_status(status: dict[str, Any]) -> int:
    """Return the exit status a Status reports; other failures are printed."""
    if status.get("status") == "Success":
        return 0
    for cause in (status.get("details") or {}).get("causes") or []:
        if cause.get("reason") == "ExitCode" and str(cause.get("message")).isdigit():
            return int(cause["message"])
    print(f"error: {status.get('message', 'the command failed')}", file=sys.stderr)
    return FAILED


async def _send_input(socket: WebSocket) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await _read_input():
            await socket.send(bytes([_STDIN]) + data)
        await socket.send(bytes([_CLOSE, _STDIN]))


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


async def _read_input() -> bytes:
    """Return what comes next on standard input, without a thread that outlives the command."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    try:
        loop.add_reader(0, _wake, ready)
    except PermissionError:  # a regular file is always ready
        return os.read(0, _CHUNK_BYTES)
    try:
        await ready
    finally:
        loop.remove_reader(0)
    return os.read(0, _CHUNK_BYTES)


async def _follow_size(socket: WebSocket) -> None:
    changed = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGWINCH, changed.set)
    with contextlib.suppress(OSError):
        while True:
            changed.clear()
            size = os.get_terminal_size(0)
            text = json.dumps({"Width": size.columns, "Height": size.lines})
            await socket.send(bytes([_RESIZE]) + text.encode())
            await changed.wait()
