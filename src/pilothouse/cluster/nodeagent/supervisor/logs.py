"""Container output to files in the CRI log format: `TIME stdout|stderr F|P text`.

One `LogSink` per container, fed by the loop whenever a pipe has data. Long lines are cut into P(artial) pieces of 16 KiB as
container runtimes do; files rotate at a size and only the newest few are kept. A full disk drops lines, never the program.
"""

from __future__ import annotations

import os

from pilothouse.cluster.nodeagent.supervisor.timesource import stamp

MAX_LINE_BYTES = 16 << 10
MAX_FILE_BYTES = 10 << 20
MAX_FILES = 5


class LogSink:
    """The log file of one container run."""

    def __init__(self, path: str, max_file_bytes: int = MAX_FILE_BYTES, max_files: int = MAX_FILES) -> None:
        """Open `path` for appending, making its folder."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self._path, self._limit, self._keep = path, max_file_bytes, max_files
        self._rest: dict[str, bytes] = {}
        self._rotations = 0
        self._fd = -1
        self._size = 0
        self._open()

    def _open(self) -> None:
        self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        self._size = os.fstat(self._fd).st_size

    def feed(self, stream: str, data: bytes) -> None:
        """Add output of `stream`; complete lines are written now, the rest waits."""
        lines = (self._rest.pop(stream, b"") + data).split(b"\n")
        rest = lines.pop()
        prefix = f"{stamp()} {stream} ".encode()
        out = bytearray()
        for line in lines:
            out += self._pieces(prefix, line)
        while len(rest) > MAX_LINE_BYTES:
            out += prefix + b"P " + rest[:MAX_LINE_BYTES] + b"\n"
            rest = rest[MAX_LINE_BYTES:]
        if rest:
            self._rest[stream] = rest
        self._write(bytes(out))

    @staticmethod
    def _pieces(prefix: bytes, line: bytes) -> bytes:
        out = b""
        while len(line) > MAX_LINE_BYTES:
            out += prefix + b"P " + line[:MAX_LINE_BYTES] + b"\n"
            line = line[MAX_LINE_BYTES:]
        return out + prefix + b"F " + line + b"\n"

    def _write(self, out: bytes) -> None:
        if not out or self._fd < 0:
            return
        if self._size and self._size + len(out) > self._limit:
            self._rotate()
        try:
            self._size += os.write(self._fd, out)
        except OSError:
            return

    def _rotate(self) -> None:
        os.close(self._fd)
        self._fd = -1
        self._rotations += 1
        kept = f"{self._path}.{stamp()[:19].replace('-', '').replace(':', '').replace('T', '-')}-{self._rotations:06d}"
        try:
            os.rename(self._path, kept)
            folder, name = os.path.split(self._path)
            old = sorted(entry for entry in os.listdir(folder) if entry.startswith(name + "."))
            for entry in old[: max(0, len(old) - (self._keep - 1))]:
                os.unlink(os.path.join(folder, entry))
            self._open()
        except OSError:
            self._fd = -1

    def close(self) -> None:
        """Write unfinished lines and close the file."""
        for stream, rest in self._rest.items():
            self._write(f"{stamp()} {stream} F ".encode() + rest + b"\n")
        self._rest = {}
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
