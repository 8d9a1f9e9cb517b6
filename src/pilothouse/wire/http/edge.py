"""What the connections of one listening server share: its limits, its handler, the list of who is connected."""

from __future__ import annotations

import asyncio
from typing import Protocol

import msgspec

from pilothouse.kit.aio import TaskScope
from pilothouse.wire.http.messages import Handler, Peer


class ServerLimits(msgspec.Struct, frozen=True):
    """Bounds of what a client may send."""

    max_head_bytes: int = 64 << 10
    max_body_bytes: int = 8 << 20
    receive_timeout_s: float = 30.0
    """Time to send a whole request once it began."""
    idle_timeout_s: float = 300.0
    """Time a connection may stay open without a request."""
    write_high_bytes: int = 1 << 20
    """Bytes buffered for a slow reader before streaming waits."""
    write_timeout_s: float = 300.0
    """Time a reader may take none of what waits for it; upgraded connections may take for ever."""
    max_connections: int = 20_000


SMALL_BYTES = 1024
"""Pieces of a body up to this size are kept together: as objects of their own, tiny ones take many times their size."""


def gather(pieces: list[bytes | bytearray], data: bytes) -> None:
    """Add to the pieces of a body."""
    if len(data) > SMALL_BYTES or not pieces:
        pieces.append(data)
    elif isinstance(pieces[-1], bytearray):
        pieces[-1] += data
    else:
        pieces.append(bytearray(data))


class Connected(Protocol):
    """One client connection, of either version of HTTP."""

    closed: asyncio.Future[None]
    peer: Peer
    """Who the certificate of the client says it is."""

    @property
    def is_streaming(self) -> bool:
        """It is kept open by an answer without an end."""
        ...

    @property
    def is_answering(self) -> bool:
        """A request is under way, or its answer not all sent."""
        ...

    def close_when_idle(self) -> None:
        """Close now if nothing is under way, else after what is."""
        ...

    def abort(self) -> None:
        """Close at once."""
        ...


class Edge:
    """The state of one listening server."""

    def __init__(self, handler: Handler, limits: ServerLimits | None = None) -> None:
        """Answer through `handler`."""
        self.handler = handler
        self.limits = limits or ServerLimits()
        self.connections: set[Connected] = set()
        self.scope = TaskScope("http-server")
        self.is_draining = False
