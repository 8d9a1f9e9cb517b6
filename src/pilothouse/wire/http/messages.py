"""The request and response records that servers, clients and the in-process path share.

A `Handler` answers a `Request` with a `Response`. The API server is a handler; the HTTP edge calls it for bytes from a
socket, the in-process transport calls it directly, a remote transport sends the same record over TLS. A response body is
either complete bytes or an asynchronous iterator of chunks (watches, followed logs); whoever stops reading early must call
`Response.aclose`. A response of status 101 takes the connection over: the edge runs its `upgrade` on the bytes that follow.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote, unquote, urlencode

import msgspec

from pilothouse.wire.duplex import Duplex


class Peer(msgspec.Struct, frozen=True):
    """Who is at the other end, as far as the transport knows."""

    address: str = "in-process"
    common_name: str = ""
    """Subject CN of a verified client certificate; empty without one."""
    organizations: tuple[str, ...] = ()
    """Subject O values of the verified client certificate: the user's groups."""


class Request(msgspec.Struct):
    """One request. Header names are lower case; `query` keeps order and repeated names."""

    method: str
    path: str
    """Percent-decoded path without the query."""
    query: list[tuple[str, str]] = []
    headers: dict[str, str] = {}
    body: bytes = b""
    peer: Peer = Peer()
    is_streaming: bool = False
    """The caller wants the body in chunks as they come (watch, followed log)."""
    raw_target: str = ""
    """The target as received; empty when built in process."""
    can_upgrade: bool = False
    """The client asks for another protocol, and the transport can hand the connection over."""

    def param(self, name: str, default: str = "") -> str:
        """Return the first query value of `name`."""
        for key, value in self.query:
            if key == name:
                return value
        return default

    def header(self, name: str, default: str = "") -> str:
        """Return the header `name` (lower case)."""
        return self.headers.get(name, default)

    def target(self) -> str:
        """Return the path with the encoded query, as it is written on the wire."""
        if self.raw_target:
            return self.raw_target
        path = quote(self.path, safe="/:@!$&'()*+,;=-._~")
        return f"{path}?{urlencode(self.query)}" if self.query else path


Send = Callable[[bytes], bool]
"""Sends a piece of a body; says whether more may follow at once, else wait for `resume`."""


class PushedBody:
    """A body without an end in sight whose owner sends each piece when there is one.

    A connection that can be written to at any time attaches itself and waits for the end; everybody else reads it piece by piece.
    """

    def attach(self, send: Send) -> None:
        """Send through `send` from now on."""
        raise NotImplementedError

    def resume(self) -> None:
        """More may be sent."""
        raise NotImplementedError

    async def ended(self) -> None:
        """Return when the last piece was sent."""
        raise NotImplementedError

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return the pieces."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Give up."""
        raise NotImplementedError


Body = bytes | AsyncIterable[bytes]
Upgrade = Callable[[Duplex], Awaitable[None]]
"""Speaks another protocol on a connection until it returns."""


class Response(msgspec.Struct):
    """One response. Header names are lower case; repeated headers are repeated pairs."""

    status: int
    body: Body = b""
    headers: list[tuple[str, str]] = []
    content_type: str = "application/json"
    """Sent as the content-type header unless `headers` has one or the string is empty."""
    upgrade: Upgrade | None = None
    """With status 101: what goes on with the connection."""

    def header(self, name: str, default: str = "") -> str:
        """Return the first header `name` (lower case)."""
        for key, value in self.headers:
            if key == name:
                return value
        return self.content_type if name == "content-type" and self.content_type else default

    async def read(self) -> bytes:
        """Return the whole body."""
        if isinstance(self.body, bytes):
            return self.body
        return b"".join([chunk async for chunk in self.body])

    async def aclose(self) -> None:
        """Stop a streamed body early."""
        close: Callable[[], Awaitable[Any]] | None = getattr(self.body, "aclose", None)
        if close is not None:
            await close()


Handler = Callable[[Request], Awaitable[Response]]


class Transport(Protocol):
    """Something that answers requests: an API server in this process or one far away."""

    async def send(self, request: Request) -> Response:
        """Return the response; raises `kit.errors.Unavailable` when nobody answers."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class InProcessTransport:
    """A transport that calls a handler in the same event loop, as a fixed peer."""

    def __init__(self, handler: Handler, peer: Peer, user_agent: str = "pilothouse") -> None:
        """Send every request to `handler` as `peer`."""
        self._handler, self._peer, self._user_agent = handler, peer, user_agent

    async def send(self, request: Request) -> Response:
        """Answer the request in process."""
        request.peer = self._peer
        request.headers.setdefault("user-agent", self._user_agent)
        return await self._handler(request)

    def acting_as(self, peer: Peer) -> InProcessTransport:
        """Return a transport to the same handler for somebody else."""
        return InProcessTransport(self._handler, peer, self._user_agent)

    async def close(self) -> None:
        """Nothing is held."""


def split_target(target: str) -> tuple[str, list[tuple[str, str]]]:
    """Split a raw request target into the decoded path and the query pairs; raises ValueError on too many pairs."""
    path, _, query = target.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=200) if query else []
    return (unquote(path) if "%" in path else path), pairs
