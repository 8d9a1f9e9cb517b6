"""The worker: keeps the open listeners equal to the table the agent last sent.

Every message is a whole table; listeners that stayed keep their sockets and get new endpoints, new ones are bound, old ones
stop accepting. The answer names the generation now in force and every listener that could not be bound, with the reason.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from typing import Any

import msgspec

from pilothouse.cluster.nodeagent.adapters.supervisor import SocketSource
from pilothouse.cluster.nodeagent.engine.services import CLUSTER_DNS, Endpoint, Listener, ServiceTable
from pilothouse.cluster.nodeagent.proxy.datagrams import NameServer, UdpPort
from pilothouse.cluster.nodeagent.proxy.relay import ServicePort
from pilothouse.cluster.nodeagent.supervisor.protocol import MAX_FRAME_BYTES, encode, reach
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import PilothouseError

SOCKET = "proxy.sock"
logger = logging.getLogger("pilothouse.proxy")
Key = tuple[str, str, int, str]


def _key(listener: Listener) -> Key:
    return (listener.side, listener.ip, listener.port, listener.protocol)


class Worker:
    """All listeners of one data directory."""

    def __init__(self, data_dir: str, has_network: bool, clock: Clock) -> None:
        """Serve `data_dir`; `has_network` tells whether Pods live in a private network."""
        self._data_dir, self._has_network, self._clock = data_dir, has_network, clock
        self._sources = SocketSource(data_dir)
        self._tasks = TaskScope("proxy")
        self._ports: dict[Key, ServicePort | UdpPort] = {}
        self._names = NameServer()
        self._lock = asyncio.Lock()
        self.stopped = asyncio.Event()

    async def start(self) -> None:
        """Open the control socket and the name server."""
        if self._has_network:
            udp, tcp = await self._sources.take("udp"), await self._sources.take("tcp")
            for sock in (udp, tcp):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind((CLUSTER_DNS, 53))
            await self._names.open(udp, tcp)
        path = os.path.join(self._data_dir, SOCKET)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with reach(path) as address:
            control.bind(address)
        os.chmod(path, 0o600)
        control.listen(16)
        self._control = await asyncio.start_unix_server(self._converse, sock=control)

    async def stop(self) -> None:
        """Close everything."""
        self._control.close()
        self._names.close()
        for port in self._ports.values():
            port.close()
        await self._tasks.close()
        self._sources.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                size = int.from_bytes(await reader.readexactly(4), "big")
                if size > MAX_FRAME_BYTES:
                    return
                answer = await self._answer(await reader.readexactly(size))
                writer.write(encode(answer))
                await writer.drain()
        except (OSError, EOFError):
            return
        finally:
            writer.close()

    async def _answer(self, body: bytes) -> dict[str, Any]:
        try:
            message = msgspec.json.decode(body, type=dict[str, Any])
            if message.get("op") == "table":
                return await self.apply(msgspec.convert(message["table"], ServiceTable))
            if message.get("op") == "shutdown":
                self.stopped.set()
                return {}
        except (msgspec.MsgspecError, KeyError, PilothouseError, OSError) as error:
            return {"error": str(error)}
        return {"error": f"unknown operation {message.get('op')!r}"}

    async def apply(self, table: ServiceTable) -> dict[str, Any]:
        """Make the open listeners equal to `table` and report what could not be opened."""
        async with self._lock:
            self._names.table = table
            wanted = {_key(listener): listener for listener in table.listeners}
            for key in [key for key in self._ports if key not in wanted]:
                self._ports.pop(key).close()
            failed = []
            for key, listener in wanted.items():
                port = self._ports.get(key)
                if port is not None:
                    port.update(listener)
                    continue
                try:
                    self._ports[key] = await self._open(listener)
                except (OSError, PilothouseError) as error:
                    failed.append({"address": f"{listener.ip}:{listener.port}", "service": listener.service, "error": str(error)})
            return {"generation": table.generation, "failed": failed}

    async def _open(self, listener: Listener) -> ServicePort | UdpPort:
        is_udp = listener.protocol == "UDP"
        sock = await self._socket(listener.side, is_udp)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((listener.ip, listener.port))
            port = (UdpPort if is_udp else ServicePort)(
                listener, self._dial_udp if is_udp else self._dial, self._tasks, self._clock
            )
            await port.open(sock)
        except OSError:
            sock.close()
            raise
        return port

    async def _socket(self, side: str, is_udp: bool) -> socket.socket:
        if side == "node":
            return await self._sources.take("udp" if is_udp else "tcp")
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if is_udp else socket.SOCK_STREAM)
        sock.setblocking(False)
        return sock

    async def _dial(self, endpoint: Endpoint) -> socket.socket:
        return await self._connect(endpoint, is_udp=False)

    async def _dial_udp(self, endpoint: Endpoint) -> socket.socket:
        return await self._connect(endpoint, is_udp=True)

    async def _connect(self, endpoint: Endpoint, is_udp: bool) -> socket.socket:
        sock = await self._socket(endpoint.side, is_udp)
        try:
            if not is_udp:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().sock_connect(sock, (endpoint.ip, endpoint.port))
        except (OSError, asyncio.CancelledError):
            sock.close()
            raise
        return sock
