"""What a run printed, kept for the next run that reads exactly the same.

A command asks with everything it reads: its arguments, the files it names, the chart, and the code of this package. The key is a
digest of all of it, so nothing is ever out of date; what drew random values or asked for the time is not kept at all. Like
compiled templates, answers lie in the user's private directory, and a store that cannot be used is no error.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from pilothouse import __version__
from pilothouse.delivery.charts.adapters.privatefolder import private_path, write_kept

MAX_FILES = 64
MAX_ANSWER = 32 * 1024 * 1024
MAX_READ = 100 * 1024 * 1024
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_LENGTH = 8


class Answers:
    """The kept answer of one question; without a place to keep it there is none."""

    def __init__(self, question: str, paths: Iterable[str]) -> None:
        """Ask `question` about what the files and folders at `paths` hold now."""
        folder = private_path(os.environ)
        key = _digest(question, paths) if folder else ""
        self._path = os.path.join(folder, f"{key}.out") if key else ""

    def find(self) -> tuple[bytes, bytes] | None:
        """Return what went to standard output and to standard error."""
        try:
            with open(self._path, "rb") as stream:
                body = stream.read(MAX_ANSWER + 1)
        except OSError:
            return None
        end = _LENGTH + int.from_bytes(body[:_LENGTH], "big")
        if not _LENGTH <= end <= len(body):
            return None
        return body[_LENGTH:end], body[end:]

    def keep(self, out: bytes, err: bytes) -> None:
        """Keep an answer."""
        if self._path and len(out) + len(err) < MAX_ANSWER:
            write_kept(self._path, len(out).to_bytes(_LENGTH, "big") + out + err, MAX_FILES)


def _digest(question: str, paths: Iterable[str]) -> str:
    """Return the digest of everything that is read; empty when something cannot be read, or is too much."""
    import hashlib

    digest, left = hashlib.blake2b(f"{__version__}\0{question}\0{_code()}".encode("utf-8", "surrogateescape")), MAX_READ
    try:
        for path in paths:
            for name in _files(path):
                with open(name, "rb") as stream:
                    body = stream.read(left + 1)
                left -= len(body)
                if left < 0:
                    return ""
                digest.update(f"\0{name}\0{len(body)}\0".encode("utf-8", "surrogateescape") + body)
    except OSError:
        return ""
    return digest.hexdigest()[:40]


def _files(path: str) -> list[str]:
    if not os.path.isdir(path):
        return [path]
    return sorted(
        os.path.join(folder, name) for folder, _, names in os.walk(path, followlinks=True, onerror=_raise) for name in names
    )


def _raise(error: OSError) -> None:
    raise error


def _code() -> list[tuple[str, int, int]]:
    """Return what changes with the code of this package."""
    found: list[tuple[str, int, int]] = []
    pending = [_PACKAGE]
    while pending:
        for entry in os.scandir(pending.pop()):
            if entry.name.endswith(".py"):
                facts = entry.stat()
                found.append((entry.path, facts.st_size, facts.st_mtime_ns))
            elif entry.name != "__pycache__" and entry.is_dir():
                pending.append(entry.path)
    return sorted(found)
