"""Containers where the kernel allows no mounts: the image's files copied, volumes behind links.

Called by the process runtime when private mount namespaces are not available. The layers are copied into the run's own
`rootfs` folder, volumes become symbolic links at their mount paths inside it, and PILOTHOUSE_ROOT names it. The working
directory, an absolute program, and every argument or variable that is exactly a path inside the image or a volume are
rewritten to point there. Programs that have other absolute paths compiled in need mounts; `doctor` says how to get them.
"""

from __future__ import annotations

import os
import shutil

import msgspec

from pilothouse.cluster.nodeagent.runs import Launch

ROOT_ENV = "PILOTHOUSE_ROOT"


def degrade(launch: Launch) -> Launch:
    """Prepare `rootfs` on disk and return the launch rewritten to use it."""
    root = os.path.join(launch.folder, "rootfs")
    for layer in reversed(launch.layers):
        shutil.copytree(layer, root, symlinks=True, dirs_exist_ok=True)
    os.makedirs(root, exist_ok=True)
    for bind in launch.binds:
        target = os.path.join(root, bind.target.lstrip("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.islink(target) or os.path.isfile(target):
            os.unlink(target)
        elif os.path.isdir(target):
            shutil.rmtree(target)
        os.symlink(bind.source, target)

    def moved(text: str) -> str:
        if not text.startswith("/") or text == "/":
            return text
        inside = os.path.join(root, text.lstrip("/"))
        return inside if os.path.exists(inside) else text

    return msgspec.structs.replace(
        launch,
        argv=tuple(moved(word) for word in launch.argv),
        env={**{key: moved(value) for key, value in launch.env.items()}, ROOT_ENV: root},
        cwd=_workdir(root, launch),
        hostname="",
    )


def _workdir(root: str, launch: Launch) -> str:
    inside = os.path.join(root, launch.cwd.lstrip("/"))
    if launch.layers or os.path.isdir(inside):
        os.makedirs(inside, exist_ok=True)
        return inside
    return launch.cwd if os.path.isdir(launch.cwd) else root
