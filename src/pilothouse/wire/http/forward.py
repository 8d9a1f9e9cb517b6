"""One HTTP/1.1 exchange over a `Duplex`: how a proxy asks the program at the other end.

httptools reads the answer, so chunked bodies, bodies of a length and bodies that end with the connection come out the same. The
body streams; an answer of 101 becomes a response that joins both connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import httptools

from pilothouse.kit.errors import Unavailable
from pilothouse.wire.duplex import Duplex, splice
from pilothouse.wire.http.messages import Request, Response

ANSWER_TIMEOUT_S = 120.0
MAX_HEAD_BYTES = 64 << 10
_HOP = frozenset(("connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "content-length"))


class _Answer:
    """Collects what the parser finds."""

    def __init__(self) -> None:
        self.headers: list[tuple[str, str]] = []
        self.parts: list[bytes] = []
        self.head_bytes = 0
        self.is_head_over = self.is_over = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.head_bytes += len(name) + len(value)
        if self.head_bytes > MAX_HEAD_BYTES:
            raise ValueError(f"response head is over the limit of {MAX_HEAD_BYTES} bytes")
        if not self.is_head_over:
            self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.is_head_over = True

    def on_body(self, body: bytes) -> None:
        self.parts.append(body)

    def on_message_complete(self) -> None:
        self.is_over = True


def request_bytes(request: Request, more: Sequence[tuple[str, str]] = ()) -> bytes:
    """Return a request as it goes on the wire; the connection is for this one exchange. `more` headers may repeat a name."""
    headers = dict(request.headers)
    headers["connection"] = "Upgrade" if request.can_upgrade else "close"
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        headers["content-length"] = str(len(request.body))
    lines = [
        f"{request.method} {request.target()} HTTP/1.1\r\n",
        *(f"{name}: {value}\r\n" for name, value in (*headers.items(), *more)),
    ]
    return "".join(lines).encode("latin-1", "replace") + b"\r\n" + request.body


async def forward(wire: Duplex, request: Request, more: Sequence[tuple[str, str]] = ()) -> Response:
    """Send `request` over `wire` and return the answer, whose body streams; raises Unavailable. Closes `wire` in the end."""
    answer = _Answer()
    parser = httptools.HttpResponseParser(answer)
    rest = b""
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            await wire.write(request_bytes(request, more))
            while not answer.is_head_over:
                data = await wire.read()
                if not data:
                    raise Unavailable("error trying to reach service: EOF")
                rest = _feed(parser, data)
    except (OSError, TimeoutError, ValueError, httptools.HttpParserError) as error:
        await wire.close()
        why = getattr(error, "strerror", None) or str(error) or "no answer in time"
        raise Unavailable(f"error trying to reach service: {why}") from error
    except BaseException:
        await wire.close()
        raise
    status = parser.get_status_code()
    if status == 101 and request.can_upgrade:
        return Response(101, b"", answer.headers, "", upgrade=lambda client: _joined(client, wire, rest))
    headers = [(name, value) for name, value in answer.headers if name not in _HOP]
    if request.method == "HEAD" or status in (204, 304):
        await wire.close()
        return Response(status, b"", headers, "")
    return Response(status, _body(wire, parser, answer), headers, "")


def _feed(parser: httptools.HttpResponseParser, data: bytes) -> bytes:
    """Feed the parser; returns what belongs to another protocol."""
    try:
        parser.feed_data(data)
    except httptools.HttpParserUpgrade as upgrade:
        return data[upgrade.args[0] :]
    return b""


async def _body(wire: Duplex, parser: httptools.HttpResponseParser, answer: _Answer) -> AsyncIterator[bytes]:
    try:
        while True:
            parts, answer.parts = answer.parts, []
            if parts:
                yield b"".join(parts)
            if answer.is_over or not (data := await wire.read()):
                return
            _feed(parser, data)
    except (OSError, httptools.HttpParserError) as error:
        raise ConnectionResetError(f"the proxied answer broke off: {error}") from error
    finally:
        await wire.close()


async def _joined(client: Duplex, wire: Duplex, rest: bytes) -> None:
    try:
        await client.write(rest)
        await splice(client, wire)
    except OSError:
        return
    finally:
        await wire.close()
