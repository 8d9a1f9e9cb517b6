"""Reading container logs from disk: tail, filters, and following across rotations.

The API server's `pods/log` and the `logs` verb call `read_log`. Rotated files of the run are read in order; following waits for
the file to grow with a short poll on the clock and ends when the run is over and everything was read.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator

from pilothouse.cluster.nodeagent.engine.logs import LogLine, LogOptions, is_wanted, parse_line, shown
from pilothouse.kit.aio import offload
from pilothouse.kit.clock import Clock

POLL_S = 0.1
CHUNK_LINES = 500
MAX_LINE_BYTES = 64 << 10


def log_path(data_dir: str, namespace: str, name: str, uid: str, container: str, attempt: int) -> str:
    """Return where a run's log lies, the layout of /var/log/pods."""
    return os.path.join(data_dir, "logs", f"{namespace}_{name}_{uid}", container, f"{attempt}.log")


def files_of(path: str) -> list[str]:
    """Return the rotated files of a log, oldest first, then the current one."""
    folder, name = os.path.split(path)
    try:
        old = sorted(entry for entry in os.listdir(folder) if entry.startswith(name + "."))
    except OSError:
        return []
    return [os.path.join(folder, entry) for entry in old] + ([path] if os.path.exists(path) else [])


def _lines(paths: list[str], options: LogOptions, now: float) -> Iterator[LogLine]:
    for path in paths:
        try:
            with open(path, "rb") as file:
                while raw := file.readline(MAX_LINE_BYTES):
                    line = parse_line(raw)
                    if line is not None and is_wanted(line, options, now):
                        yield line
        except OSError:
            continue


def _existing(path: str, options: LogOptions, now: float) -> tuple[list[bytes], int, int]:
    """Return what is there now, and the inode and size up to which the current file was read."""
    try:
        info = os.stat(path)
        inode, size = info.st_ino, info.st_size
    except OSError:
        inode, size = 0, 0
    lines = _lines(files_of(path), options, now)
    kept = deque(lines, maxlen=options.tail_lines) if options.tail_lines is not None else lines
    return [shown(line, options) for line in kept], inode, size


class _Follower:
    """Reads what is appended to a log, also over a rotation."""

    def __init__(self, path: str, inode: int, offset: int) -> None:
        self._path, self._inode, self._offset = path, inode, offset

    def read(self, options: LogOptions) -> list[bytes]:
        """Return what came since the last call: the rest of the file read last, then every newer one."""
        files = files_of(self._path)
        inodes = [_inode(path) for path in files]
        start = inodes.index(self._inode) if self._inode in inodes else 0
        out: list[bytes] = []
        for path, inode in list(zip(files, inodes))[start:]:
            if inode != self._inode:
                self._inode, self._offset = inode, 0
            out += self._read_from(path, options)
        return out

    def _read_from(self, path: str, options: LogOptions) -> list[bytes]:
        out = []
        try:
            with open(path, "rb") as file:
                file.seek(self._offset)
                while raw := file.readline(MAX_LINE_BYTES):
                    if not raw.endswith(b"\n") and len(raw) < MAX_LINE_BYTES:
                        break
                    self._offset += len(raw)
                    line = parse_line(raw)
                    if line is not None and is_wanted(line, options, 0.0):
                        out.append(shown(line, options))
        except OSError:
            return out
        return out


def _inode(path: str) -> int:
    try:
        return os.stat(path).st_ino
    except OSError:
        return 0


async def read_log(path: str, options: LogOptions, clock: Clock, is_over: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Yield the log in chunks; with `follow`, go on until `is_over()` and the file is read to its end."""
    left = options.limit_bytes
    lines, inode, offset = await offload(_existing, path, options, clock.now())
    follower = _Follower(path, inode, offset)
    while True:
        for start in range(0, len(lines), CHUNK_LINES):
            chunk = b"".join(lines[start : start + CHUNK_LINES])
            if left is not None:
                chunk = chunk[:left]
                left -= len(chunk)
            if chunk:
                yield chunk
            if left == 0:
                return
        if not options.follow:
            return
        was_over = is_over()
        lines = await offload(follower.read, options)
        if not lines:
            if was_over:
                return
            await clock.sleep(POLL_S)
