"""A connection that speaks HTTP/1.1, on httptools: the cheapest edge measured that still exposes the client certificate.

Requests of one connection are answered in order; while a response is under way the socket is not read, which is the
back-pressure. Every input is bounded: head, body, and the time a client may take to send them.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterable
from typing import Any

import httptools

from pilothouse.kit.aio import yield_now
from pilothouse.wire.http.compress import COMPRESS_BYTES, compressed, is_worth_it
from pilothouse.wire.http.edge import Edge, gather
from pilothouse.wire.http.heads import HTTP2_PREFACE, NO_BODY, head_of, is_http2, peer_of, refusal
from pilothouse.wire.http.messages import Peer, PushedBody, Request, Response, Upgrade, split_target
from pilothouse.wire.http.upgrade import UpgradedStream

logger = logging.getLogger("pilothouse.http")
SLICE_BYTES = 512 << 10
UPGRADED_HIGH_BYTES = 128 << 10
"""Bytes buffered for a slow reader of an upgraded connection; nothing is gained by more, as they come in small pieces."""


class Http1Connection(asyncio.Protocol):
    """One client connection."""

    __slots__ = (
        "_body", "_buffered", "_can_write", "_deadline", "_error", "_head_bytes", "_headers", "_is_busy", "_is_head_over",
        "_parser", "_pushed", "_queue", "_server", "_target", "_task", "_transport", "_upgraded", "closed", "is_closing",
        "is_streaming", "peer",
    )  # fmt: skip

    def __init__(self, server: Edge) -> None:
        """Belong to `server`."""
        self._server = server
        self._transport: Any = None
        self._parser = httptools.HttpRequestParser(self)
        self._headers: dict[str, str] = {}
        self._body: list[bytes | bytearray] = []
        self._buffered = 0
        self._head_bytes = 0
        self._is_head_over = False
        self._upgraded: UpgradedStream | None = None
        self._pushed: PushedBody | None = None
        self._target = b""
        self._queue: deque[tuple[Request, bool]] = deque()
        self.peer = Peer()
        self._is_busy = False
        self._can_write: asyncio.Future[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._error: tuple[int, str] | None = None
        self._task: asyncio.Task[None] | None = None
        self.is_closing = False
        self.is_streaming = False
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # --- transport events

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember who it is, or let HTTP/2 take over where the client asked for it."""
        self._transport = transport
        if is_http2(transport):
            self._become_http2()
            return
        if len(self._server.connections) >= self._server.limits.max_connections:
            logger.warning("connection refused: %d are open", len(self._server.connections))
            self.abort()
            return
        self._transport.set_write_buffer_limits(high=self._server.limits.write_high_bytes)
        self._server.connections.add(self)
        self.peer = peer_of(transport)
        self._set_deadline(self._server.limits.idle_timeout_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give up what is under way."""
        self._server.connections.discard(self)
        self._clear_deadline()
        self.is_closing = True
        if self._can_write is not None and not self._can_write.done():
            self._can_write.set_exception(ConnectionResetError("client went away"))
        if self._upgraded is not None:
            self._upgraded.feed_eof()
            self._upgraded = None  # they know each other: without this the buffers of both wait for the collector
        if self._task is not None:
            self._task.cancel()
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a malformed request is answered and ends the connection."""
        if self.is_closing:
            return
        if self._upgraded is not None:
            self._upgraded.feed(data)
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._answer_last(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            if data.startswith(HTTP2_PREFACE) and not self._is_busy:  # a client that knew it without asking
                self._become_http2().data_received(data)
                return
            self._refuse(*(self._error or (400, f"malformed HTTP request: {error}")))

    def _become_http2(self) -> asyncio.Protocol:
        """Hand the connection over to the other version."""
        from pilothouse.wire.http.http2 import Http2Connection  # few clients want it, and h2 costs as much as this edge

        self._server.connections.discard(self)
        self._clear_deadline()
        other = Http2Connection(self._server)
        self._transport.set_protocol(other)
        other.connection_made(self._transport)
        return other

    def _answer_last(self, rest: bytes) -> None:
        """Keep what follows a request for another protocol: if the handler answers in HTTP, it is the last answer."""
        self._transport.pause_reading()
        self._upgraded = UpgradedStream(self, rest)
        if self._queue:
            self._queue[-1] = (self._queue[-1][0], False)

    def eof_received(self) -> bool:
        """Close once the client closed."""
        return False

    def pause_writing(self) -> None:
        """Make streaming wait."""
        self._can_write = asyncio.get_running_loop().create_future()
        if self._pushed is not None:
            self._set_deadline(self._server.limits.write_timeout_s)

    def resume_writing(self) -> None:
        """Let streaming go on."""
        if self._can_write is not None and not self._can_write.done():
            self._can_write.set_result(None)
        self._can_write = None
        if self._pushed is not None:
            self._clear_deadline()
            self._pushed.resume()

    # --- parser events

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._headers, self._body, self._buffered, self._head_bytes, self._target = {}, [], 0, 0, b""
        self._is_head_over = False
        self._set_deadline(self._server.limits.receive_timeout_s)

    def on_url(self, url: bytes) -> None:
        """Collect the target."""
        self._target += url
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header; repeated ones are joined by a comma."""
        self._count_head(len(name) + len(value))
        if self._is_head_over:
            return  # a trailer is no header: whoever looked at the head must have seen all of it
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        """Answer `Expect: 100-continue` and refuse bodies announced too long."""
        self._is_head_over = True
        length = self._headers.get("content-length", "")
        if length.isdigit() and int(length) > self._server.limits.max_body_bytes:
            self._fail(413, f"request body of {length} bytes is over the limit of {self._server.limits.max_body_bytes}")
        if self._headers.get("expect", "").lower() == "100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Collect body bytes."""
        self._buffered += len(body)
        if self._buffered > self._server.limits.max_body_bytes:
            self._fail(413, f"request body is over the limit of {self._server.limits.max_body_bytes} bytes")
        gather(self._body, body)

    def on_message_complete(self) -> None:
        """Hand the request over."""
        self._clear_deadline()
        try:
            target = self._target.decode("ascii")
            path, query = split_target(target)
        except (UnicodeDecodeError, ValueError) as error:
            self._fail(400, f"malformed request target: {error}")
            return
        request = Request(
            method=self._parser.get_method().decode("ascii"), path=path, query=query, headers=self._headers,
            body=b"".join(self._body), peer=self.peer, is_streaming=True, raw_target=target,
            can_upgrade=self._parser.should_upgrade(),
        )  # fmt: skip
        self._queue.append((request, self._parser.should_keep_alive()))
        if not self._is_busy:
            self._is_busy = True
            self._task = self._server.scope.spawn(self._serve(), "request")
        elif len(self._queue) > 8:
            self._transport.pause_reading()

    # --- limits

    def _count_head(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > self._server.limits.max_head_bytes:
            self._fail(431, f"request head is over the limit of {self._server.limits.max_head_bytes} bytes")

    def _fail(self, status: int, message: str) -> None:
        self._error = (status, message)
        raise httptools.HttpParserCallbackError(message)

    def _refuse(self, status: int, message: str) -> None:
        """Answer a request that could not be read and close."""
        self.is_closing = True
        if self._is_busy:
            self._transport.close()
            return
        body = refusal(status, message)
        self._transport.write(head_of(Response(status, body), len(body), keep_alive=False) + body)
        self._transport.close()

    def _set_deadline(self, seconds: float) -> None:
        self._clear_deadline()
        self._deadline = asyncio.get_running_loop().call_later(seconds, self._expire)

    def _clear_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        if self._head_bytes and not self._is_busy:
            self._refuse(408, f"the request was not complete after {self._server.limits.receive_timeout_s:.0f} s")
        else:
            self.abort()

    # --- answering

    async def _serve(self) -> None:
        try:
            while self._queue:
                request, keep_alive = self._queue.popleft()
                keep_alive = keep_alive and not self._server.is_draining
                response = await self._server.handler(request)
                await self._send(request, response, keep_alive)
                if not keep_alive or self.is_closing:
                    self._transport.close()
                    return
                if len(self._queue) == 4 and self._upgraded is None:
                    self._transport.resume_reading()
            self._set_deadline(self._server.limits.idle_timeout_s)
        except (ConnectionError, TimeoutError, asyncio.CancelledError):
            self.abort()
        except Exception:
            self.abort()
            raise
        finally:
            self._is_busy = False
            if self.is_closing and self._transport is not None:
                self._transport.close()

    async def _send(self, request: Request, response: Response, keep_alive: bool) -> None:
        body = response.body
        if isinstance(body, bytes):
            if response.upgrade is not None:
                await self._switch(response, response.upgrade)
                return
            if len(body) > COMPRESS_BYTES and is_worth_it(request, response):
                body = await compressed(response, body)
            head = head_of(response, len(body), keep_alive)
            if request.method == "HEAD" or response.status in NO_BODY:
                body = b""
            if len(body) > SLICE_BYTES:
                await self._send_slices(head, body)
                return
            self._transport.write(head + body)
            if self._can_write is not None:
                await self._writable()
            return
        self._transport.write(head_of(response, None, keep_alive))
        self.is_streaming = True
        try:
            await (self._push(body) if isinstance(body, PushedBody) else self._stream(body))
        finally:
            self.is_streaming = False
            await response.aclose()

    async def _send_slices(self, head: bytes, body: bytes) -> None:
        """Write a long body piece by piece: encrypting it at once would keep everybody else waiting."""
        self._transport.write(head)
        for start in range(0, len(body), SLICE_BYTES):
            self._transport.write(memoryview(body)[start : start + SLICE_BYTES])
            await (self._writable() if self._can_write is not None else yield_now())

    async def _stream(self, chunks: AsyncIterable[bytes]) -> None:
        async for chunk in chunks:
            if self.is_closing:
                return
            if chunk:
                self._transport.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            if self._can_write is not None:
                await self._writable()
        self._transport.write(b"0\r\n\r\n")

    async def _push(self, body: PushedBody) -> None:
        """Let the body write whenever it has something to say, without a switch to this task."""
        self._pushed = body
        try:
            body.attach(self._send_chunk)
            await body.ended()
        finally:
            self._pushed = None
        self._transport.write(b"0\r\n\r\n")

    def _send_chunk(self, piece: bytes) -> bool:
        if not self.is_closing:
            self._transport.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        return self._can_write is None and not self.is_closing

    async def _writable(self) -> None:
        """Wait for a slow reader, but not for ever; raises TimeoutError."""
        while self._can_write is not None:
            async with asyncio.timeout(self._server.limits.write_timeout_s):
                await self._can_write

    # --- another protocol

    async def _switch(self, response: Response, upgrade: Upgrade) -> None:
        """Answer 101 and let the handler go on with the bytes that follow."""
        stream = self._upgraded
        assert stream is not None, "only a request that can be upgraded is"
        lines = "".join(f"{name}: {value}\r\n" for name, value in response.headers)
        self._transport.write(f"HTTP/1.1 101 Switching Protocols\r\n{lines}\r\n".encode("latin-1", "replace"))
        self.is_streaming = True
        self._transport.set_write_buffer_limits(high=min(UPGRADED_HIGH_BYTES, self._server.limits.write_high_bytes))
        self._transport.resume_reading()
        await upgrade(stream)

    def set_reading(self, is_wanted: bool) -> None:
        """Read the socket of an upgraded connection, or leave bytes in it."""
        if not self._transport.is_closing():
            (self._transport.resume_reading if is_wanted else self._transport.pause_reading)()

    async def send_raw(self, data: bytes) -> None:
        """Write bytes of the other protocol."""
        self._transport.write(data)
        while (waiting := self._can_write) is not None:
            await asyncio.shield(waiting)  # others of the same connection wait for it too

    def finish(self) -> None:
        """Send what is pending of the other protocol and close."""
        self._transport.close()

    # --- closing

    @property
    def is_answering(self) -> bool:
        """Whether a request is under way, or its answer not all sent."""
        return self._is_busy or (not self._transport.is_closing() and self._transport.get_write_buffer_size() > 0)

    def close_when_idle(self) -> None:
        """Close now if nothing is under way, else after the current response."""
        if self._is_busy and not self.is_streaming:
            self.is_closing = True
        elif not self.is_streaming:
            self._transport.close()
        elif self._task is not None:
            self._task.cancel()

    def abort(self) -> None:
        """Close at once."""
        self.is_closing = True
        if self._transport is not None:
            self._transport.abort()
