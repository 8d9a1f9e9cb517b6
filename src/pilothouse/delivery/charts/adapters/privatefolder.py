"""The user's own directory for what is worth keeping between two runs.

It is `charts/` below `$PILOTHOUSE_CACHE_DIR`, else `$XDG_CACHE_HOME/pilothouse`, else `~/.cache/pilothouse`, and used only when
nobody else may write to it. Only `os` is imported: the answer of a whole run may be all that is wanted.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping


def private_path(environment: Mapping[str, str]) -> str:
    """Return the directory, made when needed; empty when there is none that is the user's alone."""
    home = environment.get("HOME", "")
    base = environment.get("XDG_CACHE_HOME") or (f"{home}/.cache" if home else "")
    chosen = environment.get("PILOTHOUSE_CACHE_DIR") or (f"{base}/pilothouse" if base else "")
    if not chosen or not os.path.isabs(chosen):
        return ""
    folder = os.path.join(chosen, "charts")
    try:
        os.makedirs(chosen, exist_ok=True)
        if not os.path.isdir(folder):
            os.mkdir(folder, 0o700)
        found = os.lstat(folder)
    except OSError:
        return ""
    is_private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
    return folder if is_private else ""


def write_kept(path: str, body: bytes, limit: int) -> None:
    """Write a file at once or not at all, and remove the oldest of its kind beyond `limit` of them; no failure is an error."""
    beside = f"{path}.{os.getpid()}"
    try:
        with open(beside, "wb") as stream:
            stream.write(body)
        os.replace(beside, path)
        folder, suffix = os.path.dirname(path), os.path.splitext(path)[1]
        kept = [entry for entry in os.scandir(folder) if entry.name.endswith(suffix)]
        for entry in sorted(kept, key=lambda entry: entry.stat().st_mtime_ns)[:-limit]:
            os.unlink(entry.path)
    except OSError:
        try:
            os.unlink(beside)
        except OSError:
            return
