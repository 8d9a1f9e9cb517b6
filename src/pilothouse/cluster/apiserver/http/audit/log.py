"""Writes audit records to a file, one JSON line each, and rotates it.

Records wait in memory for the next write, which a worker thread does; requests never wait for the disk, and what a crash finds
in memory is lost, as with kube-apiserver's batching. When the disk is slower than the requests the oldest records are dropped,
and the server's own log says how many.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections import deque
from pathlib import Path
from typing import Protocol

import msgspec

from pilothouse.kit.aio import TaskScope, offload
from pilothouse.kit.clock import Clock, rfc3339_micro

logger = logging.getLogger("pilothouse.apiserver.audit")
MAX_WAITING = 50_000
_MEGABYTE = 1 << 20
_DAY_S = 86_400


class LogFile(msgspec.Struct, frozen=True):
    """Where records go, and how much of it is kept; 0 keeps everything."""

    path: str
    """`-` is standard output, which is not rotated."""
    max_size_mb: int = 100
    max_age_days: int = 0
    max_backups: int = 0


class Sink(Protocol):
    """Takes records."""

    def add(self, line: bytes) -> None:
        """Take one record, a line without its end; never waits."""
        ...


class AuditLog:
    """The file of one server."""

    def __init__(self, file: LogFile, clock: Clock) -> None:
        """Prepare; `start` opens it."""
        self._file, self._clock = file, clock
        self._waiting: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._scope = TaskScope("audit")
        self.dropped = 0

    def start(self) -> None:
        """Begin to write; raises `OSError` when the file cannot be opened."""
        if self._file.path != "-":
            with open(self._file.path, "ab"):
                os.chmod(self._file.path, 0o600)
        self._scope.spawn(self._run(), "write")

    def add(self, line: bytes) -> None:
        """Take one record."""
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(line)
        self._wake.set()

    async def stop(self) -> None:
        """Write what waits; safe to call twice."""
        await self._scope.close()
        await self._flush()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._flush()
            await self._clock.sleep(0.05)  # one write takes what came in the meantime

    async def _flush(self) -> None:
        if not self._waiting:
            return
        lines, dropped = list(self._waiting), self.dropped
        self._waiting.clear()
        if dropped:
            logger.warning("%d audit records were dropped: the disk is slower than the requests", dropped)
            self.dropped = 0
        try:
            await offload(write_lines, self._file, lines, self._clock.now())
        except OSError as error:
            logger.error("%d audit records are lost: %s", len(lines), error)


def write_lines(file: LogFile, lines: list[bytes], now: float) -> None:
    """Append records, rotating before the file would outgrow its limit."""
    data = b"\n".join(lines) + b"\n"
    if file.path == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    path = Path(file.path)
    size = path.stat().st_size if path.exists() else 0
    if size and file.max_size_mb and size + len(data) > file.max_size_mb * _MEGABYTE:
        path.rename(path.with_name(f"{path.stem}-{rfc3339_micro(now).replace(':', '-')}{path.suffix}"))
        remove_old(file, now)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "ab") as out:
        out.write(data)


def remove_old(file: LogFile, now: float) -> None:
    """Delete rotated files beyond the number or the age to keep."""
    path = Path(file.path)
    rotated = sorted(path.parent.glob(f"{path.stem}-*{path.suffix}"), reverse=True)
    for index, old in enumerate(rotated):
        is_too_many = file.max_backups and index >= file.max_backups
        is_too_old = file.max_age_days and old.stat().st_mtime < now - file.max_age_days * _DAY_S
        if is_too_many or is_too_old:
            old.unlink()
