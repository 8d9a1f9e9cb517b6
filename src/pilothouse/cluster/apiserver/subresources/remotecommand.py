"""Commands with a client at the other end: `pods/exec` and `pods/attach` after the connection was upgraded.

A process is started on the node, its output flows to the client and the client's input to it, and the end is reported as a
Status: success, or `NonZeroExitCode` with the code as a cause.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from pilothouse.cluster.apiserver.backend import RemoteProcess
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.subresources.channels import CommandClient, SpdyClient, WebSocketClient, serve_session
from pilothouse.kit.aio import TaskScope, run_all, yield_now
from pilothouse.kit.errors import NotFound, PilothouseError
from pilothouse.wire.duplex import Duplex
from pilothouse.wire.spdy.session import Session
from pilothouse.wire.websocket import WebSocket

Start = Callable[[], Awaitable[RemoteProcess]]
STREAMS_S = 30.0
"""Time a client of the old protocol has to open its streams."""


def status_of(command: list[str], code: int) -> Obj:
    """Return the Status of a command that ended with `code`."""
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    shown = " ".join(command)
    return {
        "metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
        "message": f"command terminated with non-zero exit code: error executing command [{shown}], exit code {code}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }  # fmt: skip


def failure(message: str) -> Obj:
    """Return the Status of a command that could not run."""
    return {
        "metadata": {}, "status": "Failure", "reason": "InternalError", "message": f"Internal error occurred: {message}",
        "details": {"causes": [{"message": message}]}, "code": 500,
    }  # fmt: skip


async def converse(client: CommandClient, start: Start, command: list[str], streams: frozenset[str]) -> None:
    """Run one command for one client; returns when it was told how it ended, or went away."""
    try:
        process = await start()
    except NotFound as error:
        await client.finish(failure(f"unable to upgrade connection: {error.message}"))
        return
    except PilothouseError as error:
        kind = "executing command in" if command else "attaching to"
        await client.finish(failure(f"error {kind} container: {error.message}"))
        return
    try:
        code = await _until_over(client, process, streams)
    finally:
        await process.close()
    if code is not None:
        await client.finish(status_of(command, code))


async def _until_over(client: CommandClient, process: RemoteProcess, streams: frozenset[str]) -> int | None:
    """Pass everything both ways; returns the exit code, or None when the client left first."""

    async def send(stream: str) -> int:
        while data := await process.read(stream):
            if stream == "stdout":
                await yield_now()  # what was complained about meanwhile is read first: some clients leave with their last data
            await client.write(stream, data)
        return 0

    async def work() -> int | None:
        wanted = [send(name) for name in ("stdout", "stderr") if name in streams]
        with contextlib.suppress(ConnectionError):
            return (await run_all([*wanted, process.wait()]))[-1]
        return None

    async with TaskScope("remotecommand") as scope:
        output = scope.spawn(work(), "output")
        gone = scope.spawn(client.listen(process), "input")
        await asyncio.wait((output, gone), return_when=asyncio.FIRST_COMPLETED)
        return output.result() if output.done() else None


async def over_websocket(stream: Duplex, protocol: str, start: Start, command: list[str], streams: frozenset[str]) -> None:
    """Serve the client of a WebSocket."""
    client = WebSocketClient(WebSocket(stream), protocol)
    await client.open("stdout" if "stdout" in streams else "stderr" if "stderr" in streams else "")
    await converse(client, start, command, streams)


async def over_spdy(stream: Duplex, protocol: str, start: Start, command: list[str], streams: frozenset[str]) -> None:
    """Serve the client of a SPDY connection."""
    client = SpdyClient(protocol, streams)
    session = Session(stream, client.opened)

    async def work() -> None:
        try:
            async with asyncio.timeout(STREAMS_S):
                await client.is_ready.wait()
        except TimeoutError:
            return
        await converse(client, start, command, streams)

    await serve_session(session, work())
