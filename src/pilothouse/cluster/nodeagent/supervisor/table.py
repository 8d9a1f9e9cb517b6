"""The running programs, as the supervisor remembers them and as they are written down.

A `Child` is one container run, a `Session` one exec into it. A child's record goes to disk at start and at exit, so that a
crash of the supervisor leaves the truth behind; `describe` is also what `list` and the exit events carry.
"""

from __future__ import annotations

import os
import socket

from pilothouse.cluster.nodeagent.supervisor.logs import LogSink
from pilothouse.cluster.nodeagent.supervisor.records import write_record
from pilothouse.cluster.nodeagent.supervisor.stdio import Output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_IDENTITY = ("cwd", "uid", "gid", "groups", "privileged", "no_new_privs", "cap_add", "cap_drop", "rlimits")
"""What a command run inside a container takes over from it."""


class Child:
    """One program started by the supervisor."""

    def __init__(self, spec: dict[str, Any], pid: int, started_ticks: int, started_at: float) -> None:
        """Remember a program that was just forked."""
        self.id: str = spec["id"]
        self.sandbox: str = spec.get("sandbox") or ""
        self.labels: dict[str, Any] = spec.get("labels") or {}
        self.folder: str = spec.get("folder") or ""
        self.pid, self.started_ticks, self.started_at = pid, started_ticks, started_at
        self.finished_at = 0.0
        self.exit_code: int | None = None
        self.signal = 0
        self.reason = ""
        self.sink: LogSink | None = None
        self.outputs: dict[str, Output] = {}
        self.stdin = -1
        self.is_tty = bool(spec.get("tty"))
        self.identity = {name: spec[name] for name in _IDENTITY if name in spec}
        self.kill_at = 0.0
        self.drain_until = 0.0
        self.is_reported = False

    @property
    def is_writing(self) -> bool:
        """Whether output may still come."""
        return any(output.is_open for output in self.outputs.values())

    def close_stdin(self) -> None:
        """End the program's input; a terminal belongs to its output."""
        if self.stdin >= 0 and not self.is_tty:
            os.close(self.stdin)
        self.stdin = -1

    def finish(self, status: int, now: float, is_oom: bool) -> None:
        """Keep how the program ended; `status` is what wait returned."""
        code = os.waitstatus_to_exitcode(status)
        self.signal = -code if code < 0 else 0
        self.exit_code = 128 - code if code < 0 else code
        self.finished_at = now
        self.reason = "OOMKilled" if is_oom else ("Completed" if self.exit_code == 0 else "Error")

    def describe(self) -> dict[str, Any]:
        """Return the record of this run."""
        return {
            "id": self.id,
            "sandbox": self.sandbox,
            "labels": self.labels,
            "pid": self.pid,
            "startedTicks": self.started_ticks,
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
            "exitCode": self.exit_code,
            "signal": self.signal,
            "reason": self.reason,
        }

    def save(self) -> None:
        """Write the record into the container's folder."""
        if self.folder:
            try:
                write_record(os.path.join(self.folder, "record.json"), self.describe())
            except OSError:
                return


class Session:
    """An exec whose end is told on the connection that asked for it."""

    def __init__(self, connection: socket.socket, pid: int, seq: int) -> None:
        """Tie `pid` to the connection that gets the result."""
        self.connection, self.pid, self.seq = connection, pid, seq
        self.is_reported = False
        self.exit_code: int | None = None
