"""The file system a container sees, built from mounts in its own namespace; nothing is mounted on the machine itself.

Base `host`: the machine's root, read-only, with the image's layers laid over it (overlay with a private upper folder, so a
program may write as in any container), private /tmp and /run, and volumes at their paths. Base `scratch`: the layers alone.
The platform's data directory is never visible inside. Runs in the forked child between fork and exec; the folder's files are
prepared by the agent.
"""

from __future__ import annotations

import contextlib
import os
import stat

from pilothouse.cluster.nodeagent.supervisor.sandbox import syscalls
from pilothouse.cluster.nodeagent.supervisor.sandbox.syscalls import MS_BIND, MS_NODEV, MS_NOSUID, MS_RDONLY, MS_REC, MS_REMOUNT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_KERNEL = ("proc", "sys")
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "fuse")
_PRIVATE = {"tmp": 0o1777, "run": 0o755}
_OLD = ".old"
MACHINE_ROOT = "machine"
"""Base that keeps the machine's root and only covers files in it."""
_MAX_ENTRIES = 4096


class RootPlan:
    """What `build_root` is told: layers (topmost first), binds, the container's folder and what to hide."""

    def __init__(self, spec: dict[str, Any]) -> None:
        """Read the `root` part of a launch request."""
        self.folder: str = spec["folder"]
        self.layers: list[str] = list(spec.get("layers", []))
        self.base: str = spec.get("base", "host")
        self.binds: list[dict[str, Any]] = list(spec.get("binds", []))
        self.hide: str = os.path.realpath(spec["hide"]) if spec.get("hide") else ""
        self.is_readonly: bool = bool(spec.get("readonly"))
        self.is_privileged: bool = bool(spec.get("privileged"))
        self.options: str = spec.get("overlay_options", "")
        self.root = os.path.join(self.folder, "rootfs")


def build_root(plan: RootPlan) -> None:
    """Enter a new mount namespace whose root is the container's; raises OSError naming the step that failed."""
    syscalls.unshare(syscalls.CLONE_NEWNS)
    syscalls.mount("none", "/", "", syscalls.MS_REC | syscalls.MS_PRIVATE)
    if plan.base == MACHINE_ROOT:
        _cover_files(plan)
        return
    os.makedirs(plan.root, exist_ok=True)
    if plan.base == "host":
        syscalls.mount("tmpfs", plan.root, "tmpfs", MS_NOSUID | MS_NODEV, "size=4m,mode=755")
        _lay_host(plan)
    else:
        _overlay(plan, plan.root, "", plan.layers)
    for name in (*_KERNEL, "dev") if plan.is_privileged else _KERNEL:
        target = os.path.join(plan.root, name)
        os.makedirs(target, exist_ok=True)
        syscalls.mount(f"/{name}", target, "", MS_BIND | MS_REC)
    if not plan.is_privileged:
        _devices(os.path.join(plan.root, "dev"))
    os.makedirs(os.path.join(plan.root, _OLD), exist_ok=True)
    syscalls.pivot_root(plan.root, os.path.join(plan.root, _OLD))
    os.chdir("/")
    for bind in sorted(plan.binds, key=lambda item: str(item["target"]).count("/")):
        _bind(bind)
    syscalls.umount(f"/{_OLD}")
    os.rmdir(f"/{_OLD}")
    if plan.is_readonly:
        syscalls.mount("none", "/", "", MS_BIND | MS_REMOUNT | MS_RDONLY)


def _cover_files(plan: RootPlan) -> None:
    """Without overlay the machine's own root stays; single files such as /etc/resolv.conf are covered."""
    for bind in plan.binds:
        target = os.path.realpath(str(bind["target"]))
        if os.path.isfile(target):
            syscalls.mount(bind["source"], target, "", MS_BIND)


def _devices(target: str) -> None:
    """Make a private /dev with the harmless devices, so that nothing is ever created in the machine's own."""
    os.makedirs(target, exist_ok=True)
    syscalls.mount("tmpfs", target, "tmpfs", MS_NOSUID, "size=1m,mode=755")
    for name in _DEVICES:
        if os.path.exists(f"/dev/{name}"):
            os.close(os.open(os.path.join(target, name), os.O_CREAT | os.O_WRONLY, 0o666))
            syscalls.mount(f"/dev/{name}", os.path.join(target, name), "", MS_BIND)
    for name in ("fd", "stdin", "stdout", "stderr"):
        os.symlink("/proc/self/fd" + {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}[name], os.path.join(target, name))
    os.makedirs(os.path.join(target, "shm"))
    syscalls.mount("tmpfs", os.path.join(target, "shm"), "tmpfs", MS_NOSUID | MS_NODEV, "size=64m,mode=1777")
    if os.path.isdir("/dev/pts"):
        os.makedirs(os.path.join(target, "pts"))
        syscalls.mount("/dev/pts", os.path.join(target, "pts"), "", MS_BIND)
        os.symlink("pts/ptmx", os.path.join(target, "ptmx"))


