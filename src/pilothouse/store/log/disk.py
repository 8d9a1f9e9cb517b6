"""File operations of the log engine, behind one small class.

Everything that must survive a power cut goes through here, so that a test can put a disk in its place that forgets or tears
what was not synced. All calls block; the engine makes them in its writer thread.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol


class LogFile(Protocol):
    """A file being appended to."""

    def append(self, data: bytes) -> None:
        """Write all of `data` at the end."""
        ...

    def sync(self) -> None:
        """Return once everything appended is on the medium; raises OSError when that failed."""
        ...

    def close(self) -> None:
        """Release the file without syncing."""
        ...


class Disk(Protocol):
    """A directory of files."""

    def names(self) -> list[str]:
        """Return the file names, sorted."""
        ...

    def read(self, name: str) -> bytes:
        """Return a whole file."""
        ...

    def create(self, name: str, header: bytes) -> LogFile:
        """Create a file with `header`, both durable, and return it open for appending."""
        ...

    def replace(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a file so that either all of it or nothing is there after a crash."""
        ...

    def truncate(self, name: str, size_bytes: int) -> None:
        """Cut a file and make that durable."""
        ...

    def remove(self, name: str) -> None:
        """Delete a file, durably: what is deleted next cannot be gone before it."""
        ...


class _RealFile:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def append(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def sync(self) -> None:
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


class RealDisk:
    """The directory `root` of the machine."""

    def __init__(self, root: Path) -> None:
        """Use `root`, created with access for its owner only."""
        self._root = root
        root.mkdir(parents=True, exist_ok=True, mode=0o700)

    def names(self) -> list[str]:
        """Return the file names, sorted."""
        return sorted(entry.name for entry in self._root.iterdir())

    def read(self, name: str) -> bytes:
        """Return a whole file."""
        return (self._root / name).read_bytes()

    def create(self, name: str, header: bytes) -> LogFile:
        """Create a file with `header`, both durable, and return it open for appending."""
        descriptor = os.open(self._root / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        file = _RealFile(descriptor)
        file.append(header)
        os.fsync(descriptor)
        self._sync_directory()
        return file

    def replace(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write to a temporary file, sync it, rename it, sync the directory."""
        temporary = self._root / f"{name}.tmp"
        with temporary.open("wb") as file:
            temporary.chmod(0o600)
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self._root / name)
        self._sync_directory()

    def truncate(self, name: str, size_bytes: int) -> None:
        """Cut a file and make that durable."""
        with (self._root / name).open("r+b") as file:
            file.truncate(size_bytes)
            os.fsync(file.fileno())

    def remove(self, name: str) -> None:
        """Delete a file and sync the directory, so that a snapshot never comes back without its segments."""
        (self._root / name).unlink(missing_ok=True)
        self._sync_directory()

    def _sync_directory(self) -> None:
        descriptor = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
