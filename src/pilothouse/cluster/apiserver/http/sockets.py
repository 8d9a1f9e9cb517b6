"""Streamed answers as WebSocket messages: watches for browsers, and logs.

The client says nothing; whatever it sends is dropped, and the stream ends with it. Imported when a client asks for an upgrade.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterable

from pilothouse.kit.aio import TaskScope
from pilothouse.wire.duplex import Duplex
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.websocket import WebSocket, accept, is_websocket, offered


def events_as_messages(request: Request, response: Response) -> Response:
    """Return a watch with one text message for each event, or the watch as it is for clients of other protocols."""
    if not is_websocket(request) or isinstance(response.body, bytes):
        return response
    protocols = offered(request)
    return as_messages(request, response, protocols[0] if len(protocols) == 1 else "", is_text=True, is_lines=True)


def as_messages(
    request: Request, response: Response, protocol: str, *, is_text: bool = False, is_base64: bool = False, is_lines: bool = False
) -> Response:
    """Return the answer that sends the chunks of `response`, or its lines, as messages."""
    chunks = response.body
    assert not isinstance(chunks, bytes)

    async def send(socket: WebSocket, chunks: AsyncIterable[bytes]) -> None:
        with contextlib.suppress(ConnectionError):
            async for chunk in chunks:
                for piece in chunk.splitlines(keepends=True) if is_lines else (chunk,):
                    await socket.send(base64.b64encode(piece) if is_base64 else piece, is_text=is_text or is_base64)
            await socket.close()

    async def upgrade(stream: Duplex) -> None:
        socket = WebSocket(stream)
        try:
            async with TaskScope("messages") as scope:
                tasks = scope.spawn(send(socket, chunks), "send"), scope.spawn(_until_gone(socket), "receive")
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await response.aclose()

    return Response(101, b"", accept(request, protocol), "", upgrade=upgrade)


async def _until_gone(socket: WebSocket) -> None:
    with contextlib.suppress(ConnectionError):
        while await socket.receive() is not None:
            pass
