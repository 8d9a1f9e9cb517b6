"""Where an instance keeps its things, and which kubeconfig reaches it.

The data directory is `--data-dir`, else `$PILOTHOUSE_DATA_DIR`, else `~/.local/share/pilothouse`, else a directory of the user
below the temporary directory when there is no writable home. Every command that talks to a cluster asks here.
"""

from __future__ import annotations

import os
from pathlib import Path


def default_data_dir() -> Path:
    """Return the data directory of this user."""
    chosen = os.environ.get("PILOTHOUSE_DATA_DIR")
    if chosen:
        return Path(chosen).absolute()
    base = os.environ.get("XDG_DATA_HOME") or ""
    home = os.environ.get("HOME") or ""
    for candidate in (base, f"{home}/.local/share" if home else ""):
        if candidate and _is_writable(Path(candidate)):
            return Path(candidate) / "pilothouse"
    import tempfile  # brings random and hashing along; needed only without a home

    return Path(tempfile.gettempdir()) / f"pilothouse-{os.getuid()}"


def _is_writable(path: Path) -> bool:
    while not path.exists():
        if path == path.parent:
            return False
        path = path.parent
    return os.access(path, os.W_OK | os.X_OK)


def kubeconfig_path(flag: str | None) -> Path:
    """Return the kubeconfig to use: the flag, `$KUBECONFIG`, the instance of this user, then `~/.kube/config`."""
    if flag:
        return Path(flag)
    chosen = os.environ.get("KUBECONFIG", "").split(os.pathsep)[0]
    if chosen:
        return Path(chosen)
    own = default_data_dir() / "kubeconfig"
    if own.exists():
        return own
    conventional = Path(os.environ.get("HOME") or "/") / ".kube" / "config"
    return conventional if conventional.exists() else own
