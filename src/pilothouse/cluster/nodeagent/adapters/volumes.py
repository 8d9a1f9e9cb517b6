"""Volumes on disk: folders, links, and files that change atomically under a running container.

ConfigMap, Secret, projected and downward API volumes are written as a new dated folder; `..data` is then switched to it in one
rename, as the Kubernetes atomic writer does, so that a reader never sees a mixture. All functions block and are called
off-loaded.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable

from pilothouse.cluster.nodeagent.engine.volumes import FILE_KINDS, Files, VolumeInputs, kind_of, render_volume
from pilothouse.cluster.nodeagent.errors import MountFailed
from pilothouse.cluster.nodeagent.supervisor.records import remove_tree
from pilothouse.cluster.nodeagent.types import Json

_DATA, _NEXT = "..data", "..data_tmp"
PersistentPath = Callable[[Json], str]


def write_files(folder: str, files: Files, stamp: str) -> bool:
    """Make `folder` show exactly `files`; returns False when it did already. `stamp` names the new generation."""
    os.makedirs(folder, mode=0o755, exist_ok=True)
    if _current(folder) == {path: (file.content, file.mode) for path, file in files.items()}:
        return False
    old = os.path.realpath(os.path.join(folder, _DATA)) if os.path.islink(os.path.join(folder, _DATA)) else ""
    fresh = os.path.join(folder, f"..{stamp}")
    number = 0
    while os.path.lexists(fresh):
        number += 1
        fresh = os.path.join(folder, f"..{stamp}.{number}")
    os.makedirs(fresh, mode=0o755)
    for path, file in files.items():
        target = os.path.join(fresh, path)
        os.makedirs(os.path.dirname(target), mode=0o755, exist_ok=True)
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, "wb") as out:
            out.write(file.content)
            os.fchmod(out.fileno(), file.mode)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(folder, _NEXT))
    os.symlink(os.path.basename(fresh), os.path.join(folder, _NEXT))
    os.rename(os.path.join(folder, _NEXT), os.path.join(folder, _DATA))
    _link_names(folder, {path.split("/", 1)[0] for path in files})
    if old:
        remove_tree(old)
    return True


def _current(folder: str) -> dict[str, tuple[bytes, int]] | None:
    data = os.path.join(folder, _DATA)
    if not os.path.islink(data):
        return None
    found = {}
    for root, _, names in os.walk(data):
        for name in names:
            path = os.path.join(root, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, data)] = (file.read(), os.fstat(file.fileno()).st_mode & 0o7777)
    return found


def _link_names(folder: str, names: set[str]) -> None:
    for name in os.listdir(folder):
        if not name.startswith("..") and name not in names:
            os.unlink(os.path.join(folder, name))
    for name in names:
        link = os.path.join(folder, name)
        if not os.path.islink(link):
            os.symlink(f"{_DATA}/{name}", link)


def _host_path(source: Json) -> str:
    path, kind = str(source.get("path", "")), str(source.get("type") or "")
    if not path.startswith("/"):
        raise MountFailed(f"hostPath {path!r} is not absolute")
    if kind == "DirectoryOrCreate":
        os.makedirs(path, mode=0o755, exist_ok=True)
    elif kind == "FileOrCreate" and not os.path.exists(path):
        with open(path, "x"):
            pass
    checks: dict[str, Callable[[str], bool]] = {"Directory": os.path.isdir, "File": os.path.isfile, "Socket": _is_socket}
    check = checks.get(kind, os.path.exists)
    if not check(path):
        raise MountFailed(f"hostPath type check failed: {path} is not a {kind.lower() or 'path of this machine'}")
    return path


def _is_socket(path: str) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as trial:
            trial.connect(path)
    except OSError:
        return False
    return True


class PodVolumes:
    """The volumes of one Pod, below its folder."""

    def __init__(self, folder: str) -> None:
        """Keep volumes in `folder`/volumes."""
        self._folder = os.path.join(folder, "volumes")

    def prepare(self, pod: Json, inputs: VolumeInputs, persistent: PersistentPath, stamp: str) -> dict[str, str]:
        """Make every volume of the Pod and return its place by name; raises MountFailed or ConfigMissing."""
        group = (pod["spec"].get("securityContext") or {}).get("fsGroup")
        places = {}
        for volume in pod["spec"].get("volumes") or []:
            name, kind = str(volume["name"]), kind_of(volume)
            folder = os.path.join(self._folder, f"{kind}~{name}")
            if kind in FILE_KINDS:
                write_files(folder, render_volume(pod, volume, inputs), stamp)
                places[name] = folder
            elif kind == "emptyDir":
                if not os.path.isdir(folder):
                    os.makedirs(folder)
                    os.chmod(folder, 0o777)  # noqa: S103 - as kubelet: any user of the Pod may write here
                    if group is not None and os.geteuid() == 0:
                        os.chown(folder, -1, int(group))
                        os.chmod(folder, 0o2777)  # noqa: S103 - as above, with the Pod's group inherited
                places[name] = folder
            elif kind == "hostPath":
                places[name] = _host_path(volume["hostPath"])
            elif kind in {"persistentVolumeClaim", "ephemeral"}:
                places[name] = self._claimed(persistent(volume))
            else:
                raise MountFailed(f"volumes of kind {kind} are not supported on this node")
        return places

    @staticmethod
    def _claimed(path: str) -> str:
        if not os.path.isdir(path):
            os.makedirs(path, exist_ok=True)
            os.chmod(path, 0o777)  # noqa: S103 - a fresh local volume belongs to whichever user the Pod runs as
        return path

    def refresh(self, pod: Json, inputs: VolumeInputs, stamp: str) -> bool:
        """Write changed sources into the running Pod's volumes; True when something changed."""
        is_changed = False
        for volume in pod["spec"].get("volumes") or []:
            kind = kind_of(volume)
            folder = os.path.join(self._folder, f"{kind}~{volume['name']}")
            if kind in FILE_KINDS and os.path.isdir(folder):
                is_changed |= write_files(folder, render_volume(pod, volume, inputs), stamp)
        return is_changed


def mount_source(place: str, sub_path: str) -> str:
    """Return what a volumeMount shows: the volume, or a path inside it, made when absent; raises MountFailed on escapes."""
    if not sub_path:
        return place
    inner = os.path.normpath(os.path.join(place, sub_path))
    if sub_path.startswith("/") or not (inner + "/").startswith(place.rstrip("/") + "/"):
        raise MountFailed(f"subPath {sub_path!r} leaves the volume")
    real = os.path.realpath(inner)
    if not (real + "/").startswith(os.path.realpath(place).rstrip("/") + "/"):
        raise MountFailed(f"subPath {sub_path!r} leaves the volume through a link")
    if not os.path.lexists(inner):
        os.makedirs(real, exist_ok=True)
        os.chmod(real, 0o777)  # noqa: S103 - as the volume itself
    return real
