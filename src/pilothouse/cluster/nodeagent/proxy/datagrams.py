"""UDP: relays of Service ports and the cluster's name server.

A UDP relay keeps one upstream socket per client for `IDLE_S` seconds of silence. Name queries are answered from the table
directly, over UDP and over TCP with its two length bytes.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

from pilothouse.cluster.nodeagent.engine import dns
from pilothouse.cluster.nodeagent.engine.services import Endpoint, Listener, ServiceTable, choose_endpoint
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock

IDLE_S = 30.0
MAX_CLIENTS = 4096
Address = tuple[str, int]
Open = Callable[[Endpoint], Awaitable[socket.socket]]


class UdpPort(asyncio.DatagramProtocol):
    """One UDP Service port."""

    def __init__(self, listener: Listener, dial: Open, tasks: TaskScope, clock: Clock) -> None:
        """Relay datagrams of `listener`; `dial` returns a connected UDP socket."""
        self.listener = listener
        self._dial, self._tasks, self._clock = dial, tasks, clock
        self._transport: asyncio.DatagramTransport | None = None
        self._upstreams: dict[Address, asyncio.DatagramTransport] = {}
        self._seen: dict[Address, float] = {}
        self._turn = 0

    async def open(self, sock: socket.socket) -> None:
        """Receive datagrams on the bound socket."""
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=sock)
        self._tasks.spawn(self._expire(), "udp-expire")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Send a client's datagram to its endpoint."""
        self._seen[addr] = self._clock.monotonic()
        upstream = self._upstreams.get(addr)
        if upstream is not None:
            upstream.sendto(data)
        elif len(self._upstreams) < MAX_CLIENTS:
            self._tasks.spawn(self._first(data, addr), "udp")

    async def _first(self, data: bytes, addr: Address) -> None:
        self._turn += 1
        endpoint = choose_endpoint(self.listener.endpoints, self._turn, addr[0], self.listener.is_sticky, frozenset())
        if endpoint is None:
            return
        try:
            sock = await self._dial(endpoint)
        except OSError:
            return
        upstream, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Back(self, addr), sock=sock)
        self._upstreams[addr] = upstream
        upstream.sendto(data)

    def reply(self, data: bytes, addr: Address) -> None:
        """Send an endpoint's datagram back to its client."""
        self._seen[addr] = self._clock.monotonic()
        if self._transport is not None:
            self._transport.sendto(data, addr)

    async def _expire(self) -> None:
        while self._transport is not None:
            await self._clock.sleep(IDLE_S)
            limit = self._clock.monotonic() - IDLE_S
            for addr in [addr for addr, seen in self._seen.items() if seen < limit]:
                del self._seen[addr]
                upstream = self._upstreams.pop(addr, None)
                if upstream is not None:
                    upstream.close()

    def update(self, listener: Listener) -> None:
        """Use new endpoints; clients of endpoints that left are dialled anew."""
        if set(self.listener.endpoints) - set(listener.endpoints):
            self._close_upstreams()
        self.listener = listener

    def _close_upstreams(self) -> None:
        for upstream in self._upstreams.values():
            upstream.close()
        self._upstreams.clear()

    def close(self) -> None:
        """Stop receiving."""
        self._close_upstreams()
        if self._transport is not None:
            self._transport.close()
            self._transport = None


class _Back(asyncio.DatagramProtocol):
    """The endpoint's side of one client."""

    def __init__(self, port: UdpPort, client: Address) -> None:
        self._port, self._client = port, client

    def datagram_received(self, data: bytes, _addr: Address) -> None:
        self._port.reply(data, self._client)


class NameServer:
    """The cluster's DNS on UDP and TCP."""

    def __init__(self) -> None:
        """Answer from an empty table until one comes."""
        self.table = ServiceTable()
        self._turn = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None

    async def open(self, udp: socket.socket, tcp: socket.socket) -> None:
        """Serve on bound sockets."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Question(self), sock=udp)
        self._transport = transport
        tcp.listen(64)
        self._server = await asyncio.start_server(self._stream, sock=tcp, limit=70_000)

    def answer(self, query: bytes, is_stream: bool) -> bytes | None:
        """Return the response to one query."""
        self._turn += 1
        return dns.answer(query, self.table, is_stream, self._turn)

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(IDLE_S):
                while True:
                    size = int.from_bytes(await reader.readexactly(2), "big")
                    response = self.answer(await reader.readexactly(size), is_stream=True)
                    if response is None:
                        return
                    writer.write(len(response).to_bytes(2, "big") + response)
                    await writer.drain()
        except (OSError, EOFError, TimeoutError):
            return
        finally:
            writer.close()

    def close(self) -> None:
        """Stop serving."""
        if self._transport is not None:
            self._transport.close()
        if self._server is not None:
            self._server.close()


class _Question(asyncio.DatagramProtocol):
    """One UDP question, one answer."""

    def __init__(self, server: NameServer) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: Address) -> None:
        response = self._server.answer(data, is_stream=False)
        if response is not None and self._transport is not None:
            self._transport.sendto(response, addr)
