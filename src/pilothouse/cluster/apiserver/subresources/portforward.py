"""Port forwarding after the upgrade: SPDY streams in pairs, tunnelled in a WebSocket or on their own, or channels.

`kubectl port-forward` opens an error and a data stream for every connection to its local port; the data stream is joined to a
port of the Pod, and what goes wrong is one line on the error stream.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import struct
from collections.abc import Awaitable, Callable

from pilothouse.cluster.apiserver.subresources.channels import serve_session
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.errors import PilothouseError
from pilothouse.wire.duplex import Duplex, copy
from pilothouse.wire.spdy.session import Session, Stream
from pilothouse.wire.websocket import WebSocket

Dial = Callable[[int], Awaitable[Duplex]]
TUNNEL = "SPDY/3.1+portforward.k8s.io"
SPDY_PROTOCOL = "portforward.k8s.io"
CHANNEL_PROTOCOLS = ("v4.channel.k8s.io", "v4.base64.channel.k8s.io")
MAX_PORTS = 100


async def join(data: Duplex, dial: Dial, port: int) -> str:
    """Connect a client's stream to a port until the Pod's side ends; returns what went wrong, empty for nothing."""
    try:
        remote = await dial(port)
    except PilothouseError as error:
        return error.message
    try:
        async with TaskScope("forward") as scope:
            upward = scope.spawn(_copied(data, remote), "to-pod")
            downward = scope.spawn(_copied(remote, data), "to-client")
            done, _ = await asyncio.wait((upward, downward), return_when=asyncio.FIRST_COMPLETED)
            if downward not in done and upward.result():
                await downward
    finally:
        await remote.close()
    return ""


async def _copied(source: Duplex, target: Duplex) -> bool:
    """Copy to the end; returns whether it ended well, and not because one side broke."""
    try:
        await copy(source, target)
    except OSError:
        return False
    return True


class Forwarder:
    """Pairs up the streams of one session."""

    def __init__(self, dial: Dial, pod: str, uid: str, scope: TaskScope) -> None:
        """Connect through `dial`; `pod` and `uid` are named in errors."""
        self._dial, self._who, self._scope = dial, f"pod {pod}, uid {uid}", scope
        self._waiting: dict[str, dict[str, Stream]] = {}

    def opened(self, stream: Stream) -> None:
        """Take a new stream; raises ValueError when it does not say what it is for."""
        kind, port = stream.headers.get("streamtype", ""), stream.headers.get("port", "")
        if kind not in ("error", "data") or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError(f"a stream needs a streamType of error or data and a port, not {kind!r} and {port!r}")
        request = stream.headers.get("requestid") or str(stream.number - (2 if kind == "data" else 0))
        pair = self._waiting.setdefault(request, {})
        if kind in pair:
            raise ValueError(f"{kind} stream already assigned")
        pair[kind] = stream
        if len(pair) == 2:
            del self._waiting[request]
            self._scope.spawn(self._serve(pair["data"], pair["error"], int(port)), "connection")

    async def _serve(self, data: Stream, error: Stream, port: int) -> None:
        with contextlib.suppress(ConnectionError):
            if problem := await join(data, self._dial, port):
                await error.write(f"error forwarding port {port} to {self._who}: {problem}".encode())
        for stream in (data, error):
            with contextlib.suppress(ConnectionError):
                await stream.close()


async def over_spdy(stream: Duplex, dial: Dial, pod: str, uid: str) -> None:
    """Serve a SPDY connection until the client closes it."""
    async with TaskScope("portforward") as scope:
        forwarder = Forwarder(dial, pod, uid, scope)
        await serve_session(Session(stream, forwarder.opened), asyncio.Event().wait())


async def over_channels(stream: Duplex, protocol: str, dial: Dial, ports: list[int]) -> None:
    """Serve the older protocol: for each port two channels, data and error, that begin with the port's number."""
    socket, is_text = WebSocket(stream), "base64" in protocol
    inputs: list[asyncio.Queue[bytes]] = [asyncio.Queue(16) for _ in ports]

    async def send(channel: int, data: bytes) -> None:
        text = b"%d%b" % (channel, base64.b64encode(data)) if is_text else bytes([channel]) + data
        await socket.send(text, is_text=is_text)

    async def serve(index: int, port: int) -> None:
        problem = await join(_Channel(inputs[index], lambda data: send(2 * index, data)), dial, port)
        if problem:
            await send(2 * index + 1, f"error forwarding port {port}: {problem}".encode())

    async with TaskScope("portforward") as scope:
        for index, port in enumerate(ports):
            for channel in (2 * index, 2 * index + 1):
                await send(channel, struct.pack("<H", port))
            scope.spawn(_until_broken(serve(index, port)), "port")
        with contextlib.suppress(ConnectionError):
            while (message := await socket.receive()) is not None:
                channel, data = (message[0] - 48, base64.b64decode(message[1:])) if is_text else (message[0], message[1:])
                if channel % 2 == 0 and 0 <= channel // 2 < len(ports) and data:
                    await inputs[channel // 2].put(data)


async def _until_broken(work: Awaitable[None]) -> None:
    with contextlib.suppress(ConnectionError):
        await work


class _Channel:
    """One data channel as a `Duplex`."""

    def __init__(self, incoming: asyncio.Queue[bytes], send: Callable[[bytes], Awaitable[None]]) -> None:
        self._incoming, self._send = incoming, send

    async def read(self) -> bytes:
        return await self._incoming.get()

    async def write(self, data: bytes) -> None:
        await self._send(data)

    async def write_eof(self) -> None:
        """Channels have no end."""

    async def close(self) -> None:
        """Channels have no end."""
