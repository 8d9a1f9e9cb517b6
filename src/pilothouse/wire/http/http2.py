"""A connection that speaks HTTP/2, on h2: many requests at once, each answered as soon as its own window allows.

Entered from `http1` when TLS agreed on it. The handler and the limits are those of HTTP/1.1; other protocols (exec, port-forward)
are not carried over it, so nobody upgrades here. A client that opens and resets streams faster than it reads answers is cut off.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable
from typing import Any

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from pilothouse.kit.aio import yield_now
from pilothouse.wire.http.compress import COMPRESS_BYTES, compressed, is_worth_it
from pilothouse.wire.http.edge import Edge, gather
from pilothouse.wire.http.heads import HTTP2_PREFACE, NO_BODY, peer_of, refusal
from pilothouse.wire.http.messages import Peer, Request, Response, split_target

logger = logging.getLogger("pilothouse.http")
MAX_STREAMS = 250
RECEIVE_WINDOW = 1 << 20
MAX_FRAME_BYTES = 16_384
_HEAD_BYTES = 9
BODIES = 4
"""Request bodies of the greatest length that one connection may send side by side; a stream beyond it is reset."""
FREE_RESETS = 200
"""Streams a client may reset without reading answers before it must have read as many."""
_HOP_BY_HOP = frozenset(("connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection"))
_CONFIG = h2.config.H2Configuration(client_side=False, header_encoding="latin-1", validate_inbound_headers=True)


class _Stream:
    """One request on its way in, then its answer."""

    def __init__(self, number: int, head: dict[str, str]) -> None:
        self.number, self.head = number, head
        self.body: list[bytes | bytearray] = []
        self.size = 0
        self.task: asyncio.Task[None] | None = None
        self.deadline: asyncio.TimerHandle | None = None


class _FrameLengths:
    """Looks at the heads of frames before h2 does, which collects a frame of any length before it measures it."""

    def __init__(self) -> None:
        self._rest = len(HTTP2_PREFACE)
        self._head = b""

    def fit(self, data: bytes) -> bool:
        """Tell whether no frame that begins in these bytes is too long."""
        at = 0
        while at < len(data):
            if self._rest:
                step = min(self._rest, len(data) - at)
                self._rest, at = self._rest - step, at + step
                continue
            part = data[at : at + _HEAD_BYTES - len(self._head)]
            self._head, at = self._head + part, at + len(part)
            if len(self._head) == _HEAD_BYTES:
                self._rest, self._head = int.from_bytes(self._head[:3], "big"), b""
                if self._rest > MAX_FRAME_BYTES:
                    return False
        return True


class Http2Connection(asyncio.Protocol):
    """One client connection."""

    def __init__(self, server: Edge) -> None:
        """Belong to `server`."""
        self._server = server
        self._transport: Any = None
        self._h2 = h2.connection.H2Connection(_CONFIG)
        self._lengths = _FrameLengths()
        self._streams: dict[int, _Stream] = {}
        self._most_held = BODIES * server.limits.max_body_bytes
        self.peer = Peer()
        self._may_send = asyncio.Event()
        self._is_paused = False
        self._idle: asyncio.TimerHandle | None = None
        self._resets = self._answered = self._streaming = 0
        self.is_closing = False
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_streaming(self) -> bool:
        """Whether an answer without an end is under way."""
        return self._streaming > 0

    @property
    def is_answering(self) -> bool:
        """Whether a request is under way, or its answer not all sent."""
        return bool(self._streams) or (not self._transport.is_closing() and self._transport.get_write_buffer_size() > 0)

    # --- transport events

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say hello with our limits."""
        self._transport = transport
        if len(self._server.connections) >= self._server.limits.max_connections:
            self.abort()
            return
        self._server.connections.add(self)
        self.peer = peer_of(transport)
        self._transport.set_write_buffer_limits(high=self._server.limits.write_high_bytes)
        codes = h2.settings.SettingCodes
        offered = {
            codes.MAX_CONCURRENT_STREAMS: MAX_STREAMS, codes.INITIAL_WINDOW_SIZE: RECEIVE_WINDOW,
            codes.MAX_HEADER_LIST_SIZE: self._server.limits.max_head_bytes,
        }  # fmt: skip
        self._h2.local_settings = h2.settings.Settings(client=False, initial_values=offered)
        self._h2.initiate_connection()
        self._flush()
        self._rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give up what is under way."""
        self._server.connections.discard(self)
        self.is_closing = True
        self._clear_idle()
        for stream in list(self._streams.values()):
            self._drop(stream)
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Take frames; a broken one ends the connection, and the client is told which."""
        if self.is_closing and not self._streams:
            return
        try:
            if not self._lengths.fit(data):
                raise h2.exceptions.FrameTooLargeError(f"a frame is longer than {MAX_FRAME_BYTES} bytes")
            for event in self._h2.receive_data(data):
                self._on_event(event)
        except h2.exceptions.ProtocolError as error:
            logger.debug("HTTP/2 connection ended: %s", error)
            self._flush()
            self._transport.close()
            return
        self._flush()

    def pause_writing(self) -> None:
        """Take nothing more from a client that does not read: its frames would only be answered."""
        self._is_paused = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self._is_paused = False
        self._transport.resume_reading()
        self._wake()

    # --- frames

    def _on_event(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            self._begin(event)
        elif isinstance(event, h2.events.DataReceived):
            self._on_data(event)
        elif isinstance(event, h2.events.StreamEnded):
            self._on_end(event.stream_id or 0)
        elif isinstance(event, h2.events.StreamReset):
            self._on_reset(event.stream_id or 0)
        elif isinstance(event, h2.events.WindowUpdated | h2.events.RemoteSettingsChanged):
            self._wake()
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.close_when_idle()

    def _begin(self, event: h2.events.RequestReceived) -> None:
        number = event.stream_id or 0
        if self.is_closing or self._server.is_draining:
            self._h2.reset_stream(number, h2.errors.ErrorCodes.REFUSED_STREAM)
            return
        head: dict[str, str] = {}
        for name, value in event.headers or ():
            key, text = str(name), str(value)
            head[key] = f"{head[key]}{'; ' if key == 'cookie' else ', '}{text}" if key in head else text
        stream = self._streams[number] = _Stream(number, head)
        self._clear_idle()
        seconds = self._server.limits.receive_timeout_s
        stream.deadline = asyncio.get_running_loop().call_later(seconds, self._expire, stream)

    def _on_data(self, event: h2.events.DataReceived) -> None:
        number = event.stream_id or 0
        if event.flow_controlled_length:
            self._h2.acknowledge_received_data(event.flow_controlled_length, number)
        stream = self._streams.get(number)
        if stream is None or stream.task is not None:
            return
        data = event.data or b""
        stream.size += len(data)
        gather(stream.body, data)
        if len(self._streams) > BODIES and sum(other.size for other in self._streams.values()) > self._most_held:
            self._drop(stream)
            self._h2.reset_stream(number, h2.errors.ErrorCodes.ENHANCE_YOUR_CALM)
            return  # the others are still there
        if stream.size > self._server.limits.max_body_bytes:
            stream.body = []
            self._start(stream, self._refuse(stream, 413, f"request body is over {self._server.limits.max_body_bytes} bytes"))

    def _on_end(self, number: int) -> None:
        stream = self._streams.get(number)
        if stream is not None and stream.task is None:
            self._start(stream, self._serve(stream))

    def _on_reset(self, number: int) -> None:
        stream = self._streams.get(number)
        if stream is None:
            return
        self._drop(stream)
        self._resets += 1
        if self._resets > max(FREE_RESETS, 2 * self._answered):
            logger.warning("connection of %s closed: %d streams were opened and reset", self.peer.address, self._resets)
            self._h2.close_connection(h2.errors.ErrorCodes.ENHANCE_YOUR_CALM)
            self._flush()
            self._transport.close()

    # --- streams

    def _start(self, stream: _Stream, work: Any) -> None:
        if stream.deadline is not None:
            stream.deadline.cancel()
        stream.task = self._server.scope.spawn(work, "request")

    def _drop(self, stream: _Stream) -> None:
        self._streams.pop(stream.number, None)
        if stream.deadline is not None:
            stream.deadline.cancel()
        if stream.task is not None:
            stream.task.cancel()

    def _expire(self, stream: _Stream) -> None:
        if self._streams.pop(stream.number, None) is not None:
            self._reset(stream.number)
            self._rest()

    def _reset(self, number: int) -> None:
        try:
            self._h2.reset_stream(number, h2.errors.ErrorCodes.CANCEL)
        except h2.exceptions.ProtocolError:
            return  # it ended in the meantime
        self._flush()

    async def _serve(self, stream: _Stream) -> None:
        head = stream.head
        try:
            target = head.get(":path", "")
            path, query = split_target(target)
        except ValueError as error:
            await self._refuse(stream, 400, f"malformed request target: {error}")
            return
        headers = {key: value for key, value in head.items() if not key.startswith(":")}
        headers.setdefault("host", head.get(":authority", ""))
        request = Request(
            head.get(":method", ""), path, query, headers, b"".join(stream.body), self.peer, is_streaming=True, raw_target=target
        )
        await self._answer(stream, request)

    async def _refuse(self, stream: _Stream, status: int, message: str) -> None:
        response = Response(status, refusal(status, message))
        await self._guarded(stream, self._send(stream, Request(stream.head.get(":method", ""), "/"), response))

    async def _answer(self, stream: _Stream, request: Request) -> None:
        async def answered() -> None:
            await self._send(stream, request, await self._server.handler(request))

        await self._guarded(stream, answered())

    async def _guarded(self, stream: _Stream, work: Any) -> None:
        """Do the work of a stream; whatever ends it early resets the stream only."""
        try:
            await work
            self._answered += 1
        except (ConnectionError, TimeoutError, asyncio.CancelledError, h2.exceptions.ProtocolError):
            self._reset(stream.number)
        except Exception:
            self._reset(stream.number)
            raise
        finally:
            self._streams.pop(stream.number, None)
            self._rest()

    # --- answering

    async def _send(self, stream: _Stream, request: Request, response: Response) -> None:
        body = response.body
        if isinstance(body, bytes):
            if len(body) > COMPRESS_BYTES and is_worth_it(request, response):
                body = await compressed(response, body)
            is_empty = not body or request.method == "HEAD" or response.status in NO_BODY
            self._h2.send_headers(stream.number, _head(response, len(body)), end_stream=is_empty)
            self._flush()
            if not is_empty:
                await self._send_data(stream.number, body)
                self._h2.end_stream(stream.number)
                self._flush()
            return
        self._streaming += 1
        try:
            self._h2.send_headers(stream.number, _head(response, None))
            self._flush()
            await self._stream(stream.number, body)
        finally:
            self._streaming -= 1
            await response.aclose()

    async def _stream(self, number: int, chunks: AsyncIterable[bytes]) -> None:
        async for chunk in chunks:
            await self._send_data(number, chunk)
        self._h2.end_stream(number)
        self._flush()

    async def _send_data(self, number: int, data: bytes) -> None:
        """Send bytes as the windows of the client allow; raises TimeoutError when they stay shut."""
        view, start = memoryview(data), 0
        while start < len(view):
            window = 0 if self._is_paused else self._h2.local_flow_control_window(number)
            size = min(window, self._h2.max_outbound_frame_size, len(view) - start)
            if size <= 0:
                self._may_send.clear()
                async with asyncio.timeout(self._server.limits.write_timeout_s):
                    await self._may_send.wait()
                continue
            self._h2.send_data(number, bytes(view[start : start + size]))
            start += size
            self._flush()
            await yield_now()  # the streams of a connection take turns

    def _wake(self) -> None:
        self._may_send.set()

    def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data and not self._transport.is_closing():
            self._transport.write(data)

    # --- closing

    def _rest(self) -> None:
        """Nothing may be under way: wait for the next request, or close."""
        if self._streams or self._transport is None or self._transport.is_closing():
            return
        if self.is_closing or self._server.is_draining:
            self._goodbye()
            return
        self._clear_idle()
        self._idle = asyncio.get_running_loop().call_later(self._server.limits.idle_timeout_s, self._goodbye)

    def _clear_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _goodbye(self) -> None:
        self.is_closing = True
        self._h2.close_connection()
        self._flush()
        self._transport.close()

    def close_when_idle(self) -> None:
        """Take no new streams, end those without an end, and close when the others are answered."""
        self.is_closing = True
        if self.is_streaming:
            for stream in list(self._streams.values()):
                if stream.task is not None:
                    stream.task.cancel()
        self._rest()

    def abort(self) -> None:
        """Close at once."""
        self.is_closing = True
        if self._transport is not None:
            self._transport.abort()


def _head(response: Response, length: int | None) -> list[tuple[str, str]]:
    """Return the head of an answer; `length` None means that nobody knows it yet."""
    lines = [(":status", str(response.status))]
    lines += [(name.lower(), value) for name, value in response.headers if name.lower() not in _HOP_BY_HOP]
    if response.content_type and not any(name == "content-type" for name, _ in lines):
        lines.append(("content-type", response.content_type))
    if length is not None and response.status not in NO_BODY:
        lines.append(("content-length", str(length)))
    return lines
