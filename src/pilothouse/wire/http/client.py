"""A small asynchronous HTTP/1.1 client for talking to API servers over TLS.

It keeps idle connections, streams chunked bodies, and never follows redirects or proxies: local traffic must not leave the
machine because of an environment variable. It speaks the same `Request` and `Response` as the in-process path.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from pilothouse.kit.errors import Unavailable
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.kubeconfig import ClusterAccess
from pilothouse.wire.pem import client_context

MAX_LINE_BYTES = 64 << 10
PIECE_BYTES = 1 << 20
CONNECT_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 120.0
"""Time a server has to answer; a streamed body may take any time after its head."""
_BROKEN = (OSError, EOFError, ValueError, asyncio.LimitOverrunError)
"""What reading raises when the other end hangs up or does not speak HTTP."""
_SAFE_TO_REPEAT = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE"))
_IDLE_KEPT = 32


class _Connection:
    __slots__ = ("reader", "writer")

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @property
    def is_alive(self) -> bool:
        return not (self.reader.at_eof() or self.writer.is_closing())


class HttpTransport:
    """A transport to one server."""

    def __init__(self, access: ClusterAccess, user_agent: str = "pilothouse", *, max_body_bytes: int = 0) -> None:
        """Reach `access.server` with its credentials; an answer longer than `max_body_bytes` fails (0: no limit)."""
        self._max_body_bytes = max_body_bytes
        parts = urlsplit(access.server)
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._prefix = parts.path.rstrip("/")
        self._tls = client_context(access) if parts.scheme == "https" else None
        self._server_name = access.tls_server_name or self._host
        self._headers = {"host": parts.netloc, "user-agent": user_agent}
        if access.token:
            self._headers["authorization"] = f"Bearer {access.token}"
        self._idle: deque[_Connection] = deque()

    async def send(self, request: Request) -> Response:
        """Send a request; raises `Unavailable` when the server cannot be reached, hangs up or does not answer in time.

        An idle connection may have been closed by the server meanwhile: what may safely be done twice is sent once more.
        """
        connection, is_reused = await self._connect()
        try:
            return await self._exchange(connection, request)
        except Unavailable:
            if is_reused and request.method in _SAFE_TO_REPEAT:
                return await self._exchange(await self._open(), request)
            raise

    async def _connect(self) -> tuple[_Connection, bool]:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_alive:
                return connection, True
            connection.writer.close()
        return await self._open(), False

    async def _open(self) -> _Connection:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                reader, writer = await asyncio.open_connection(
                    self._host, self._port, ssl=self._tls, server_hostname=self._server_name if self._tls else None,
                    limit=MAX_LINE_BYTES,
                )  # fmt: skip
        except (OSError, TimeoutError) as error:
            raise Unavailable(
                f"no API server answers at {self._host}:{self._port}: {error or 'connect timed out'}",
                fix="start it with `pilothouse up`, or check the server in the kubeconfig",
            ) from error
        return _Connection(reader, writer)

    async def _exchange(self, connection: _Connection, request: Request) -> Response:
        headers = {**self._headers, **request.headers}
        if request.body or request.method in {"POST", "PUT", "PATCH"}:
            headers["content-length"] = str(len(request.body))
        lines = [f"{request.method} {self._prefix}{request.target()} HTTP/1.1\r\n"]
        lines += [f"{name}: {value}\r\n" for name, value in headers.items()]
        data = "".join(lines).encode("latin-1") + b"\r\n" + request.body
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                connection.writer.write(data)
                status, received = await _read_head(connection.reader)
                response = Response(status, headers=received, content_type="")
                chunks = self._body(connection, response, request.method)
                response.body = chunks if request.is_streaming and status < 300 else b"".join([chunk async for chunk in chunks])
                return response
        except BaseException as error:
            connection.writer.close()
            if isinstance(error, _BROKEN):
                raise self._broken(error) from error
            raise

    def _broken(self, error: BaseException) -> Unavailable:
        return Unavailable(f"{self._host}:{self._port} closed the connection: {str(error) or 'no answer in time'}")

    async def _body(self, connection: _Connection, response: Response, method: str) -> AsyncIterator[bytes]:
        is_complete = False
        try:
            if method == "HEAD" or response.status in {204, 304}:
                is_complete = True
            else:
                received = 0
                async for chunk in _pieces(connection.reader, response):
                    received += len(chunk)
                    if received > self._max_body_bytes > 0:
                        raise ValueError(f"the answer is longer than {self._max_body_bytes} bytes")
                    yield chunk
                is_complete = True
        except _BROKEN as error:
            raise self._broken(error) from error
        finally:
            is_kept = is_complete and response.header("connection").lower() != "close" and len(self._idle) < _IDLE_KEPT
            if is_kept:
                self._idle.append(connection)
            else:
                connection.writer.close()

    async def close(self) -> None:
        """Close idle connections."""
        while self._idle:
            self._idle.pop().writer.close()


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, list[tuple[str, str]]]:
    while True:
        line = await reader.readuntil(b"\r\n")
        parts = line.split(b" ", 2)
        if len(parts) < 2 or not parts[1].isdigit():
            raise ConnectionError(f"not an HTTP response: {line[:60]!r}")
        status = int(parts[1])
        headers: list[tuple[str, str]] = []
        while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
            name, _, value = line.decode("latin-1").partition(":")
            headers.append((name.strip().lower(), value.strip()))
        if status != 100:
            return status, headers


async def _pieces(reader: asyncio.StreamReader, response: Response) -> AsyncIterator[bytes]:
    if response.header("transfer-encoding") != "chunked":
        if not response.header("content-length"):
            while piece := await reader.read(PIECE_BYTES):  # an older server ends the body by hanging up
                yield piece
            return
        async for piece in _exactly(reader, int(response.header("content-length"))):
            yield piece
        return
    while True:
        size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
        if size == 0:
            await reader.readuntil(b"\r\n")
            return
        async for piece in _exactly(reader, size):
            yield piece
        await reader.readexactly(2)


async def _exactly(reader: asyncio.StreamReader, size: int) -> AsyncIterator[bytes]:
    """Yield `size` bytes in pieces, so that what a server announces is never what is allocated."""
    while size > 0:
        piece = await reader.readexactly(min(size, PIECE_BYTES))
        size -= len(piece)
        yield piece
