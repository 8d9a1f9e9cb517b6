"""Compiled templates on the user's disk, so that the second `pilothouse chart template` does not compile.

One file per chart name and version in a directory that only this user may enter: `$PILOTHOUSE_CACHE_DIR`, else
`$XDG_CACHE_HOME/pilothouse`, else `~/.cache/pilothouse`. Nothing is ever loaded from a chart or from a directory that others
may write to. A file that does not fit (another Python, another Pilothouse, cut short) counts as missing; a store that cannot be
written is no error.
"""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
import os
import stat
from pathlib import Path
from types import CodeType
from typing import Any

from pilothouse import __version__
from pilothouse.delivery.charts.engine.execution.definitions import Row
from pilothouse.delivery.charts.engine.rendering.cache import RenderCache
from pilothouse.delivery.charts.engine.rendering.manifests import HeadRow
from pilothouse.delivery.charts.types import Chart

MAX_FILES = 64
MAX_BYTES = 64 * 1024 * 1024
_MAKERS = ("compiler", "template", "execution", "values", "yaml", "rendering")
"""The rooms of the engine whose code decides what is stored."""


class CodeStore:
    """The stored templates of one chart."""

    def __init__(self, chart: Chart, folder: Path | None) -> None:
        """Keep them in `folder`; without one nothing is kept."""
        self._path: Path | None = None
        if folder is not None:
            name = f"{chart.name}\0{chart.metadata.get('version')}\0{_fingerprint()}"
            self._path = folder / f"{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:40]}.code"

    def open(self) -> RenderCache:
        """Return a cache with what an earlier run compiled."""
        rows: Any = None
        try:
            if self._path is not None and self._path.stat().st_size <= MAX_BYTES:
                # written by this user, in a directory nobody else may write to (see `private_folder`)
                rows = marshal.loads(self._path.read_bytes())  # noqa: S302
        except (OSError, ValueError, EOFError, TypeError):
            rows = None
        return RenderCache(*_checked(rows))

    def save(self, cache: RenderCache) -> None:
        """Keep what was compiled, when that is more than what was known."""
        if self._path is None or not (cache.has_news or cache.heads.has_news):
            return
        body = marshal.dumps((cache.rows(), cache.heads.rows))
        if len(body) > MAX_BYTES:
            return
        beside = self._path.with_suffix(f".{os.getpid()}")
        try:
            beside.write_bytes(body)
            beside.replace(self._path)
            _prune(self._path.parent)
        except OSError:
            beside.unlink(missing_ok=True)


def _checked(found: Any) -> tuple[dict[bytes, list[Row]], dict[bytes, HeadRow]]:
    """Return the rows of templates and of heads, none when they do not look like some."""
    match found:
        case (dict() as files, dict() as heads):
            rows = [row for definitions in files.values() for row in definitions]
            if all(len(row) == 3 and isinstance(row[2], (CodeType, type(None))) for row in rows):
                return files, heads if all(len(row) == 4 for row in heads.values()) else {}
    return {}, {}


def _fingerprint() -> str:
    """Return what changes whenever compiled code would be another."""
    engine = Path(__file__).parent.parent / "engine"
    makers = sorted(path for room in _MAKERS for path in (engine / room).glob("*.py"))
    facts = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in makers]
    return f"{__version__} {importlib.util.MAGIC_NUMBER.hex()} {facts}"


def _prune(folder: Path) -> None:
    kept = sorted(folder.glob("*.code"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in kept[MAX_FILES:]:
        path.unlink(missing_ok=True)


def private_folder(environment: dict[str, str]) -> Path | None:
    """Return the directory for compiled templates, made when needed; None when there is none that is the user's alone."""
    home = environment.get("HOME", "")
    base = environment.get("XDG_CACHE_HOME") or (f"{home}/.cache" if home else "")
    chosen = environment.get("PILOTHOUSE_CACHE_DIR") or (f"{base}/pilothouse" if base else "")
    if not chosen or not os.path.isabs(chosen):
        return None
    folder = Path(chosen) / "charts"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    is_private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
    return folder if is_private else None
