"""Memory and processor time of processes, read from /proc."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path


def of_directory(directory: Path) -> list[int]:
    """Return the processes that name the directory in their command line or environment, and their descendants."""
    mark = str(directory).encode()
    parents: dict[int, int] = {}
    found: set[int] = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            pid = int(entry.name)
            parents[pid] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if mark in (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes():
                found.add(pid)
    while grown := {pid for pid, parent in parents.items() if parent in found and pid not in found}:
        found |= grown
    return sorted(found - {os.getpid()})


def pss_mb(pids: list[int]) -> float:
    """Return the proportional set size of the processes together, in MB."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def cpu_seconds(pid: int) -> float:
    """Return the user and system CPU time a running process has taken so far, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def user_seconds(command: list[str], environment: dict[str, str]) -> float:
    """Run a program and return the user CPU time it took."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (command, process.stderr.read() if process.stderr else b"")
    return usage.ru_utime
