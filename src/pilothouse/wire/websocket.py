"""WebSockets (RFC 6455) over a `Duplex`: messages in and out, pings answered, sizes bounded.

wsproto does the frames; the handshake is a few headers and done here, for the server's side (`accept`) and the client's
(`client_headers`, `check_accept`). Commands, port forwarding and proxied upgrades of the API server stand on it, and so does the
command line. A message is one `bytes`; text arrives and leaves as UTF-8.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Sequence
from typing import Any

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Message, Ping, TextMessage
from wsproto.utilities import LocalProtocolError

from pilothouse.kit.errors import BadRequest, Unavailable
from pilothouse.wire.duplex import Duplex
from pilothouse.wire.http.messages import Request

MAX_MESSAGE_BYTES = 4 << 20
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_VERSION = "13"
NORMAL, TOO_BIG = 1000, 1009


def is_websocket(request: Request) -> bool:
    """Whether a client asks for a WebSocket on a connection that can become one."""
    return request.can_upgrade and "websocket" in request.header("upgrade").lower()


def offered(request: Request) -> list[str]:
    """Return the subprotocols a client offers, in its order."""
    return [part.strip() for part in request.header("sec-websocket-protocol").split(",") if part.strip()]


def _answer_to(key: str) -> str:
    return base64.b64encode(hashlib.sha1(key.encode("latin-1") + _GUID, usedforsecurity=False).digest()).decode()


def accept(request: Request, protocol: str = "") -> list[tuple[str, str]]:
    """Return the headers of the 101 answer that speaks `protocol`; raises BadRequest when the handshake is malformed."""
    key = request.header("sec-websocket-key")
    if request.method != "GET" or request.header("sec-websocket-version") != _VERSION or not key:
        raise BadRequest("malformed WebSocket handshake", fix="send GET with Sec-WebSocket-Key and Sec-WebSocket-Version: 13")
    headers = [("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-accept", _answer_to(key))]
    return [*headers, ("sec-websocket-protocol", protocol)] if protocol else headers


def client_headers(key_bytes: bytes, protocols: Sequence[str]) -> dict[str, str]:
    """Return the headers of a client's handshake; `key_bytes` are 16 random bytes."""
    headers = {
        "upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": _VERSION,
        "sec-websocket-key": base64.b64encode(key_bytes).decode(),
    }  # fmt: skip
    return {**headers, "sec-websocket-protocol": ", ".join(protocols)} if protocols else headers


def check_accept(sent: dict[str, str], received: dict[str, str]) -> str:
    """Return the subprotocol the server chose; raises Unavailable when its answer does not belong to the handshake."""
    if received.get("sec-websocket-accept") != _answer_to(sent["sec-websocket-key"]):
        raise Unavailable("the server's answer to the WebSocket handshake is wrong")
    return received.get("sec-websocket-protocol", "")


class WebSocket:
    """Messages over an upgraded connection."""

    def __init__(self, stream: Duplex, *, is_client: bool = False, max_message_bytes: int = MAX_MESSAGE_BYTES) -> None:
        """Speak over `stream` from now on."""
        self._stream, self._limit = stream, max_message_bytes
        self._frames = Connection(ConnectionType.CLIENT if is_client else ConnectionType.SERVER)
        self._events = self._frames.events()
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def is_open(self) -> bool:
        """Whether messages can still be sent."""
        return self._frames.state is ConnectionState.OPEN

    async def receive(self) -> bytes | None:
        """Return the next message, or None once the other side closed or broke the rules."""
        while True:
            for event in self._events:
                if isinstance(event, Message):
                    if (message := await self._collect(event)) is not None:
                        return message
                elif isinstance(event, Ping):
                    await self._send(event.response())
                elif isinstance(event, CloseConnection):
                    await self._send(event.response())
                    return None
            if self._frames.state is ConnectionState.CLOSED or not (data := await self._stream.read()):
                return None
            self._frames.receive_data(data)
            self._events = self._frames.events()

    async def _collect(self, event: Message[Any]) -> bytes | None:
        data = event.data.encode() if isinstance(event.data, str) else bytes(event.data)
        self._size += len(data)
        if self._size > self._limit:
            await self.close(TOO_BIG, f"message is over the limit of {self._limit} bytes")
            raise ConnectionAbortedError(f"WebSocket message is over the limit of {self._limit} bytes")
        self._parts.append(data)
        if not event.message_finished:
            return None
        whole = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts, self._size = [], 0
        return whole

    async def _send(self, event: Event) -> None:
        with contextlib.suppress(LocalProtocolError):  # the other side closed first
            await self._stream.write(self._frames.send(event))

    async def send(self, data: bytes, *, is_text: bool = False) -> None:
        """Send one message; nothing is sent once either side closed. Raises ConnectionError when the client is gone."""
        if self.is_open:
            await self._send(TextMessage(data=data.decode()) if is_text else BytesMessage(data=data))

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Say that nothing more is sent; what the other side still sends can be received until it says so too."""
        with contextlib.suppress(ConnectionError):
            await self._send(CloseConnection(code=code, reason=reason[:100]))


class Tunnel:
    """A WebSocket whose binary messages are bytes of another protocol."""

    def __init__(self, socket: WebSocket) -> None:
        """Stand on `socket`."""
        self._socket = socket

    async def read(self) -> bytes:
        """Return what came next."""
        while (message := await self._socket.receive()) is not None:
            if message:
                return message
        return b""

    async def write(self, data: bytes) -> None:
        """Send one message."""
        if not self._socket.is_open:
            raise ConnectionResetError("the tunnel was closed")
        await self._socket.send(data)

    async def write_eof(self) -> None:
        """Close the tunnel for sending."""
        await self._socket.close()

    async def close(self) -> None:
        """Close the tunnel."""
        await self._socket.close()
