"""Small JSON files that survive the processes that wrote them: exit records and the supervisor's own identity.

Written to a temporary name and renamed, so that a reader sees either the whole record or none.
"""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_RECORD_BYTES = 1 << 20


def write_record(path: str, record: dict[str, Any]) -> None:
    """Put `record` at `path` atomically, readable by the owner only."""
    temporary = f"{path}.{os.getpid()}.new"
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, json.dumps(record).encode())
    finally:
        os.close(fd)
    os.rename(temporary, path)


def read_record(path: str) -> dict[str, Any] | None:
    """Return the record at `path`, or None when it is absent, damaged or too large."""
    try:
        with open(path, "rb") as file:
            raw = file.read(MAX_RECORD_BYTES + 1)
        record = json.loads(raw) if len(raw) <= MAX_RECORD_BYTES else None
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def remove_tree(path: str) -> None:
    """Remove a folder completely, also folders nobody may enter (overlay leaves such); never follows links."""
    try:
        if not os.path.islink(path):
            os.chmod(path, 0o700)
        entries = list(os.scandir(path))
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            remove_tree(entry.path)
        else:
            _unlink(entry.path)
    try:
        os.rmdir(path)
    except OSError:
        return


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
