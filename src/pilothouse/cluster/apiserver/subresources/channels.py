"""Who is at the other end of a command: a WebSocket with numbered channels, or a SPDY session with named streams.

Both offer the same three things to `remotecommand`: `listen` passes input and terminal sizes to a process, `write` sends output,
`finish` reports how it ended. The channel protocols are those of Kubernetes (`v5.channel.k8s.io` and its ancestors).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
from typing import Any, Protocol

import orjson

from pilothouse.cluster.apiserver.backend import RemoteProcess
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.wire.spdy.session import Session, Stream
from pilothouse.wire.websocket import WebSocket

STDIN, STDOUT, STDERR, ERROR, RESIZE = range(5)
_CHANNELS = {"stdout": STDOUT, "stderr": STDERR}
_CLOSE = 255
_MAX_SIZE_BYTES = 4096
FINISH_S = 300.0
"""Time a client may take to read the rest of the output and close."""

WEBSOCKET_PROTOCOLS = (
    "v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io",
)  # fmt: skip
SPDY_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io")


class CommandClient(Protocol):
    """The client of a remote command."""

    async def listen(self, process: RemoteProcess) -> None:
        """Pass input and sizes on until the client is gone."""
        ...

    async def write(self, stream: str, data: bytes) -> None:
        """Send output of `stdout` or `stderr`."""
        ...

    async def finish(self, status: Obj) -> None:
        """Report the end, and wait until the client read everything."""
        ...


def _size_of(data: bytes) -> tuple[int, int] | None:
    try:
        size = orjson.loads(data)
        return int(size["Width"]), int(size["Height"])
    except (ValueError, KeyError, TypeError):
        return None


def error_text(status: Obj, protocol: str) -> bytes:
    """Return what goes on the error channel: a Status since version 4, the bare message of a failure before."""
    if protocol.startswith(("v4.", "v5.")):
        return orjson.dumps(status)
    return b"" if status["status"] == "Success" else str(status.get("message", "")).encode()


class WebSocketClient:
    """Channels as the first byte of messages, or as a digit before base64 in the text protocols."""

    def __init__(self, socket: WebSocket, protocol: str) -> None:
        """Speak `protocol`."""
        self._socket, self._protocol = socket, protocol
        self._is_text = "base64" in protocol
        self._has_input = True

    async def listen(self, process: RemoteProcess) -> None:
        """Pass input and sizes on until the client is gone."""
        with contextlib.suppress(ConnectionError):
            while (message := await self._socket.receive()) is not None:
                if message:
                    await self._take(process, message)

    async def _take(self, process: RemoteProcess, message: bytes) -> None:
        channel, data = message[0], message[1:]
        if self._is_text:
            channel -= ord("0")
            with contextlib.suppress(binascii.Error):
                data = base64.b64decode(data, validate=True)
        if channel == STDIN and self._has_input:
            await process.write(data)
        elif channel == RESIZE and (size := _size_of(data)) is not None:
            process.resize(*size)
        elif channel == _CLOSE and data[:1] == bytes([STDIN]):
            self._has_input = False
            await process.close_stdin()

    async def open(self, stream: str) -> None:
        """Tell the client that the connection stands, with an empty message."""
        await self._send(_CHANNELS.get(stream, ERROR), b"")

    async def write(self, stream: str, data: bytes) -> None:
        """Send output."""
        await self._send(_CHANNELS[stream], data)

    async def _send(self, channel: int, data: bytes) -> None:
        if self._is_text:
            await self._socket.send(b"%d%b" % (channel, base64.b64encode(data)), is_text=True)
        else:
            await self._socket.send(bytes([channel]) + data)

    async def finish(self, status: Obj) -> None:
        """Report the end and close; what the client still sends is dropped."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            if text := error_text(status, self._protocol):
                await self._send(ERROR, text)
            await self._socket.close()
            async with asyncio.timeout(FINISH_S):
                while await self._socket.receive() is not None:
                    pass


class SpdyClient:
    """One stream for each of error, stdin, stdout, stderr and resize, opened by the client."""

    def __init__(self, protocol: str, streams: frozenset[str]) -> None:
        """Wait for the streams that `streams` (and the protocol) ask for."""
        self._protocol = protocol
        self._wanted = {"error", *(streams - {"tty"})}
        if "tty" in streams and protocol not in ("channel.k8s.io", "v2.channel.k8s.io"):
            self._wanted.add("resize")
        self._streams: dict[str, Stream] = {}
        self.is_ready = asyncio.Event()

    def opened(self, stream: Stream) -> None:
        """Take a new stream of the session; raises ValueError to refuse it."""
        kind = stream.headers.get("streamtype", "")
        if kind not in self._wanted or kind in self._streams:
            raise ValueError(f"unexpected stream of type {kind!r}")
        self._streams[kind] = stream
        if len(self._streams) == len(self._wanted):
            self.is_ready.set()

    async def listen(self, process: RemoteProcess) -> None:
        """Pass input and sizes on, and stay until cancelled: the session knows when the client is gone."""
        from pilothouse.kit.aio import run_all

        with contextlib.suppress(ConnectionError):
            await run_all([self._input(process), self._sizes(process)])
        await asyncio.Event().wait()

    async def _input(self, process: RemoteProcess) -> None:
        if "stdin" in self._streams:
            while data := await self._streams["stdin"].read():
                await process.write(data)
            await process.close_stdin()

    async def _sizes(self, process: RemoteProcess) -> None:
        rest = b""
        while "resize" in self._streams and (data := await self._streams["resize"].read()):
            *lines, rest = (rest + data).replace(b"}", b"}\n").split(b"\n")
            rest = rest[-_MAX_SIZE_BYTES:]
            for line in lines:
                if (size := _size_of(line)) is not None:
                    process.resize(*size)

    async def write(self, stream: str, data: bytes) -> None:
        """Send output."""
        await self._streams[stream].write(data)

    async def finish(self, status: Obj) -> None:
        """Report the end and end every stream."""
        with contextlib.suppress(ConnectionError):
            await self._streams["error"].write(error_text(status, self._protocol))
            for stream in self._streams.values():
                await stream.write_eof()


async def serve_session(session: Session, work: Any) -> None:
    """Run a SPDY session beside `work` (a coroutine) until either ends."""
    from pilothouse.kit.aio import TaskScope

    async with TaskScope("spdy") as scope:
        running = scope.spawn(_quietly(session), "session")
        task = scope.spawn(work, "work")
        await asyncio.wait((running, task), return_when=asyncio.FIRST_COMPLETED)


async def _quietly(session: Session) -> None:
    with contextlib.suppress(ConnectionError, ValueError):  # a client that goes away or talks nonsense only ends its connection
        await session.run()
