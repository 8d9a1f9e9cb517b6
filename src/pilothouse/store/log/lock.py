"""One process per data directory, and only one that knows its format."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import msgspec

from pilothouse.kit.errors import Conflict, Invalid

FORMAT_VERSION = 1


class _Format(msgspec.Struct):
    version: int


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
    try:
        _check_format(root)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_format(root: Path) -> None:
    marker = root / "FORMAT"
    text = marker.read_text() if marker.exists() else ""
    if not text:  # new, or the power failed while it was made
        _write_format(root, marker)
        return
    try:
        version = msgspec.json.decode(text, type=_Format).version
    except msgspec.DecodeError as error:
        raise UnknownFormat(
            f"{marker} cannot be read: {error}", fix=f'if nothing else is damaged, write {{"version": {FORMAT_VERSION}}} there'
        ) from None
    if version != FORMAT_VERSION:
        raise UnknownFormat(
            f"data directory {root} has format {version}, this version reads {FORMAT_VERSION}",
            fix="use the Pilothouse that wrote it, or a newer one",
        )


def _write_format(root: Path, marker: Path) -> None:
    """Write the marker so that it is whole after a crash, or not there."""
    aside = root / "FORMAT.tmp"
    with aside.open("wb") as file:
        file.write(msgspec.json.encode(_Format(FORMAT_VERSION)))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(marker)
