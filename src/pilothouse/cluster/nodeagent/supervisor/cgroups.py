"""Control groups, best effort: memory, CPU and process limits where the machine lets us write them.

Knows the three layouts in use: v2 (one tree), v1 (a tree per controller) and hybrid (v1 controllers beside a v2 tree without
them, treated as v1). Where nothing is writable, `Cgroups.kind` is "none", every call does nothing and `rlimits` remain.
The root folder is a parameter so that all layouts can be tested on a made-up tree.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PERIOD_US = 100_000
_V1 = ("memory", "cpu", "pids")


def _put(path: str, value: str) -> bool:
    try:
        with open(path, "w") as file:
            file.write(value)
    except OSError:
        return False
    return True


def _count(path: str, key: str) -> int:
    try:
        with open(path) as file:
            for line in file:
                name, _, value = line.partition(" ")
                if name == key:
                    return int(value)
    except (OSError, ValueError):
        pass
    return 0


class Cgroups:
    """The groups of one data directory."""

    def __init__(self, tag: str, root: str = "/sys/fs/cgroup") -> None:
        """Detect the layout under `root` and make the parent group `pilothouse-TAG`."""
        self._root, self._name = root, f"pilothouse-{tag}"
        self.kind = self._detect()

    def _detect(self) -> str:
        controllers = os.path.join(self._root, "cgroup.controllers")
        if os.path.exists(controllers):
            base = os.path.join(self._root, self._name)
            try:
                os.makedirs(base, exist_ok=True)
            except OSError:
                return "none"
            _put(os.path.join(self._root, "cgroup.subtree_control"), "+memory +cpu +pids")
            return "v2" if _put(os.path.join(base, "cgroup.subtree_control"), "+memory +cpu +pids") else "none"
        return "v1" if self._adopt_all() else "none"

    def _adopt_all(self) -> bool:
        usable = [controller for controller in _V1 if self._adopt(controller)]
        return bool(usable)

    def _adopt(self, controller: str) -> bool:
        tree = os.path.join(self._root, controller)
        if not os.path.exists(os.path.join(tree, "cgroup.procs")):
            return False
        try:
            os.makedirs(os.path.join(tree, self._name), exist_ok=True)
        except OSError:
            return False
        return os.access(os.path.join(tree, self._name), os.W_OK)

    def _folders(self, group: str) -> dict[str, str]:
        if self.kind == "v2":
            return {"": os.path.join(self._root, self._name, group)}
        if self.kind == "v1":
            parents = {c: os.path.join(self._root, c, self._name) for c in _V1}
            return {c: os.path.join(parent, group) for c, parent in parents.items() if os.path.isdir(parent)}
        return {}

    def create(self, group: str, limits: dict[str, Any], pid: int) -> None:
        """Make `group` with `limits` (memory_bytes, cpu_milli, cpu_shares, pids) and move `pid` into it."""
        for controller, folder in self._folders(group).items():
            try:
                os.makedirs(folder, exist_ok=True)
            except OSError:
                continue
            for name, value in self._settings(controller, limits):
                _put(os.path.join(folder, name), value)
            _put(os.path.join(folder, "cgroup.procs"), str(pid))

    def _settings(self, controller: str, limits: dict[str, Any]) -> list[tuple[str, str]]:
        memory, cpu, shares, pids = (int(limits.get(k) or 0) for k in ("memory_bytes", "cpu_milli", "cpu_shares", "pids"))
        quota = str(max(1000, cpu * _PERIOD_US // 1000))
        table: list[tuple[str, str, str, bool]] = [
            ("memory", "memory.limit_in_bytes", str(memory), memory > 0),
            ("cpu", "cpu.cfs_quota_us", quota, cpu > 0),
            ("cpu", "cpu.shares", str(shares), shares > 0),
            ("pids", "pids.max", str(pids), pids > 0),
        ]
        if controller:
            return [(name, value) for owner, name, value, is_set in table if is_set and owner == controller]
        weight = str(max(1, min(10000, 1 + (shares - 2) * 9999 // 262142)))
        unified = [
            ("memory.max", str(memory), memory > 0),
            ("cpu.max", f"{quota} {_PERIOD_US}", cpu > 0),
            ("cpu.weight", weight, shares > 0),
            ("pids.max", str(pids), pids > 0),
        ]
        return [(name, value) for name, value, is_set in unified if is_set]

    def is_oom_killed(self, group: str) -> bool:
        """Tell whether the kernel killed a process of `group` for memory."""
        folders = self._folders(group)
        if "" in folders:
            return _count(os.path.join(folders[""], "memory.events"), "oom_kill") > 0
        return "memory" in folders and _count(os.path.join(folders["memory"], "memory.oom_control"), "oom_kill") > 0

    def remove(self, group: str) -> None:
        """Remove an empty group."""
        for folder in self._folders(group).values():
            try:
                os.rmdir(folder)
            except OSError:
                continue

    def remove_all(self) -> None:
        """Remove the parent group and whatever empty groups are left in it."""
        parents = {os.path.dirname(folder) for folder in self._folders("x").values()}
        for parent in parents:
            try:
                entries = [entry.path for entry in os.scandir(parent) if entry.is_dir()]
            except OSError:
                continue
            for path in [*entries, parent]:
                try:
                    os.rmdir(path)
                except OSError:
                    continue
