"""A disk in memory that can lose power: what was not synced is dropped or torn, from a seed.

It implements `store.log.disk.Disk`. `power_cut` returns the disk as the next start would find it: synced bytes are kept,
each file's unsynced tail is cut at a random byte and may hold garbage, unsynced creations and removals may be undone.
"""

from __future__ import annotations

from collections.abc import Iterable

from pilothouse.kit.clock import Entropy


class _Content:
    __slots__ = ("data", "synced")

    def __init__(self, data: bytes, synced: int) -> None:
        self.data = bytearray(data)
        self.synced = synced


class _SimulatedFile:
    def __init__(self, disk: SimulatedDisk, content: _Content) -> None:
        self._disk, self._content = disk, content

    def append(self, data: bytes) -> None:
        self._disk.step()
        self._content.data += data

    def sync(self) -> None:
        self._disk.step()
        self._content.synced = len(self._content.data)

    def close(self) -> None:
        """Nothing is held."""


class PowerLost(OSError):
    """The simulated machine is off."""


class SimulatedDisk:
    """Files in memory with a power switch."""

    def __init__(self, entropy: Entropy, steps_until_cut: int | None = None) -> None:
        """Work until `steps_until_cut` operations were made (None: for ever), then raise `PowerLost` on each one."""
        self._entropy = entropy
        self._steps_left = steps_until_cut
        self._files: dict[str, _Content] = {}

    def step(self) -> None:
        """Count one operation; raises `PowerLost` once the power is gone."""
        if self._steps_left is None:
            return
        if self._steps_left <= 0:
            raise PowerLost("the power is off")
        self._steps_left -= 1

    def names(self) -> list[str]:
        """Return the file names, sorted."""
        return sorted(self._files)

    def read(self, name: str) -> bytes:
        """Return a whole file."""
        return bytes(self._files[name].data)

    def create(self, name: str, header: bytes) -> _SimulatedFile:
        """Create a durable file with `header`."""
        self.step()
        content = _Content(header, len(header))
        self._files[name] = content
        return _SimulatedFile(self, content)

    def replace(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a file atomically."""
        data = b"".join(chunks)
        self.step()
        self._files[name] = _Content(data, len(data))

    def truncate(self, name: str, size_bytes: int) -> None:
        """Cut a file durably."""
        self.step()
        content = self._files[name]
        del content.data[size_bytes:]
        content.synced = len(content.data)

    def remove(self, name: str) -> None:
        """Delete a file."""
        self.step()
        self._files.pop(name, None)

    def power_cut(self) -> SimulatedDisk:
        """Return the disk the next start finds."""
        survivor = SimulatedDisk(self._entropy)
        for name, content in self._files.items():
            unsynced = len(content.data) - content.synced
            kept = content.synced + (self._entropy.randrange(unsynced + 1) if unsynced else 0)
            data = bytearray(content.data[:kept])
            if kept > content.synced and self._entropy.randrange(3) == 0:
                data[content.synced + self._entropy.randrange(kept - content.synced)] ^= 0xFF
            survivor._files[name] = _Content(bytes(data), len(data))
        return survivor
