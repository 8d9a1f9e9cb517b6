"""Compiled templates on the user's disk, so that the second `pilothouse chart template` does not compile.

One file per chart name and version in the user's own directory (see `privatefolder`). Nothing is ever loaded from a chart or from
a directory that others may write to. A file that does not fit (another Python, another Pilothouse, cut short) counts as missing;
a store that cannot be written is no error.
"""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
from pathlib import Path
from types import CodeType
from typing import Any

from pilothouse import __version__
from pilothouse.delivery.charts.adapters.privatefolder import private_path, write_kept
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
        if len(body) <= MAX_BYTES:
            write_kept(str(self._path), body, MAX_FILES)


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


def private_folder(environment: dict[str, str]) -> Path | None:
    """Return the directory for compiled templates, made when needed; None when there is none that is the user's alone."""
    found = private_path(environment)
    return Path(found) if found else None
