"""Reading the CRI log format: pure parsing and selection, used by the log reader and its tests."""

from __future__ import annotations

import msgspec

from pilothouse.kit.clock import parse_rfc3339


class LogOptions(msgspec.Struct, frozen=True):
    """What a reader of a container's log asks for; the names are those of the API's query."""

    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail_lines: int | None = None
    since_s: float | None = None
    """Only lines not older than this many seconds."""
    since_time: float | None = None
    limit_bytes: int | None = None
    stream: str = ""
    """`stdout`, `stderr`, or empty for both."""


class LogLine(msgspec.Struct, frozen=True):
    """One line of a log file."""

    time: str
    stream: str
    is_partial: bool
    text: bytes


def parse_line(raw: bytes) -> LogLine | None:
    """Return a line in CRI format, or None when it is damaged."""
    parts = raw.rstrip(b"\n").split(b" ", 3)
    if len(parts) < 4 or parts[2] not in {b"F", b"P"}:
        return None
    return LogLine(parts[0].decode("ascii", "replace"), parts[1].decode("ascii", "replace"), parts[2] == b"P", parts[3])


def moment_of(line: LogLine) -> float:
    """Return the time of a line in seconds since 1970, 0 when unreadable."""
    try:
        return parse_rfc3339(line.time[:26].rstrip("Z") + "Z")
    except ValueError:
        return 0.0


def is_wanted(line: LogLine, options: LogOptions, now: float) -> bool:
    """Tell whether a line passes the stream and time filters."""
    if options.stream and line.stream != options.stream:
        return False
    earliest = options.since_time
    if options.since_s is not None:
        earliest = max(earliest or 0.0, now - options.since_s)
    return earliest is None or moment_of(line) >= earliest


def shown(line: LogLine, options: LogOptions) -> bytes:
    """Return the bytes a reader gets for a line; partial lines have no line end."""
    prefix = f"{line.time} ".encode() if options.timestamps else b""
    return prefix + line.text + (b"" if line.is_partial else b"\n")
