"""What this machine allows Pods, in words: the node agent's part of `pilothouse doctor`.

`diagnose` starts a throw-away supervisor in a temporary folder, asks what it reached, and takes it down again, so that the
answer is what a real start would find.
"""

from __future__ import annotations

import os
import tempfile
from typing import Literal

import msgspec

from pilothouse.cluster.nodeagent.adapters.reap import reap
from pilothouse.cluster.nodeagent.adapters.supervisor import ask, launch
from pilothouse.kit.errors import PilothouseError


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at."""

    name: str
    status: Literal["ok", "degraded", "failed"]
    detail: str
    fix: str = ""


_NETWORK = {
    "root": ("ok", "each Pod has a network of its own"),
    "userns": ("ok", "each Pod has a network of its own, inside a user namespace"),
    "none": ("degraded", "Pods share the machine's network: two Pods cannot use the same port"),
}
_NETWORK_FIX = (
    "run as root, or allow user namespaces: sysctl user.max_user_namespaces=15000, and on Ubuntu "
    "sysctl kernel.apparmor_restrict_unprivileged_userns=0"
)


def diagnose() -> list[Finding]:
    """Return what works here and how to get the rest."""
    with tempfile.TemporaryDirectory(prefix="pilothouse-doctor-") as folder:
        try:
            launch(folder)
            hello = ask(folder, "hello")
        except PilothouseError as error:
            return [Finding("pod supervisor", "failed", error.message, "see the message; Python 3.11 and /proc are needed")]
        finally:
            reap(folder)
    return [Finding("pod supervisor", "ok", "starts and answers"), _network(hello), _mounts(hello), _cgroups(hello)]


def _network(hello: dict[str, object]) -> Finding:
    mode = str(hello.get("mode"))
    status, text = _NETWORK.get(mode, ("failed", f"unknown mode {mode}"))
    why = f" ({hello['why']})" if hello.get("why") else ""
    return Finding("pod network", "ok" if status == "ok" else "degraded", text + why, "" if status == "ok" else _NETWORK_FIX)


def _mounts(hello: dict[str, object]) -> Finding:
    if int(str(hello.get("mounts") or 0)) >= 2:
        return Finding("pod file systems", "ok", "containers get a private root: the machine read-only, image and volumes on top")
    text = "no private mounts: images are copied, volumes are links below $PILOTHOUSE_ROOT"
    return Finding(
        "pod file systems", "degraded", text, _NETWORK_FIX + "; the data directory must lie on a file system overlay accepts"
    )


def _cgroups(hello: dict[str, object]) -> Finding:
    kind = str(hello.get("cgroups"))
    if kind != "none":
        return Finding("resource limits", "ok", f"control groups {kind}")
    fix = "run as root" if os.geteuid() else "make /sys/fs/cgroup writable"
    return Finding("resource limits", "degraded", "no control groups: memory limits are rlimits, CPU limits have no effect", fix)
