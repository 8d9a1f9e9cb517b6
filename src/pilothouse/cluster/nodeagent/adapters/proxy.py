"""The agent's end of the service proxy: start it or find it again, send tables, wait until they are in force."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
from typing import Any

import msgspec

from pilothouse.cluster.nodeagent.adapters.reap import end_daemon
from pilothouse.cluster.nodeagent.adapters.supervisor import RECORD as SUPERVISOR_RECORD
from pilothouse.cluster.nodeagent.adapters.supervisor import START_TIMEOUT_S, python_environment
from pilothouse.cluster.nodeagent.engine.services import ServiceTable
from pilothouse.cluster.nodeagent.errors import SupervisorUnavailable
from pilothouse.cluster.nodeagent.supervisor import procfs
from pilothouse.cluster.nodeagent.supervisor.protocol import encode, reach
from pilothouse.cluster.nodeagent.supervisor.records import read_record
from pilothouse.kit.aio import offload

MODULE = "pilothouse.cluster.nodeagent.proxy"
RECORD, SOCKET = "proxy.json", "proxy.sock"
TIMEOUT_S = 20.0
logger = logging.getLogger("pilothouse.nodeagent")


def launch(data_dir: str, mode: str) -> None:
    """Start the proxy for `data_dir` unless one of the same mode runs."""
    record = read_record(os.path.join(data_dir, RECORD))
    if record is not None and procfs.is_alive(int(record.get("pid", 0)), int(record.get("startedTicks", 0))):
        if record.get("mode") == mode and record.get("supervisor") == _supervisor(data_dir):
            return
        end_daemon(data_dir, RECORD)
    command = [sys.executable, "-m", MODULE, data_dir, mode]
    paths = os.pathsep.join(path for path in sys.path if path)
    env = python_environment(PYTHONPATH=paths)
    try:
        done = subprocess.run(command, env=env, capture_output=True, timeout=START_TIMEOUT_S, check=False, cwd="/")
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SupervisorUnavailable(f"the service proxy of {data_dir} does not start: {error}") from error
    if done.returncode != 0:
        text = done.stderr.decode("utf-8", "replace").strip()[-2000:]
        raise SupervisorUnavailable(f"the service proxy of {data_dir} does not start: {text}")


def _supervisor(data_dir: str) -> list[int]:
    """Identify the running supervisor: the proxy's sockets live in its network."""
    record = read_record(os.path.join(data_dir, SUPERVISOR_RECORD)) or {}
    return [int(record.get("pid", 0)), int(record.get("startedTicks", 0))]


class ProxyClient:
    """Sends tables, one at a time; the newest wins."""

    def __init__(self, data_dir: str, mode: str) -> None:
        """Talk to the proxy of `data_dir`."""
        self._data_dir, self._mode = data_dir, mode
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._lock = asyncio.Lock()
        self.failed: list[dict[str, Any]] = []
        """Listeners the last table could not open: address, service, error."""

    async def start(self) -> None:
        """Make sure the proxy runs, and connect."""
        await offload(launch, self._data_dir, self._mode)
        await self._connect()

    async def _connect(self) -> None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            with reach(os.path.join(self._data_dir, SOCKET)) as address:
                sock.connect(address)
            sock.setblocking(False)
            self._reader, self._writer = await asyncio.open_unix_connection(sock=sock)
        except OSError as error:
            sock.close()
            raise SupervisorUnavailable(f"the service proxy of {self._data_dir} does not answer: {error}") from error

    async def apply(self, table: ServiceTable) -> None:
        """Put `table` in force; raises SupervisorUnavailable when the proxy is gone."""
        async with self._lock:
            if self._writer is None:
                await self.start()
            assert self._reader is not None and self._writer is not None
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    self._writer.write(encode({"op": "table", "table": msgspec.to_builtins(table)}))
                    await self._writer.drain()
                    size = int.from_bytes(await self._reader.readexactly(4), "big")
                    answer = msgspec.json.decode(await self._reader.readexactly(size), type=dict[str, Any])
            except (OSError, EOFError, TimeoutError) as error:
                self.close()
                raise SupervisorUnavailable(f"the service proxy went away: {error}") from error
        if "error" in answer:
            raise SupervisorUnavailable(f"the service proxy refused the table: {answer['error']}")
        before = self.failed
        self.failed = answer.get("failed", [])
        for one in self.failed:
            if one not in before:
                logger.warning("service %s cannot listen on %s: %s", one["service"], one["address"], one["error"])

    def close(self) -> None:
        """Close the connection; the proxy goes on with its last table."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None
