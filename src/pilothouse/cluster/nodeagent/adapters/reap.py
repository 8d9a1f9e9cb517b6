"""`reap`: end everything a data directory ever started, so that nothing is left on the machine.

Called by `pilothouse down` and by tests. Works without the agent and without the supervisor: the supervisor is asked to stop
(it kills its programs and gives back namespaces, mounts and control groups), and whatever still carries the directory's mark
is killed afterwards. Namespaces and mounts die with the last process in them; no mount is ever made on the machine itself.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal

from pilothouse.cluster.nodeagent.supervisor import procfs
from pilothouse.cluster.nodeagent.supervisor.cgroups import Cgroups
from pilothouse.cluster.nodeagent.supervisor.records import read_record

DAEMONS = ("proxy.json", "supervisor.json")
_GRACE_S = 12.0


def _end(pid: int, number: int, timeout_s: float) -> bool:
    """Signal one process and wait for its end; True when it is gone."""
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return True
    try:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, number)
        ready, _, _ = select.select([handle], [], [], timeout_s)
        return bool(ready)
    finally:
        os.close(handle)


def end_daemon(data_dir: str, name: str) -> bool:
    """Stop the daemon whose record is `name`, wait for it, and tell whether it ran."""
    path = os.path.join(data_dir, name)
    record = read_record(path)
    if record is None:
        return False
    pid, ticks = int(record.get("pid", 0)), int(record.get("startedTicks", 0))
    was_alive = procfs.is_alive(pid, ticks)
    if was_alive and not _end(pid, signal.SIGTERM, _GRACE_S):
        _end(pid, signal.SIGKILL, _GRACE_S)
    for leftover in (path, path.removesuffix(".json") + ".sock"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(leftover)
    return was_alive


def reap(data_dir: str) -> list[str]:
    """Kill everything `data_dir` started and return what was found, one line each; safe to call any number of times."""
    found = [name.removesuffix(".json") for name in DAEMONS if end_daemon(data_dir, name)]
    tag = procfs.mark_of(data_dir)
    for _ in range(50):
        left = procfs.marked(f"{tag}/")
        if not left:
            break
        for pid in left:
            found.append(f"process {pid}")
            _end(pid, signal.SIGKILL, 1.0)
    groups = Cgroups(tag)
    groups.remove_all()
    return found
