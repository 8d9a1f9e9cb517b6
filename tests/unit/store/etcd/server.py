"""A real etcd for tests: one process, one directory, ports of its own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from pilothouse.store.etcd.engine import EtcdStore
from pilothouse.wire.grpc import GrpcChannel

PROGRAM = shutil.which("etcd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
needs_etcd = pytest.mark.skipif(
    "CI" not in os.environ and (not PROGRAM or not importlib.util.find_spec("grpc")),
    reason="needs etcd (apt-get install etcd-server) and grpcio",
)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class EtcdServer:
    """One member; without waiting for the disk unless it is to be durable."""

    def __init__(self, folder: Path, *, is_durable: bool = False) -> None:
        self.folder, self.is_durable = folder, is_durable
        self.port, self._peer_port = _free_port(), _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, or start again with the same data."""
        assert PROGRAM, "etcd is missing"
        client, peer = f"http://{self.target}", f"http://127.0.0.1:{self._peer_port}"
        command = [
            PROGRAM, "--data-dir", str(self.folder), *(() if self.is_durable else ("--unsafe-no-fsync",)), "--log-level", "error",
            "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
        ]  # fmt: skip
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("etcd did not start")

    def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    async def open_store(self, root: str = "/") -> EtcdStore:
        """Open a store on it."""
        return await EtcdStore.open(GrpcChannel(self.target), root=root)
