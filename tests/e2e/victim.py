"""A real `pilothouse up --only-api` that is killed and started again, and what stands in its log."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from pilothouse.sdk.client import Client
from pilothouse.store.log.disk import Disk, SystemCalls
from pilothouse.store.log.segments import first_revision, read_records, segment_names
from pilothouse.testing.history import Commit
from pilothouse.wire import kubeconfig
from pilothouse.wire.http.client import HttpTransport


class Victim:
    """The process that is killed."""

    def __init__(self, data_dir: Path, *options: str) -> None:
        self.data_dir, self.options = data_dir, options
        self.process: asyncio.subprocess.Process | None = None
        self.recoveries_s: list[float] = []
        """From the start of each program until it answered."""

    async def start(self) -> Client:
        (self.data_dir / "instance.json").unlink(missing_ok=True)
        began = time.perf_counter()
        self.process = await asyncio.create_subprocess_exec(*self.command(), stdout=asyncio.subprocess.DEVNULL)
        async with asyncio.timeout(30):
            while not (self.data_dir / "instance.json").exists():
                assert self.process.returncode is None, "the server ended by itself"
                await asyncio.sleep(0.005)
        client = self.client()
        await client.raw("GET", "/readyz")
        self.recoveries_s.append(time.perf_counter() - began)
        return client

    def command(self) -> list[str]:
        """Return the command line."""
        up = [sys.executable, "-m", "pilothouse", "up", "--only-api", "--data-dir", str(self.data_dir), "--log-level", "error"]
        return [*up, *self.options]

    def client(self) -> Client:
        return Client(HttpTransport(kubeconfig.read(self.data_dir / "kubeconfig")))

    async def kill(self) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    @property
    def rss_bytes(self) -> int:
        """Resident memory of the process."""
        assert self.process is not None
        text = Path(f"/proc/{self.process.pid}/statm").read_text()
        return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")


class _ReadOnly(SystemCalls):
    """The files of a dead process: nothing is changed."""

    def open(self, name: str, *, is_new: bool) -> int:
        return -1

    def write(self, handle: int, data: bytes | memoryview) -> int:
        return len(data)

    def resize(self, handle: int, size_bytes: int) -> None:
        """Nothing."""

    sync = close = lambda self, handle: None  # type: ignore[assignment]

    def unlink(self, name: str) -> None:
        """Nothing."""


class CommitLog:
    """Everything the store ever wrote, gathered from its files after each kill, before the next start."""

    def __init__(self, data_dir: Path, prefix: str) -> None:
        self.folder, self.prefix = data_dir / "store" / "log", prefix
        self.commits: list[Commit] = []
        """The writes below `prefix`; a value is `data.n` of a ConfigMap."""
        self.revision = 0

    def gather(self) -> None:
        """Read what came since the last time."""
        if not self.folder.exists():
            return
        disk = Disk(_ReadOnly(self.folder))
        if self.revision == 0:
            assert first_revision(segment_names(disk)[0]) == 1
        self.commits += self._new(disk)

    def _new(self, disk: Disk) -> Iterator[Commit]:
        for record in read_records(disk, self.revision):
            self.revision = record.revision
            if record.key.startswith(self.prefix):
                value = None if record.value is None else number_of(json.loads(record.value))
                yield Commit(record.revision, record.key[len(self.prefix) :], value)


def number_of(tree: dict) -> str:  # type: ignore[type-arg]
    """Return the value a test wrote."""
    return str(tree.get("data", {}).get("n", ""))
