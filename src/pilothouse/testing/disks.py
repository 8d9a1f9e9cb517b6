"""A disk in memory that loses power, fills up, or fails: the system calls of `store.log.disk`, simulated.

Nothing is on the medium before it is synced: bytes and sizes with the file, creations, renames and deletions with the directory.
`power_cut` returns the files as the next start could find them. What may happen to unsynced parts is what POSIX allows, which is
more than most file systems do: none, all, or any part of them.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from itertools import count
from threading import RLock
from typing import Literal

from pilothouse.kit.clock import Entropy

Survival = Literal["synced", "everything", "torn"]
"""What of the unsynced parts is there after a cut: nothing, all, or an arbitrary part, with damage."""
SECTOR_BYTES = 512


class _File:
    __slots__ = ("data", "synced")

    def __init__(self, data: bytes = b"", synced: bytes = b"") -> None:
        self.data, self.synced = bytearray(data), synced


class PowerLost(OSError):
    """The simulated machine is off."""


class SimulatedFiles:
    """Files of one directory, in memory; safe to use from several threads."""

    def __init__(self, *, capacity_bytes: int | None = None) -> None:
        """Begin empty, with room for `capacity_bytes`."""
        self.capacity_bytes = capacity_bytes
        self.failures: dict[str, int] = {}
        """Names of calls to the errno they fail with, for as long as they are in here."""
        self.before_call: Callable[[str], None] | None = None
        """Called before each call that changes something, with its name; may raise, `PowerLost` for example."""
        self.calls_made = 0
        self._lock = RLock()
        self._numbers = count(1)
        self._files: dict[int, _File] = {}
        self._names: dict[str, int] = {}
        self._synced_names: dict[str, int] = {}
        self._unsynced: list[tuple[str, int, str]] = []
        """Changes of the directory since it was synced: (name, its file or 0, name that went away or empty)."""

    def _call(self, name: str) -> None:
        if self.before_call is not None:
            self.before_call(name)
        self.calls_made += 1
        if name in self.failures:
            raise OSError(self.failures[name], os.strerror(self.failures[name]))

    def names(self) -> list[str]:
        """Return the file names, sorted."""
        with self._lock:
            return sorted(self._names)

    def read(self, name: str) -> bytes:
        """Return a whole file."""
        with self._lock:
            return bytes(self._files[self._names[name]].data)

    def open(self, name: str, *, is_new: bool) -> int:
        """Open for appending."""
        with self._lock:
            if not is_new:
                return self._names[name]
            self._call("open")
            if name in self._names:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
            number = next(self._numbers)
            self._files[number] = _File()
            self._names[name] = number
            self._unsynced.append((name, number, ""))
            return number

    def write(self, handle: int, data: bytes | memoryview) -> int:
        """Append what there is room for; raises ENOSPC when that is nothing."""
        with self._lock:
            self._call("write")
            size = len(data)
            if self.capacity_bytes is not None:
                size = min(size, self.capacity_bytes - self.used_bytes)
                if size <= 0:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._files[handle].data += data[:size]
            return size

    @property
    def used_bytes(self) -> int:
        """Return how much room the files take."""
        return sum(len(self._files[number].data) for number in set(self._names.values()))

    def resize(self, handle: int, size_bytes: int) -> None:
        """Cut a file."""
        with self._lock:
            self._call("resize")
            del self._files[handle].data[size_bytes:]

    def sync(self, handle: int) -> None:
        """Bring a file to the medium."""
        with self._lock:
            self._call("sync")
            self._files[handle].synced = bytes(self._files[handle].data)

    def close(self, handle: int) -> None:
        """Nothing is held."""

    def rename(self, old: str, new: str) -> None:
        """Rename a file."""
        with self._lock:
            self._call("rename")
            self._names[new] = self._names.pop(old)
            self._unsynced.append((new, self._names[new], old))

    def unlink(self, name: str) -> None:
        """Delete a file."""
        with self._lock:
            if name in self._names:
                self._call("unlink")
                del self._names[name]
                self._unsynced.append((name, 0, ""))

    def sync_directory(self) -> None:
        """Bring the directory to the medium."""
        with self._lock:
            self._call("sync_directory")
            self._synced_names = dict(self._names)
            self._unsynced.clear()

    def power_cut(self, survival: Survival = "torn", entropy: Entropy | None = None) -> SimulatedFiles:
        """Return the files as the next start finds them; `entropy` decides what tears."""
        dice = entropy or Entropy(0)
        with self._lock:
            names = dict(self._synced_names)
            for name, number, old in self._unsynced:
                if survival == "everything" or (survival == "torn" and dice.randrange(2)):
                    names.pop(old, None)
                    names.pop(name, None)
                    if number:
                        names[name] = number
            after = SimulatedFiles(capacity_bytes=self.capacity_bytes)
            for name, number in names.items():
                data = _surviving(self._files[number], survival, dice)
                handle = next(after._numbers)
                after._files[handle] = _File(data, data)
                after._names[name] = handle
            after._synced_names = dict(after._names)
            return after


def _surviving(file: _File, survival: Survival, dice: Entropy) -> bytes:
    data = bytes(file.data)
    if survival == "everything" or data == file.synced:
        return data
    if survival == "synced":
        return file.synced
    if not data.startswith(file.synced):  # it was cut: one size or the other
        return data if dice.randrange(2) else file.synced
    kept = bytearray(data[: len(file.synced) + dice.randrange(len(data) - len(file.synced) + 1)])
    first = len(file.synced)
    damage = dice.randrange(4)
    if damage == 0 and len(kept) > first:
        kept[first + dice.randrange(len(kept) - first)] ^= 0xFF
    elif damage == 1 and len(kept) > first:  # the size is there before the bytes are
        start = first + dice.randrange(len(kept) - first)
        kept[start : start + SECTOR_BYTES] = bytes(len(kept[start : start + SECTOR_BYTES]))
    return bytes(kept)
