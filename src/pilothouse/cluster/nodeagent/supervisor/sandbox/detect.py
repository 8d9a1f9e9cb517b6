"""What mounts this machine allows, found by trying in a throw-away child of the supervisor.

Asked once at start; the answer travels in `hello`, so that the agent plans container roots that will work.
"""

from __future__ import annotations

import os

from pilothouse.cluster.nodeagent.supervisor.records import remove_tree
from pilothouse.cluster.nodeagent.supervisor.sandbox import syscalls


def _try_mounts(folder: str) -> int:
    """Return 0 when nothing works, 1 for binds and pivot_root, 2 for overlay too, 3 for overlay with userxattr."""
    try:
        syscalls.unshare(syscalls.CLONE_NEWNS)
        syscalls.mount("none", "/", "", syscalls.MS_REC | syscalls.MS_PRIVATE)
        root = os.path.join(folder, "root")
        os.makedirs(os.path.join(root, "etc"))
        syscalls.mount("tmpfs", root, "tmpfs", 0, "size=64k")
        os.makedirs(os.path.join(root, "etc"))
        syscalls.mount("/etc", os.path.join(root, "etc"), "", syscalls.MS_BIND | syscalls.MS_REC)
        syscalls.make_readonly(os.path.join(root, "etc"))
    except OSError:
        return 0
    for level, options in ((2, ""), (3, ",userxattr")):
        try:
            for name in ("upper", "work", "merged"):
                os.makedirs(os.path.join(folder, name), exist_ok=True)
            upper, work = os.path.join(folder, "upper"), os.path.join(folder, "work")
            merged = os.path.join(folder, "merged")
            data = f"lowerdir=/etc,upperdir={upper},workdir={work}{options}"
            syscalls.mount("overlay", merged, "overlay", 0, data)
            os.makedirs(os.path.join(merged, "pilothouse-trial", "inner"))
            os.chmod(os.path.join(merged, "pilothouse-trial"), 0o700)
            os.rmdir(os.path.join(merged, "pilothouse-trial", "inner"))
        except OSError:
            continue
        return level
    return 1


def detect_mounts(folder: str) -> int:
    """Try mounts below `folder` (on the data directory's file system); see `_try_mounts` for the levels."""
    place = os.path.join(folder, f"trial-{os.getpid()}")
    os.makedirs(place, exist_ok=True)
    try:
        pid = os.fork()
        if pid == 0:
            try:
                os._exit(_try_mounts(place))
            finally:
                os._exit(0)
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status)
    finally:
        remove_tree(place)
