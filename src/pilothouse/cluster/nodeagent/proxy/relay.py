"""TCP relays: accept, choose a ready endpoint, dial, copy both ways.

A refused dial tries the next endpoint; when all refuse, the client's connection is reset. A connection stays with its endpoint
until it ends; when the endpoint leaves the table the connection may finish for `DRAIN_S` seconds. Copying is push-based with
flow control: a slow reader pauses the other side.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable

from pilothouse.cluster.nodeagent.engine.services import Endpoint, Listener, choose_endpoint
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock

DIAL_TIMEOUT_S = 5.0
DRAIN_S = 120.0
logger = logging.getLogger("pilothouse.proxy")
Dial = Callable[[Endpoint], Awaitable[socket.socket]]


class Half(asyncio.Protocol):
    """One side of a relay; writes whatever arrives to its peer."""

    def __init__(self) -> None:
        """Wait for a peer before reading."""
        self.transport: asyncio.Transport | None = None
        self.peer: Half | None = None
        self.on_lost: Callable[[], None] | None = None
        self._early = bytearray()
        self._has_ended = False

    def attach(self, peer: Half) -> None:
        """Join both sides and pass on what came before: some event loops read once although paused."""
        self.peer, peer.peer = peer, self
        for half in (self, peer):
            if half._early and half.peer is not None and half.peer.transport is not None:
                half.peer.transport.write(bytes(half._early))
                half._early.clear()
            if half._has_ended:
                half.eof_received()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Pass data on."""
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.write(data)
        else:
            self._early += data
            if self.transport is not None:
                self.transport.pause_reading()

    def eof_received(self) -> bool:
        """Pass the half-close on and keep the other direction open."""
        self._has_ended = True
        peer = self.peer.transport if self.peer is not None else None
        if peer is not None and not peer.is_closing() and peer.can_write_eof():
            peer.write_eof()
        return True

    def pause_writing(self) -> None:
        """This side is slow: stop reading from the other."""
        if self.peer is not None and self.peer.transport is not None and not self.peer.transport.is_closing():
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        """This side drained: read on."""
        if self.peer is not None and self.peer.transport is not None and not self.peer.transport.is_closing():
            self.peer.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Close the other side after what was written to it."""
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.close()
        if self.on_lost is not None:
            self.on_lost()

    def abort(self) -> None:
        """End both sides at once."""
        for half in (self, self.peer):
            if half is not None and half.transport is not None:
                half.transport.abort()


class ServicePort:
    """One listening socket and the relays behind it."""

    def __init__(self, listener: Listener, dial: Dial, tasks: TaskScope, clock: Clock) -> None:
        """Relay connections of `listener`; `dial` returns a connected socket or raises OSError."""
        self.listener = listener
        self._dial, self._tasks, self._clock = dial, tasks, clock
        self._turn = 0
        self._server: asyncio.Server | None = None
        self._relays: dict[Endpoint, set[Half]] = {}
        self.refused = 0

    async def open(self, sock: socket.socket) -> None:
        """Accept connections on the bound socket."""
        sock.listen(512)
        sock.setblocking(False)
        self._server = await asyncio.get_running_loop().create_server(self._accepted, sock=sock)

    def _accepted(self) -> Half:
        return _Client(self._relay, self._tasks)

    async def _relay(self, client: Half) -> None:
        transport = client.transport
        if transport is None:
            return
        peer = transport.get_extra_info("peername")
        upstream = await self._reach(str(peer[0]) if peer else "")
        if upstream is None or transport.is_closing():
            self.refused += 1
            transport.abort()
            if upstream is not None:
                upstream[1].close()
            return
        endpoint, sock = upstream
        _, server = await asyncio.get_running_loop().create_connection(Half, sock=sock)
        client.attach(server)
        held = self._relays.setdefault(endpoint, set())
        held.add(client)
        client.on_lost = lambda: held.discard(client)
        if transport.is_closing():
            client.abort()
            return
        transport.resume_reading()

    async def _reach(self, client_ip: str) -> tuple[Endpoint, socket.socket] | None:
        tried: set[Endpoint] = set()
        self._turn += 1
        while True:
            listener = self.listener
            endpoint = choose_endpoint(listener.endpoints, self._turn, client_ip, listener.is_sticky, frozenset(tried))
            if endpoint is None:
                return None
            tried.add(endpoint)
            try:
                async with asyncio.timeout(DIAL_TIMEOUT_S):
                    return endpoint, await self._dial(endpoint)
            except (OSError, TimeoutError) as error:
                logger.debug("%s: endpoint %s:%d: %s", listener.service, endpoint.ip, endpoint.port, error)

    def update(self, listener: Listener) -> None:
        """Use new endpoints for new connections; drain those that left."""
        gone = set(self.listener.endpoints) - set(listener.endpoints)
        self.listener = listener
        self._drain({endpoint: self._relays.pop(endpoint) for endpoint in gone if endpoint in self._relays})

    def _drain(self, leaving: dict[Endpoint, set[Half]]) -> None:
        left = [half for halves in leaving.values() for half in halves]
        if left:
            self._tasks.spawn(self._cut_later(left), "drain")

    async def _cut_later(self, halves: list[Half]) -> None:
        await self._clock.sleep(DRAIN_S)
        for half in halves:
            half.abort()

    def close(self) -> None:
        """Stop accepting; open relays drain."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._drain(self._relays)
        self._relays = {}


class _Client(Half):
    """The accepted side: reads nothing until its endpoint is connected."""

    def __init__(self, relay: Callable[[Half], Awaitable[None]], tasks: TaskScope) -> None:
        super().__init__()
        self._relay, self._tasks = relay, tasks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert self.transport is not None
        self.transport.pause_reading()

        async def run() -> None:
            await self._relay(self)

        self._tasks.spawn(run(), "relay")
