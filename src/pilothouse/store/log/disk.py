"""File operations of the log engine, made of the few system calls that `FileCalls` names.

Everything that must survive a power cut goes through here, so that a test can put calls in their place that forget or tear what
was not synced, or fail (`pilothouse.testing.disks`). All calls block; the engine makes them in its writer thread.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol


class FileCalls(Protocol):
    """System calls on the files of one directory; each may raise OSError."""

    def names(self) -> list[str]:
        """Return the file names, sorted."""
        ...

    def read(self, name: str) -> bytes:
        """Return a whole file."""
        ...

    def open(self, name: str, *, is_new: bool) -> int:
        """Open for appending; a new one must not exist yet, another must."""
        ...

    def write(self, handle: int, data: bytes | memoryview) -> int:
        """Append, perhaps only a part; return how many bytes."""
        ...

    def resize(self, handle: int, size_bytes: int) -> None:
        """Cut a file."""
        ...

    def sync(self, handle: int) -> None:
        """Return once the file's bytes and size are on the medium."""
        ...

    def close(self, handle: int) -> None:
        """Release a handle."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Rename a file, replacing what is there."""
        ...

    def unlink(self, name: str) -> None:
        """Delete a file."""
        ...

    def sync_directory(self) -> None:
        """Return once creations, renames and deletions are on the medium."""
        ...


class LogFile:
    """A file being appended to."""

    def __init__(self, calls: FileCalls, handle: int) -> None:
        """Made by `Disk.create`."""
        self._calls, self._handle = calls, handle
        self._size = 0

    def append(self, data: bytes) -> None:
        """Write all of `data` at the end; after an OSError a part of it may be there, see `undo`."""
        view = memoryview(data)
        while view:
            view = view[self._calls.write(self._handle, view) :]
        self._size += len(data)

    def undo(self) -> None:
        """Durably take away what a failed `append` left; raises OSError when that fails too."""
        self._calls.resize(self._handle, self._size)
        self._calls.sync(self._handle)

    def sync(self) -> None:
        """Return once everything appended is on the medium; raises OSError when that failed."""
        self._calls.sync(self._handle)

    def close(self) -> None:
        """Release the file without syncing."""
        self._calls.close(self._handle)


class Disk:
    """A directory of files that are whole after a crash, or not there."""

    def __init__(self, calls: FileCalls) -> None:
        """Use `SystemCalls`, or others in tests."""
        self._calls = calls

    def names(self) -> list[str]:
        """Return the file names, sorted."""
        return self._calls.names()

    def read(self, name: str) -> bytes:
        """Return a whole file."""
        return self._calls.read(name)

    def create(self, name: str, header: bytes) -> LogFile:
        """Create a file with `header`, both durable, and return it open for appending; after an error it is not there."""
        file = LogFile(self._calls, self._calls.open(name, is_new=True))
        try:
            file.append(header)
            file.sync()
            self._calls.sync_directory()
        except OSError:
            file.close()
            self._clear(name)
            raise
        return file

    def replace(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a file so that either all of it or nothing is there after a crash: aside, synced, then renamed."""
        temporary = f"{name}.tmp"
        self._clear(temporary)
        file = LogFile(self._calls, self._calls.open(temporary, is_new=True))
        try:
            for chunk in chunks:
                file.append(chunk)
            file.sync()
        except OSError:
            self._clear(temporary)
            raise
        finally:
            file.close()
        self._calls.rename(temporary, name)
        self._calls.sync_directory()

    def truncate(self, name: str, size_bytes: int) -> None:
        """Cut a file and make that durable."""
        handle = self._calls.open(name, is_new=False)
        try:
            self._calls.resize(handle, size_bytes)
            self._calls.sync(handle)
        finally:
            self._calls.close(handle)

    def remove(self, name: str) -> None:
        """Delete a file, durably: what is deleted next cannot be gone before it."""
        self._calls.unlink(name)
        self._calls.sync_directory()

    def _clear(self, name: str) -> None:
        """Delete a file that is of no use, if it is there and can be deleted."""
        with contextlib.suppress(OSError):
            self._calls.unlink(name)


class SystemCalls:
    """Files in the directory `root` of the machine."""

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

    def open(self, name: str, *, is_new: bool) -> int:
        """Open for appending, for this user only."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | (os.O_CREAT | os.O_EXCL if is_new else 0)
        return os.open(self._root / name, flags, 0o600)

    def write(self, handle: int, data: bytes | memoryview) -> int:
        """Append, perhaps only a part."""
        return os.write(handle, data)

    def resize(self, handle: int, size_bytes: int) -> None:
        """Cut a file."""
        os.ftruncate(handle, size_bytes)

    def sync(self, handle: int) -> None:
        """Sync the bytes and the size."""
        os.fdatasync(handle)

    def close(self, handle: int) -> None:
        """Release a handle."""
        os.close(handle)

    def rename(self, old: str, new: str) -> None:
        """Rename a file, replacing what is there."""
        (self._root / old).rename(self._root / new)

    def unlink(self, name: str) -> None:
        """Delete a file."""
        (self._root / name).unlink(missing_ok=True)

    def sync_directory(self) -> None:
        """Sync the directory itself."""
        descriptor = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
