"""A container's input and output: pipes or a terminal, the log they end in, and whoever is attached.

`Stdio` makes the descriptors before a program is forked. An `Output` per stream copies what the program writes to its log and to
every attached reader; a reader that is slow holds the program up, as in other container runtimes, but never after its end.
"""

from __future__ import annotations

import contextlib
import os
import selectors
from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pilothouse.cluster.nodeagent.supervisor.logs import LogSink

_CHUNK_BYTES = 65536
_LAST_BYTES = 1 << 20


class Stdio:
    """Descriptors of one run: `child` for the program, `readers` by stream and `stdin` (-1 for none) for the supervisor."""

    def __init__(self, spec: dict[str, Any]) -> None:
        """Make a terminal, or pipes, as `spec` (tty, stdin) asks."""
        self.child: tuple[int, int, int]
        self.readers: dict[str, int]
        self.stdin = -1
        if spec.get("tty"):
            master, slave = os.openpty()
            self.child, self.readers, self.stdin = (slave, slave, slave), {"stdout": master}, master
            return
        out, err = os.pipe2(os.O_CLOEXEC), os.pipe2(os.O_CLOEXEC)
        source = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        if spec.get("stdin"):
            os.close(source)
            source, self.stdin = os.pipe2(os.O_CLOEXEC)
        self.child, self.readers = (source, out[1], err[1]), {"stdout": out[0], "stderr": err[0]}

    def close_child(self) -> None:
        """Close the program's side, after the fork."""
        for fd in set(self.child):
            os.close(fd)


class Tap:
    """One attached reader."""

    def __init__(self, selector: selectors.BaseSelector, fd: int, drained: Callable[[], None]) -> None:
        """Write to `fd`, which now belongs to this; `drained` hears when nothing is pending any more."""
        self._selector, self._drained = selector, drained
        self.fd, self.pending = fd, b""
        self._is_watched = self._is_finishing = False
        os.set_blocking(fd, False)

    def feed(self, data: bytes) -> None:
        """Send `data`, now or when there is room."""
        if self.fd >= 0:
            self.pending += data
            self._flush()

    def finish(self) -> None:
        """Close once everything was sent."""
        self._is_finishing = True
        if not self.pending:
            self.close()

    def _flush(self) -> None:
        try:
            while self.pending:
                self.pending = self.pending[os.write(self.fd, self.pending) :]
        except BlockingIOError:
            if not self._is_watched:
                self._selector.register(self.fd, selectors.EVENT_WRITE, self._flush)
                self._is_watched = True
            return
        except OSError:
            self.close()
            return
        was_watched = self._is_watched
        if was_watched:
            self._selector.unregister(self.fd)
            self._is_watched = False
        if self._is_finishing:
            self.close()
        if was_watched:
            self._drained()

    def close(self) -> None:
        """Hang up; safe to call twice."""
        if self.fd < 0:
            return
        if self._is_watched:
            self._selector.unregister(self.fd)
        os.close(self.fd)
        self.fd, self.pending, self._is_watched = -1, b"", False
        self._drained()


class Output:
    """One stream of a program."""

    def __init__(self, selector: selectors.BaseSelector, reader: int, stream: str, sink: LogSink | None) -> None:
        """Copy what `reader` has to `sink` as `stream`."""
        self._selector, self._reader, self._stream, self._sink = selector, reader, stream, sink
        self._taps: list[Tap] = []
        self._is_paused = False
        os.set_blocking(reader, False)
        selector.register(reader, selectors.EVENT_READ, self._readable)

    @property
    def is_open(self) -> bool:
        """Whether more may come."""
        return self._reader >= 0

    def attach(self, fd: int) -> None:
        """Copy what comes from now on to `fd` too, which then belongs to this."""
        tap = Tap(self._selector, fd, self._drained)
        self._taps.append(tap)
        if not self.is_open:
            tap.finish()

    def _readable(self) -> None:
        if self.is_open and self._take() == 0:
            self._end()

    def _take(self) -> int:
        """Copy one piece; returns its size, 0 at the end and -1 when nothing is there."""
        try:
            data = os.read(self._reader, _CHUNK_BYTES)
        except BlockingIOError:
            return -1
        except OSError:  # the terminal of a program that is over
            return 0
        if data and self._sink is not None:
            self._sink.feed(self._stream, data)
        for tap in list(self._taps):
            tap.feed(data)
        self._taps = [tap for tap in self._taps if tap.fd >= 0]
        if any(tap.pending for tap in self._taps) and not self._is_paused and self.is_open:
            self._is_paused = True
            self._selector.unregister(self._reader)
        return len(data)

    def _drained(self) -> None:
        if self._is_paused and self.is_open and not any(tap.pending for tap in self._taps):
            self._is_paused = False
            self._selector.register(self._reader, selectors.EVENT_READ, self._readable)

    def _end(self) -> None:
        reader, self._reader = self._reader, -1
        if not self._is_paused:
            with contextlib.suppress(KeyError):
                self._selector.unregister(reader)
        os.close(reader)
        for tap in self._taps:
            tap.finish()
        self._taps = []

    def close(self) -> None:
        """Take what is left, however slow readers are, and end."""
        left = _LAST_BYTES
        while self.is_open and left > 0 and (size := self._take()) > 0:
            left -= size
        if self.is_open:
            self._end()
