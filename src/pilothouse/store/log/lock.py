"""One process per data directory, and only one that knows its format."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

from pilothouse.kit.errors import Conflict, Invalid

FORMAT_VERSION = 1


class DataDirectoryLocked(Conflict):
    """Another process uses the data directory."""

    reason = "DataDirectoryLocked"


class UnknownFormat(Invalid):
    """The data directory was written by a newer Pilothouse."""

    reason = "UnknownFormat"


def lock_directory(root: Path) -> int:
    """Take the lock file of a data directory, checking its format; returns the descriptor that holds the lock."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(root / "LOCK", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise DataDirectoryLocked(
            f"data directory {root} is in use by another process", fix="stop it (`pilothouse down`) or choose another --data-dir"
        ) from error
    marker = root / "FORMAT"
    if marker.exists():
        version = json.loads(marker.read_text()).get("version")
        if version != FORMAT_VERSION:
            os.close(descriptor)
            raise UnknownFormat(f"data directory {root} has format {version}, this version reads {FORMAT_VERSION}")
    else:
        marker.write_text(json.dumps({"version": FORMAT_VERSION}))
    return descriptor