def _lay_host(plan: RootPlan) -> None:
    writable = _tops_to_write(plan)
    names = dict.fromkeys([*os.listdir("/"), *(name for layer in plan.layers for name in os.listdir(layer))])
    for name in names:
        if name in _KERNEL or name in {_OLD, "dev"}:
            continue
        target = os.path.join(plan.root, name)
        layers = [path for path in (os.path.join(layer, name) for layer in plan.layers) if os.path.lexists(path)]
        if name in _PRIVATE:
            _private(plan, name, target)
        elif name in writable or layers:
            _merge(plan, name, target, layers)
        else:
            _show(plan, f"/{name}", target)


def _tops_to_write(plan: RootPlan) -> set[str]:
    tops = set()
    for bind in plan.binds:
        real = os.path.realpath(str(bind["target"]))
        if not os.path.exists(real) or os.path.isdir(real) != os.path.isdir(bind["source"]):
            tops.add(real.lstrip("/").partition("/")[0])
    return tops


def _private(plan: RootPlan, name: str, target: str) -> None:
    source = os.path.join(plan.folder, "private", name)
    os.makedirs(source, exist_ok=True)
    os.chmod(source, _PRIVATE[name])
    os.makedirs(target, exist_ok=True)
    syscalls.mount(source, target, "", MS_BIND)


def _show(plan: RootPlan, source: str, target: str) -> None:
    """Put one entry of the machine's root at `target`, read-only."""
    info = os.lstat(source)
    if stat.S_ISLNK(info.st_mode):
        os.symlink(os.readlink(source), target)
        return
    if stat.S_ISDIR(info.st_mode):
        os.makedirs(target, exist_ok=True)
    elif stat.S_ISREG(info.st_mode):
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
    else:
        return
    syscalls.mount(source, target, "", MS_BIND | MS_REC)
    syscalls.make_readonly(target)
    if plan.hide and (plan.hide + "/").startswith(source.rstrip("/") + "/"):
        hidden = target + plan.hide[len(source.rstrip("/")) :]
        syscalls.mount("tmpfs", hidden, "tmpfs", MS_RDONLY, "size=4k")


def _merge(plan: RootPlan, name: str, target: str, layers: list[str]) -> None:
    """Lay the layers' folders over the machine's; writable where overlay allows."""
    host = f"/{name}"
    if os.path.islink(host) and not layers:
        os.symlink(os.readlink(host), target)
        return
    if layers and not os.path.isdir(layers[0]):
        _show(plan, layers[0], target)
        return
    os.makedirs(target, exist_ok=True)
    lower = [*layers, host] if os.path.isdir(host) else layers
    holds_data = (plan.hide + "/").startswith(host + "/")
    if lower and not holds_data:
        _overlay(plan, target, name, lower)
    elif lower:
        _union(plan, target, lower)


def _union(plan: RootPlan, target: str, sources: list[str]) -> None:
    """Join folders entry by entry where overlay cannot: along the way to the platform's own data directory."""
    names = dict.fromkeys(name for source in sources for name in os.listdir(source))
    if len(names) > _MAX_ENTRIES:
        raise OSError(7, f"{sources[0]} has more than {_MAX_ENTRIES} entries")
    for name in names:
        paths = [path for path in (os.path.join(source, name) for source in sources) if os.path.lexists(path)]
        inner = os.path.join(target, name)
        if plan.hide in paths:
            os.makedirs(inner, exist_ok=True)
        elif os.path.isdir(paths[0]) and not os.path.islink(paths[0]) and (len(paths) > 1 or _is_above(paths[0], plan.hide)):
            os.makedirs(inner, exist_ok=True)
            _union(plan, inner, [path for path in paths if os.path.isdir(path)])
        else:
            with contextlib.suppress(PermissionError):
                _show(plan, paths[0], inner)


def _is_above(path: str, inner: str) -> bool:
    return bool(inner) and (inner + "/").startswith(path + "/")


def _overlay(plan: RootPlan, target: str, name: str, lower: list[str]) -> None:
    upper = os.path.join(plan.folder, "upper", name)
    work = os.path.join(plan.folder, "work", name)
    for path in (upper, work):
        os.makedirs(path, exist_ok=True)
    os.chmod(upper, stat.S_IMODE(os.stat(lower[0]).st_mode))

    def quoted(path: str) -> str:
        return path.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")

    data = f"lowerdir={':'.join(quoted(path) for path in lower)},upperdir={quoted(upper)},workdir={quoted(work)}"
    syscalls.mount("overlay", target, "overlay", 0, data + plan.options)


def _bind(bind: dict[str, Any]) -> None:
    """Mount one volume; runs with the machine's root at /.old, so targets follow the container's own links."""
    source, target = f"/{_OLD}{bind['source']}", str(bind["target"])
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    syscalls.mount(source, target, "", MS_BIND | MS_REC)
    if bind.get("readonly"):
        syscalls.make_readonly(target)
