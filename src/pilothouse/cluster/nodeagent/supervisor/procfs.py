"""What /proc tells about processes: who they are, whose children, and which Pod they belong to.

A process is identified by pid and start time, so that a recycled pid is never mistaken for the old process. Every program the
supervisor starts carries `MARK` in its environment; daemons that leave their process group are found by it, or by descent.
Used by the supervisor, by its client and by `reap`.
"""

from __future__ import annotations

import os
import zlib

MARK = "PILOTHOUSE_PROCESS"


def mark_of(data_dir: str) -> str:
    """Return the short tag of a data directory, the first half of every mark."""
    path = os.fsencode(os.path.realpath(data_dir))
    return f"{zlib.crc32(path):08x}{zlib.crc32(path[::-1]):08x}"


def _fields(pid: int) -> list[bytes]:
    with open(f"/proc/{pid}/stat", "rb") as stat:
        raw = stat.read()
    return raw[raw.rindex(b")") + 2 :].split()


def start_time(pid: int) -> int:
    """Return the start of a process in clock ticks since boot, 0 when there is none or it is a zombie."""
    try:
        fields = _fields(pid)
    except (OSError, ValueError):
        return 0
    return 0 if fields[0] in {b"Z", b"X"} else int(fields[19])


def is_alive(pid: int, started: int) -> bool:
    """Tell whether the very process that had `pid` at `started` still runs."""
    return started > 0 and start_time(pid) == started


def processes() -> dict[int, int]:
    """Return every process of the machine with its parent."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found[int(name)] = int(_fields(int(name))[1])
            except (OSError, ValueError):
                continue
    return found


def descendants(root: int) -> list[int]:
    """Return all living processes below `root`, nearest first."""
    table = processes()
    below: dict[int, list[int]] = {}
    for pid, parent in table.items():
        below.setdefault(parent, []).append(pid)
    found, queue = [], [root]
    while queue:
        for child in below.get(queue.pop(0), []):
            found.append(child)
            queue.append(child)
    return found


def mark(pid: int) -> str:
    """Return the mark a process carries, or an empty text."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as environ:
            raw = environ.read()
    except OSError:
        return ""
    prefix = MARK.encode() + b"="
    for entry in raw.split(b"\0"):
        if entry.startswith(prefix):
            return entry[len(prefix) :].decode("utf-8", "replace")
    return ""


def marked(prefix: str) -> list[int]:
    """Return every process whose mark begins with `prefix`, except the caller."""
    own = os.getpid()
    return [pid for pid in processes() if pid != own and mark(pid).startswith(prefix)]


def environment_of(pid: int) -> dict[str, str]:
    """Return the environment a process was started with; empty when it cannot be read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            raw = file.read(1 << 20)
    except OSError:
        return {}
    pairs = (entry.decode("utf-8", "surrogateescape").partition("=") for entry in raw.split(b"\0") if b"=" in entry)
    return {key: value for key, _, value in pairs}
